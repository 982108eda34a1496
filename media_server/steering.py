"""What one viewer gets of the videos he has subscribed to: his page's wishes, the room's order, the path's limit.

Audio is not steered: it always goes. The order of reasons to hold a video back: the rules, the page does not show it,
the server is busy, the network does not carry it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media_server.allocator import MARGIN, Allocator, Claim
from media_server.downlink import Budget
from media_server.ladders import LadderBook
from media_server.layers import KEPT_TILES, Ladder, Place, Rank, nearest, rates_bps, under_load, visible, wanted
from media_server.ports import DeliveryState, Held, Kind, PublicationInfo, Shedding, Source, View
from media_server.subscription import Subscription

REST_US = 1_000_000
"""While nothing changes the plan is looked at again so often: rates drift."""
CONTENT_US = 5_000_000
"""The same for a viewer who has all that he wants, with room to spare. (A plan for 16 videos costs 0.25 ms of CPU;
most viewers are content.)"""
NOTICED = 0.03
"""A change of the budget by less than this share waits for the next look."""


@dataclass(slots=True)
class Stage:
    """What all viewers of a room share. `version` grows with every change."""

    floor: tuple[str, ...] = ()
    """Participants, best first."""
    speakers: tuple[str, ...] = ()
    shedding: Shedding = Shedding.NONE
    version: int = 0
    ladders: LadderBook = field(default_factory=LadderBook)

    def changed(self) -> None:
        """Every viewer's plan is to be made anew."""
        self.version += 1

    def rank(self, info: PublicationInfo) -> tuple[Rank, int]:
        """The class of a video and its place within: who has the floor, then who speaks, the loudest first."""
        if info.source is Source.SCREEN:
            return Rank.EXHIBIT, 0
        if info.participant in self.floor:
            return Rank.STAGE, self.floor.index(info.participant)
        if info.participant in self.speakers:
            return Rank.STAGE, len(self.floor) + self.speakers.index(info.participant)
        return Rank.OTHER, 0


@dataclass(slots=True)
class _Wish:
    """A video that is shown and allowed."""

    copy: Subscription
    ladder: Ladder
    most: int
    """Rung that the tile asks for and the server's load allows."""
    offered: tuple[int, ...]
    """Rungs that may be given, lowest first."""
    rank: Rank

    @property
    def claim(self) -> Claim:
        """What it asks of the allocator."""
        places = tuple(self.ladder[index].place for index in self.offered)
        return Claim(self.copy.publication.info.id, self.rank, rates_bps(self.ladder, self.offered), places)


