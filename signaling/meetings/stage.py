"""Pictures and sound of one meeting: the hall or the chair, and the creditor who has the floor, for everybody in it.

Who may send is decided here, by the floor, and nowhere else. The media room, its rules and its tokens are those of
hearings; a meeting only has other rules and very many who watch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from hearing.errors import UserError
from hearing.tasks import TaskSet
from media_server.ports import (
    DeliveryState,
    Direction,
    Kind,
    LossReason,
    MediaRoom,
    MediaServer,
    PublicationInfo,
    View,
)
from signaling.media.news import track_delivery
from signaling.meetings.bodies import FloorView
from signaling.meetings.floor import Floor
from signaling.meetings.live_messages import OnStage, StageNews
from signaling.meetings.room import MeetingRoom
from signaling.message import Message
from signaling.protocol import Answered, Deliveries, Layers, Offer, Publication, Views

STAFF_MARK = "@"
"""Before an account's name: no id of a creditor may begin so."""
SENDING = "floor"
"""One sending connection of a person: a second device takes the place of the first."""
SETTLE_S = 0.2
"""Sound and picture of one person begin one after the other: pages are told of both at once."""
SLICE = 100
SLICE_S = 0.1
"""Pages that are told at once, and the pause after: each of them offers anew, some milliseconds of CPU."""
LINGER_S = 20.0
"""So long a page that lost its socket keeps its media: it is coming back."""


class LivePage(Protocol):
    """What a stage needs of a page's socket. Nothing here waits."""

    person: str
    page: str

    def send(self, message: Message) -> None: ...


