"""The watch over the seats of sitting courtrooms: whose seat is looked at, and what becomes of what is seen.

`identity.gate.is_watched` is the rule: who consented to the use of the face is looked at while the court sits. The
seat is compared with the gate's template or, where a clerk let the person in without one, with the first looks; that
baseline outlives a recess, in memory only. A change is an event and a chip, never an order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from hearing import events as ev
from hearing import identity_events as ie
from hearing.errors import UserError
from hearing.state import Hearing
from identity.gate import is_watched, may_be_watched
from identity.ports import SeatEye
from identity.watch import WatchChange, WatchState
from identity.watch_runner import WatchRunner
from identity.watch_schedule import Pace
from media_server.ports import Source
from media_server.sampler import ON_DEMAND_US, Picture, Sampler, Sampling
from signaling.courtroom import Courtroom
from signaling.gate.challenges import GateChallenges
from signaling.gate.log import GateLog

PICTURES = Sampling(keyframe_every_us=ON_DEMAND_US, width_px=640)
_TOUCHES = (ie.IdentityEvent, ev.PresenceChanged, ev.StateChanged)

_log = structlog.get_logger("signaling")


@dataclass(slots=True)
class _Watched:
    """One courtroom with watched seats."""

    sampler: Sampler
    detach: Callable[[], None]
    people: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Attached:
    """One courtroom whose log is followed."""

    detach: Callable[[], None]
    baselines: dict[str, SeatEye] = field(default_factory=dict)
    """Eyes that know their person by the first looks only."""


class GateWatch:
    """One for the server."""

    def __init__(self, log: GateLog, challenges: GateChallenges) -> None:
        services, tools = log.services, log.tools
        identity = services.settings.identity
        every_ms = identity.watch_s * 1_000
        pace = tools.pace or Pace(every_ms=every_ms, whole_ms=2 * every_ms, budget=identity.watch_budget)
        self.runner = WatchRunner(
            tools.pool, lambda: services.sources.monotonic_us() // 1_000, pace, tools.watch_rules
        )
        self._eyes = tools.eyes if every_ms else None
        self._services = services
        self._challenges = challenges
        self._rooms: dict[str, _Watched] = {}
        self._attached: dict[str, _Attached] = {}
        self._beginning: set[tuple[str, str]] = set()

    def attach(self, room: Courtroom) -> None:
        """From now on its seats are watched whenever they may be."""
        if self._eyes is None:
            return

        def appended(entries: Sequence[ev.Entry], after: Hearing) -> None:
            seen = (entry.event for entry in entries)
            if any(isinstance(event, _TOUCHES) and not isinstance(event, ie.WatchChanged) for event in seen):
                self._follow(room, after)

        self._attached[room.session] = _Attached(room.ledger.subscribe(appended))
        self._follow(room, room.hearing)

    async def detach(self, room: Courtroom) -> None:
        """The courtroom closes. Idempotent."""
        attached = self._attached.pop(room.session, None)
        if attached is not None:
            attached.detach()
        watched = self._rooms.get(room.session)
        if watched is not None:
            self._leave(room, watched, set(watched.people))
            await watched.sampler.close()

    async def stop(self) -> None:
        """The server stops. Idempotent."""
        await self.runner.close()

    def _follow(self, room: Courtroom, hearing: Hearing) -> None:
        wanted = {name for name, person in hearing.people.items() if is_watched(hearing, person)}
        attached = self._attached.get(room.session)
        if attached is None:
            return
        baselines = attached.baselines
        for participant in [name for name in baselines if not may_be_watched(hearing.people[name])]:
            del baselines[participant]
        watched = self._rooms.get(room.session)
        if watched is not None:
            self._leave(room, watched, watched.people - wanted)
            if not watched.people:
                room.tasks.spawn(watched.sampler.close(), "end of a watch")
        for participant in wanted - (watched.people if watched is not None else set()):
            if (room.session, participant) not in self._beginning:
                self._beginning.add((room.session, participant))
                room.tasks.spawn(self._begin(room, participant), "watch a seat")

    def _leave(self, room: Courtroom, watched: _Watched, gone: set[str]) -> None:
        """Who is not watched any more; after the last of them no track is listened to."""
        for participant in gone:
            self.runner.remove(_name(room, participant))
        watched.people -= gone
        if not watched.people:
            del self._rooms[room.session]
            watched.detach()

    async def _begin(self, room: Courtroom, participant: str) -> None:
        eyes = self._eyes
        if eyes is None:
            return
        try:
            enrolled = await self._challenges.watch_template(room.session, participant)
            own = eyes(enrolled) if enrolled is not None else None
            # What was seen before a recess is not what is seen now.
            if room.hearing.people[participant].standing.watch:
                await self._challenges.watch_changed(
                    room.session, participant, WatchState.UNKNOWN, self._services.sources.utc_ms()
                )
        except (UserError, ValueError) as problem:
            # Sealed with another key, or no template: the court must not take the seat for a watched one.
            code = problem.code if isinstance(problem, UserError) else "not-a-template"
            _log.warning("watch.no_template", session=room.session, participant=participant, code=code)
            await self._challenges.watch_changed(
                room.session, participant, WatchState.UNWATCHED, self._services.sources.utc_ms()
            )
            return
        finally:
            self._beginning.discard((room.session, participant))
        # Withdrawn, left or adjourned meanwhile.
        attached = self._attached.get(room.session)
        if attached is None or not is_watched(room.hearing, room.hearing.people[participant]):
            return
        if own is not None:
            self._add(room, participant, own)
            return
        eye = attached.baselines.get(participant) or eyes(None)
        attached.baselines[participant] = eye
        self._add(room, participant, eye)

    def _add(self, room: Courtroom, participant: str, eye: SeatEye) -> None:
        watched = self._rooms.get(room.session) or self._open(room)
        watched.people.add(participant)

        def changed(change: WatchChange) -> None:
            score = None if change.score is None else round(change.score * 1_000)
            ago_ms = max(0, self._services.sources.monotonic_us() // 1_000 - change.since_ms)
            since_utc_ms = self._services.sources.utc_ms() - ago_ms
            told = self._challenges.watch_changed(room.session, participant, change.state, since_utc_ms, score)
            room.tasks.spawn(told, "a seat has changed")

        self.runner.add(_name(room, participant), eye, lambda: watched.sampler.ask(participant), changed)

    def _open(self, room: Courtroom) -> _Watched:
        async def look(picture: Picture) -> None:
            await self.runner.offer(_name(room, picture.participant), picture.rgb, picture.arrival_us // 1_000)

        sampler = Sampler(
            look,
            room.media.request_keyframe,
            self._services.gate.pool,
            PICTURES,
            wanted=lambda info: info.source is Source.CAMERA,
            monotonic_us=self._services.sources.monotonic_us,
        )
        watched = self._rooms[room.session] = _Watched(sampler, room.media.attach(sampler))
        return watched


def _name(room: Courtroom, participant: str) -> str:
    return f"{room.session}.{participant}"