class Steering:
    """One viewer's connection. See the module text."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._views: dict[str, View] = {}
        self._allocator = Allocator()
        self._ideals: dict[str, Place] = {}
        """What the tiles ask for."""
        self._behind = False
        """Whether some video is smaller, or has fewer frames, than its tile asks for."""
        self._planned_us = 0
        self._planned = Budget(0, 0)
        self._version = -1
        self.content = False
        """Whether the viewer has all that he wants."""
        self._told: tuple[DeliveryState, ...] = ()
        self.grew = False
        """Whether the newest plan sends more than the one before."""
        self.goal_bps = 0
        """What everything wanted would need of the path, without audio, with room to grow into."""

    def show(self, publication_id: str, view: View) -> None:
        """See `MediaRoom.set_view`."""
        if self._views.get(publication_id) != view:
            self._views[publication_id] = view
            self._version = -1

    def forget(self, publication_id: str) -> None:
        """The copy has ended. Idempotent."""
        self._views.pop(publication_id, None)
        self._ideals.pop(publication_id, None)
        self._version = -1

    @property
    def outdated(self) -> bool:
        """Whether the next `steer` plans anew whatever the budget."""
        return self._version != self._stage.version

    def changed(self) -> None:
        """Plan at the next `steer` (copies have come, a rule has changed)."""
        self._version = -1

    def steer(self, copies: Sequence[Subscription], budget: Budget, now_us: int) -> tuple[DeliveryState, ...] | None:
        """Choose and apply; what the viewer gets of every video now, or None when that is as told before."""
        if not self.outdated and self._rests(budget, now_us - self._planned_us):
            self.grew = False
            return None
        self._version, self._planned, self._planned_us = self._stage.version, budget, now_us
        states = tuple(self._plan(copies, budget, now_us))
        self.content = not self._behind and all(
            state.held is not Held.CONGESTION if state.held else state.layer == state.wanted_layer for state in states
        )
        if states == self._told:
            return None
        self._told = states
        return states

    def _rests(self, budget: Budget, since_us: int) -> bool:
        """Whether a new plan would hardly differ."""
        if self.content and min(budget.keep_bps, budget.grow_bps) >= self.goal_bps:
            return since_us < CONTENT_US
        if budget.jammed and not self._planned.jammed:
            return False
        near = _near(budget.keep_bps, self._planned.keep_bps) and _near(budget.grow_bps, self._planned.grow_bps)
        return near and since_us < REST_US

    def _plan(self, copies: Sequence[Subscription], budget: Budget, now_us: int) -> list[DeliveryState]:
        videos = [copy for copy in copies if copy.publication.info.kind is Kind.VIDEO]
        videos.sort(key=lambda copy: (*self._stage.rank(copy.publication.info), copy.publication.info.id))
        held: dict[Subscription, Held | None] = {}
        wishes = []
        others = 0
        for copy in videos:
            rank, _ = self._stage.rank(copy.publication.info)
            held[copy] = self._hindrance(copy)
            if held[copy] is None and rank is Rank.OTHER:
                others += 1
                if self._stage.shedding >= Shedding.FEWER_TILES and others > KEPT_TILES:
                    held[copy] = Held.LOAD
            if held[copy] is None:
                wishes.append(self._wish(copy, rank, now_us))
        claims = [wish.claim for wish in wishes]
        self.goal_bps = int(sum(claim.rates_bps[-1] for claim in claims) * MARGIN)
        given = self._allocator.decide(claims, budget.keep_bps, now_us, budget.grow_bps)
        self.grew = self._allocator.grew_us == now_us
        self._behind = False
        for wish in wishes:
            level = given.get(wish.copy.publication.info.id)
            if level is None:
                held[wish.copy] = Held.CONGESTION
            else:
                _take(wish, wish.offered[level], jammed=budget.jammed)
                self._behind |= wish.offered[level] < wish.most
        return [self._settled(copy, held[copy], now_us) for copy in videos]

    def _hindrance(self, copy: Subscription) -> Held | None:
        if not (copy.allowed and copy.publication.allowed):
            return Held.RULES
        return None if visible(self._views.get(copy.publication.info.id)) else Held.HIDDEN

    def _wish(self, copy: Subscription, rank: Rank, now_us: int) -> _Wish:
        info, stage = copy.publication.info, self._stage
        ladder = stage.ladders.ladder(copy.publication, now_us)
        ideal = wanted(ladder, self._views.get(info.id), _index(ladder, self._ideals.get(info.id)))
        self._ideals[info.id] = ladder[ideal].place
        most = under_load(ladder, ideal, stage.shedding, has_floor=info.participant in stage.floor)
        offered = tuple(index for index in range(most + 1) if ladder[index].usable)
        if not offered:
            higher = nearest(ladder, most, lambda rung: rung.usable)
            offered = (most if higher is None else higher,)
        return _Wish(copy, ladder, most, offered, rank)

    def _settled(self, copy: Subscription, held: Held | None, now_us: int) -> DeliveryState:
        copy.hold(held)
        if held is not None:
            copy.want(frozenset())
        ladder = self._stage.ladders.ladder(copy.publication, now_us)
        ideal = _index(ladder, self._ideals.get(copy.publication.info.id))
        return DeliveryState(
            publication_id=copy.publication.info.id,
            held=held,
            layer="" if held is not None else copy.rid,
            wanted_layer=ladder[-1 if ideal is None else ideal].rid,
        )


def _near(now_bps: int, before_bps: int) -> bool:
    return abs(now_bps - before_bps) <= NOTICED * before_bps


def _index(ladder: Ladder, place: Place | None) -> int | None:
    return next((index for index, rung in enumerate(ladder) if rung.place == place), None)


def _take(wish: _Wish, index: int, *, jammed: bool) -> None:
    """Let the copy have this rung: wish for it, and take it when it runs; until then what it has, or what is near, or
    nothing while the network is `jammed`."""
    ladder, copy = wish.ladder, wish.copy
    chosen = ladder[index]
    # What the tile asks for stays wished while it is missing: a publisher that recovers sends it by itself.
    missing = not ladder[wish.most].usable and index == wish.offered[-1]
    copy.want(frozenset((chosen.rid, ladder[wish.most].rid) if missing else (chosen.rid,)))
    present = next((number for number, rung in enumerate(ladder) if rung.running and rung.rid == copy.rid), None)
    down = present is None or (present > index and chosen.rid != copy.rid)
    if not (chosen.running or (jammed and down)):
        # A network that does not carry the present one cannot wait until the next lower one has started.
        there = nearest(ladder, index, lambda rung: rung.running)
        if present is not None and present < index:
            chosen = next(rung for rung in reversed(ladder) if rung.rid == copy.rid)
        elif there is not None:
            chosen = ladder[there]
    copy.select(chosen.rid, at_once=jammed and down)
    copy.limit(chosen.spatial, chosen.temporal)