class Stage:
    """`RoomListener` of the meeting's media room. `run` must be spawned."""

    def __init__(
        self,
        room: MeetingRoom,
        media: MediaServer,
        monotonic_us: Callable[[], int],
        *,
        most_viewers: int,
        grace_ms: int,
    ) -> None:
        self.floor = Floor(grace_ms)
        self._room = room
        self._server = media
        self._now_us = monotonic_us
        self._most_viewers = most_viewers
        self._pages: dict[tuple[str, str], LivePage] = {}
        self._tasks = TaskSet()
        self._changed = asyncio.Event()
        self._floor_changed = asyncio.Event()
        self._media: MediaRoom = media.open_room(room_name(room.record.id), self)
        self._media.set_rules(self._may_publish, self._may_receive)
        self.attend(room)

    def attend(self, room: MeetingRoom) -> None:
        """Go on with a room that was opened anew."""
        self._room = room
        self.floor.give(room.speaking)
        self._media.set_floor(self._first())
        room.when_floor = self._floor_moved
        room.watched = bool(self._pages)

    @property
    def room(self) -> MeetingRoom:
        """The room as it is open now."""
        return self._room

    # --- the floor -------------------------------------------------------------------------------------------

    def give_floor(self, person: str, limit_ms: int | None = None) -> None:
        """It is somebody's turn ("" for nobody's), for at most `limit_ms`. Who had it sends nothing from now on."""
        until_ms = self._now_ms() + limit_ms if person and limit_ms is not None else None
        self._room.give_floor(person)
        self.floor.give(person, until_ms)
        self._floor_changed.set()

    def floor_view(self, now_utc_ms: int) -> FloorView | None:
        """What the console shows of the floor; None: it is nobody's."""
        floor = self.floor
        if not floor.person:
            return None
        due = floor.due_ms
        return FloorView(
            person=floor.person,
            name=self._room.name_of(floor.person),
            state=floor.state,
            until_utc_ms=None if due is None else now_utc_ms + due - self._now_ms(),
        )

    def _floor_moved(self, person: str) -> None:
        """The room's floor has changed, whoever changed it: media follows before this returns."""
        before = self.floor.person
        if person == before:
            return
        self.floor.give(person)
        self._media.refresh()
        self._media.set_floor(self._first())
        if before:
            self._tasks.spawn(self._end_sending(before), "end of a speech")
        self._floor_changed.set()
        self._changed.set()

    async def _end_sending(self, person: str) -> None:
        if person != self.floor.person:
            await self._media.close_peer(person, Direction.SEND, resource=SENDING)

    def _first(self) -> tuple[str, ...]:
        return (self.floor.person,) if self.floor.person else ()

    # --- pages -----------------------------------------------------------------------------------------------

    def enter(self, page: LivePage) -> None:
        """A page is connected, or connected again."""
        self._pages[page.person, page.page] = page
        self._room.watched = True
        page.send(self._news(page.person))

    def leave(self, page: LivePage) -> None:
        """Its socket is closed. Its media lingers a moment. Idempotent."""
        if self._pages.get((page.person, page.page)) is page:
            del self._pages[page.person, page.page]
            self._room.watched = bool(self._pages)
            self._tasks.spawn(self._gone(page.person, page.page), "a page that left")

    async def _gone(self, person: str, page: str) -> None:
        await asyncio.sleep(LINGER_S)
        if (person, page) not in self._pages:
            await self._media.close_peer(person, Direction.RECEIVE, resource=page)
        if not any(other == person for other, _ in self._pages):
            await self._media.close_peer(person, Direction.SEND, resource=SENDING)

    async def answer(self, page: LivePage, offer: Offer) -> Answered:
        """Answer an offer. Raises UserError `no-floor`, `media-full`, and those of `MediaRoom.answer`."""
        direction = Direction(offer.direction)
        if direction is Direction.SEND:
            self._check_may_send(page.person)
            resource = SENDING
        else:
            self._check_has_place(page)
            resource = page.page
        answer = await self._media.answer(page.person, direction, offer.sdp, offer.tracks, resource=resource)
        if direction is Direction.SEND and not self._sends(page.person):
            # The floor was taken while the answer was made.
            await self._media.close_peer(page.person, direction, resource=resource)
            self._check_may_send(page.person)
        return Answered(re=offer.re, direction=offer.direction, sdp=answer.sdp, tracks=dict(answer.tracks))

    async def close_media(self, page: LivePage, direction: Direction) -> None:
        """Close one direction in order. Idempotent."""
        resource = SENDING if direction is Direction.SEND else page.page
        await self._media.close_peer(page.person, direction, resource=resource)

    def show(self, page: LivePage, views: Views) -> None:
        """How large the page shows what it receives. Idempotent."""
        for tile in views.views:
            view = View(tile.width, tile.height)
            self._media.set_view(page.person, tile.publication, view, resource=page.page)

    def viewers(self) -> int:
        """Creditors' pages that receive now."""
        return sum(
            self._media.holds(person, Direction.RECEIVE, resource=page)
            for person, page in self._pages
            if not _is_staff(person)
        )

    def _check_has_place(self, page: LivePage) -> None:
        """Accounts and the speaker always have a place."""
        if self._sends(page.person) or self._media.holds(page.person, Direction.RECEIVE, resource=page.page):
            return
        if self.viewers() >= self._most_viewers:
            raise UserError(
                "media-full",
                "观看会场画面的人数已满，请稍后再试；表决不受影响",
                "no more can watch now: try again in a while. Voting goes on as before",
            )

    def _check_may_send(self, person: str) -> None:
        if not self._sends(person):
            raise UserError("no-floor", "现在没有轮到您发言", "you do not have the floor")

    # --- rules -----------------------------------------------------------------------------------------------

    def _sends(self, person: str) -> bool:
        return _is_staff(person) or (person != "" and person == self.floor.person)

    def _may_publish(self, participant: str, kind: Kind) -> bool:
        return self._sends(participant)

    def _may_receive(self, viewer: str, sender: str, kind: Kind) -> bool:
        return viewer != sender and self._sends(sender)

    # --- what pages are told ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Tell pages what has changed and end speeches whose time is over, until cancelled."""
        try:
            async with asyncio.TaskGroup() as loops:
                loops.create_task(self._tell())
                loops.create_task(self._watch_floor())
        finally:
            await self._tasks.close()

    async def _tell(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(SETTLE_S)
            self._changed.clear()
            self._room.set_live(bool(self._media.publications()))
            pages = list(self._pages.values())
            for first in range(0, len(pages), SLICE):
                for page in pages[first : first + SLICE]:
                    page.send(self._news(page.person))
                if first + SLICE < len(pages):
                    await asyncio.sleep(SLICE_S)

    async def _watch_floor(self) -> None:
        while True:
            due_ms = self.floor.due_ms
            wait_s = None if due_ms is None else max(0.0, (due_ms - self._now_ms()) / 1000)
            try:
                async with asyncio.timeout(wait_s):
                    await self._floor_changed.wait()
            except TimeoutError:
                pass
            self._floor_changed.clear()
            if self.floor.is_over(self._now_ms()):
                self._room.give_floor("")

    def _news(self, viewer: str) -> StageNews:
        running = self._media.publications(viewer)
        senders = dict.fromkeys(each.participant for each in running)
        return StageNews(
            publications=tuple(
                Publication(
                    id=each.id,
                    participant=each.participant,
                    kind=each.kind.value,
                    source=each.source.value,
                    codec=each.codec,
                )
                for each in running
            ),
            people=tuple(
                OnStage(
                    participant=sender,
                    name="" if _is_staff(sender) else self._room.name_of(sender),
                    hall=_is_staff(sender),
                )
                for sender in senders
            ),
            floor=viewer != "" and viewer == self.floor.person,
        )

    def _now_ms(self) -> int:
        return self._now_us() // 1_000

    async def close(self) -> None:
        """End all media of the meeting. Idempotent."""
        await self._tasks.close()
        await self._server.close_room(room_name(self._room.record.id))

    # --- RoomListener ----------------------------------------------------------------------------------------

    def publication_added(self, publication: PublicationInfo) -> None:
        """RoomListener."""
        self._changed.set()

    def publication_removed(self, publication: PublicationInfo) -> None:
        """RoomListener."""
        self._changed.set()

    def speakers_changed(self, participants: Sequence[str]) -> None:
        """RoomListener: one person speaks at a time, and everybody knows who."""

    def layers_wanted(self, publication: PublicationInfo, rids: Sequence[str]) -> None:
        """RoomListener."""
        news = Layers(publication=publication.id, source=publication.source.value, rids=tuple(rids))
        for (person, _), page in self._pages.items():
            if person == publication.participant:
                page.send(news)

    def delivery_changed(self, viewer: str, resource: str, states: Sequence[DeliveryState]) -> None:
        """RoomListener."""
        page = self._pages.get((viewer, resource))
        if page is not None:
            page.send(Deliveries(tracks=tuple(track_delivery(state) for state in states)))

    def peer_connected(self, participant: str, direction: Direction) -> None:
        """RoomListener."""
        if direction is Direction.SEND:
            self.floor.up(participant)
            self._floor_changed.set()

    def peer_lost(self, participant: str, direction: Direction, reason: LossReason) -> None:
        """RoomListener: the floor waits for a speaker to come back."""
        if direction is Direction.SEND:
            self.floor.lost(participant, self._now_ms())
            self._floor_changed.set()


def room_name(meeting: str) -> str:
    """The name of a meeting's media room: no session has it."""
    return f"meeting:{meeting}"


def _is_staff(participant: str) -> bool:
    return participant.startswith(STAFF_MARK)
