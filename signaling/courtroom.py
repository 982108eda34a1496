"""One session live: its ledger, its media room, and the pages that are connected to it.

Order after each durable entry: media rules first (what is no longer allowed has stopped), then the pages are told.
"""

from __future__ import annotations

import asyncio
import datetime
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import msgspec
import structlog

from hearing import events as ev
from hearing import identity_events as ie
from hearing.errors import Refused
from hearing.exhibit_commands import ExhibitCommand
from hearing.line_commands import LineCommand
from hearing.participant import Presence
from hearing.policy import is_muted, may_publish, may_receive
from hearing.review_commands import ReviewCommand
from hearing.seal_commands import SealCommand
from hearing.state import Hearing, apply
from hearing.supervision import receives
from hearing.supervision_events import LookBegan, LookEnded
from hearing.tasks import TaskSet
from media_server.ports import DeliveryState, Direction, Kind, LossReason, MediaRoom, PublicationInfo
from records.ledger import Ledger
from signaling.attendance import Attendance
from signaling.errors import error_message
from signaling.exhibits.desk import ExhibitDesk
from signaling.fanout import EncodedUpdate, Recent
from signaling.limits import Limiter
from signaling.media.door import Door, OpenDoor
from signaling.media.news import MediaNews, first_in_line
from signaling.media.speech import SpeechLog
from signaling.minutes.desk import MinutesDesk
from signaling.minutes.review_desk import ReviewDesk
from signaling.minutes.signature_shelf import SignatureShelf
from signaling.ports import RoomRecording
from signaling.protocol import (
    Done,
    Error,
    HeadSigned,
    Leave,
    Message,
    NetworkReport,
    PageCommand,
    Publication,
    Publications,
    Speakers,
)
from signaling.services import Services

ANSWERS_KEPT = 128
FOLDED_AT_ONCE = 200
"""Entries of a replay before others on the loop have their turn."""

_log = structlog.get_logger("signaling")
_encoder = msgspec.json.Encoder()
_TOUCHES_MEDIA = (
    ev.StateChanged,
    ev.PresenceChanged,
    ev.MuteSet,
    ev.ParticipantAdded,
    ev.SessionCreated,
    ie.VerdictGiven,
    ie.VerdictRevoked,
    ie.GateReleased,
    LookBegan,
    LookEnded,
)
"""Events that change what `hearing.policy` says; all others leave the media rules as they are."""
DoSeal = Callable[[str, SealCommand], Awaitable[Sequence[ev.Entry]]]
"""(participant, command): its durable entries. Raises Refused."""
_GONE = {
    Presence.REMOVED: Leave(action="end", code="removed", zh="您已被请出法庭", en="the court has removed you"),
    Presence.DISMISSED: Leave(
        action="end", code="dismissed", zh="作证结束，请退庭", en="your testimony is over: you may leave"
    ),
}
_REPLACED = Leave(
    action="end",
    code="replaced",
    zh="您已在另一页面或设备进入，本页面已断开",
    en="you entered on another page or device: this page is disconnected",
)


class Page(Protocol):
    """What a courtroom needs of a page's connection (`signaling.socket.connection.Connection`). Nothing waits."""

    participant: str
    live: bool
    """Whether the page has caught up and takes part in the live stream."""
    report: NetworkReport | None

    def send(self, message: Message) -> None: ...

    def send_frame(self, frame: bytes, seq: int | None = None) -> None:
        """`seq` when the frame is an update."""

    def end(self, leave: Leave) -> None: ...


class Courtroom:
    """Made by `signaling.rooms.Rooms`; also the `RoomListener` of its media room."""

    def __init__(self, services: Services, ledger: Ledger, zone: datetime.tzinfo) -> None:
        limits = services.settings.limits
        self.ledger = ledger
        self.services = services
        self.hearing: Hearing = ledger.hearing
        self.connections: dict[str, Page] = {}
        self.limiter = Limiter(limits.messages_per_s, limits.message_burst, services.sources.monotonic_us)
        self.tasks = TaskSet()
        self.attendance = Attendance(ledger, services.sources.monotonic_us, services.timing.silence_ms)
        self.speech = SpeechLog(ledger)
        self.media_news = MediaNews(self._tell)
        self._recent = Recent()
        self._answers: dict[str, OrderedDict[str, asyncio.Task[Done | Error]]] = {}
        self._catching_up: dict[str, asyncio.Lock] = {}
        self._told: dict[str, tuple[Publication, ...]] = {}
        self.media: MediaRoom = services.media.open_room(ledger.session, self)
        self.media.set_rules(self._may_publish, self._may_receive)
        self.media.set_floor(first_in_line(self.hearing))
        self.door: Door = OpenDoor(self.media)
        """Where its people's media comes in; the gate puts its own here."""
        self.recording: RoomRecording | None = None
        self.minutes = MinutesDesk(ledger, self.connections.values, zone)
        self.review = ReviewDesk(
            ledger,
            self.minutes.draft,
            SignatureShelf(services.store, ledger.session),
            self.connections.values,
            services.sources.utc_ms,
        )
        self.exhibits = ExhibitDesk(
            ledger, services.store, services.exhibits, limits.exhibit_bytes, lambda: self.minutes.transcript
        )
        self.seal: DoSeal = _no_seal
        """Carries out commands on the finished record; set by `Rooms`."""
        self.when_live: Callable[[str], None] = lambda participant: None
        """Called when a page has caught up, for whoever has more to tell it."""
        self.busy_at_us = services.sources.monotonic_us()
        """When somebody was last here; kept by `Rooms`."""
        self._stop = [ledger.subscribe(self._entries), ledger.subscribe_heads(self._head)]

    @property
    def session(self) -> str:
        """Id of the session."""
        return self.ledger.session

    @property
    def seq(self) -> int:
        """The newest entry that pages were told of."""
        return self.hearing.last_seq

    async def open(self) -> None:
        """Read the transcript, wire the recording. Call once, before anybody enters."""
        await self.minutes.open()
        self.recording = await self.services.on_room_opened(self.session, self.media, self.ledger, self.minutes)

    def say_closing(self, leave: Leave | None = None) -> None:
        """End every connection; pages are told to come back unless `leave` says otherwise."""
        for connection in list(self.connections.values()):
            connection.end(leave or _CLOSING)

    async def close(self, leave: Leave | None = None) -> None:
        """End every connection, the recording and the media room. Idempotent."""
        for stop in (*self._stop, self.minutes.close):
            stop()
        self.say_closing(leave)
        await self.tasks.close()
        if self.recording is not None:
            await self.recording.close()
        await self.services.media.close_room(self.session)

    # --- people ---------------------------------------------------------------------------------------------

    def enter(self, connection: Page) -> None:
        """From now on this is the participant's connection; an older one is ended (the newer wins)."""
        older = self.connections.get(connection.participant)
        self.connections[connection.participant] = connection
        self.attendance.connected(connection.participant)
        if older is not None:
            older.end(_REPLACED)

    def exit(self, connection: Page, evidence: str, *, silent: bool) -> None:
        """The connection is over; unless replaced, the participant counts as dropped now (`silent`: two pings
        were missed already) or when nobody resumes within the silence time."""
        if self.connections.get(connection.participant) is not connection:
            return
        del self.connections[connection.participant]
        self._told.pop(connection.participant, None)
        self.attendance.lost(connection.participant, evidence, at_once=silent)

    def has_left(self, participant: str) -> bool:
        """Whether the participant has deliberately departed."""
        person = self.hearing.people.get(participant)
        return person is not None and person.presence is Presence.LEFT

    async def withdraw(self, participant: str, leave: Leave) -> None:
        """End what this participant has open here: page and media. Idempotent."""
        connection = self.connections.get(participant)
        if connection is not None:
            connection.end(leave)
        await self.door.remove(participant)

    # --- commands -------------------------------------------------------------------------------------------

    async def carry_out(self, participant: str, re: str, command: PageCommand) -> Done | Error:
        """Do a command once: a repeated `re` of the same participant gets the first answer again."""
        answers = self._answers.setdefault(participant, OrderedDict())
        if re not in answers:
            # Owned by the room: a page that is cut off meanwhile finds the answer when it resumes and asks again.
            answers[re] = self.tasks.spawn(self._do(participant, re, command), "command")
            if len(answers) > ANSWERS_KEPT:
                answers.popitem(last=False)
        return await asyncio.shield(answers[re])

    async def _do(self, participant: str, re: str, command: PageCommand) -> Done | Error:
        try:
            if isinstance(command, LineCommand):
                entries = await self.minutes.do(participant, command)
            elif isinstance(command, ExhibitCommand):
                entries = await self.exhibits.do(participant, command)
            elif isinstance(command, SealCommand):
                entries = await self.seal(participant, command)
            elif isinstance(command, ReviewCommand):
                entries = await self.review.do(participant, command)
            else:
                entries = await self.ledger.do(participant, command)
        except Exception as problem:
            return error_message(re, problem, "command")
        return Done(re=re, seq=entries[-1].seq if entries else self.seq)

    # --- what has happened ----------------------------------------------------------------------------------

    @asynccontextmanager
    async def catching_up(self, participant: str) -> AsyncIterator[None]:
        """One at a time for each participant: a newer connection waits until the older one has let go."""
        async with self._catching_up.setdefault(participant, asyncio.Lock()):
            yield

    async def missed(self, after_seq: int) -> AsyncGenerator[EncodedUpdate, None]:
        """Entries after `after_seq` with the hearing after each: from memory, or the log read anew, one by one as
        fast as they are taken."""
        kept = self._recent.after(after_seq)
        if kept is not None:
            for update in kept:
                yield update
            return
        hearing = Hearing(session=self.session)
        entries = self.ledger.entries()
        try:
            async for entry in entries:
                if entry.seq > self.seq:
                    # Durable, but nobody was told yet: that comes with the live stream, once.
                    return
                hearing = apply(hearing, entry)
                if entry.seq > after_seq:
                    yield EncodedUpdate(entry, hearing)
                elif entry.seq % FOLDED_AT_ONCE == 0:
                    await asyncio.sleep(0)
        finally:
            # A reader that hangs up leaves the store at once, not when memory is next cleared.
            if isinstance(entries, AsyncGenerator):
                await entries.aclose()

    def publications_for(self, viewer: str) -> tuple[Publication, ...]:
        """Tracks this page may receive now."""
        return tuple(
            Publication(id=p.id, participant=p.participant, kind=p.kind.value, source=p.source.value, codec=p.codec)
            for p in self.media.publications(viewer)
        )

    def tell_publications(self, only: str | None = None) -> None:
        """Send the list to each page whose list has changed."""
        for connection in self.connections.values():
            if not connection.live or only not in (None, connection.participant):
                continue
            now = self.publications_for(connection.participant)
            if self._told.get(connection.participant, ()) != now:
                self._told[connection.participant] = now
                connection.send(Publications(publications=now))

    def remember_publications(self, participant: str, told: tuple[Publication, ...]) -> None:
        """The page was told this list in its `welcome`."""
        self._told[participant] = told

    def tell_media(self, participant: str) -> None:
        """Bring a page up to date with what it may receive, what it should send and what it gets."""
        self.tell_publications(only=participant)
        self.media_news.tell_again(participant)
        self._tell(participant, self.minutes.standing())
        news = self.review.news(participant)
        if news is not None:
            self._tell(participant, news)
        self.when_live(participant)

    def _tell(self, participant: str, message: Message) -> None:
        connection = self.connections.get(participant)
        if connection is not None and connection.live:
            connection.send(message)

    def _entries(self, entries: Sequence[ev.Entry], after: Hearing) -> None:
        updates = []
        hearing = self.hearing
        for entry in entries:
            hearing = apply(hearing, entry)
            updates.append(EncodedUpdate(entry, hearing))
        self.hearing = after
        touches_media = any(isinstance(entry.event, _TOUCHES_MEDIA) for entry in entries)
        if touches_media:
            self.media.refresh()
        self.media.set_floor(first_in_line(after))
        for connection in self.connections.values():
            if connection.live:
                for update in updates:
                    connection.send_frame(update.frame(connection.participant), seq=update.entry.seq)
        self._recent.extend(updates)
        if touches_media:
            self.tell_publications()
        for entry in entries:
            self._see_off(entry.event)

    def _see_off(self, event: ev.AnyEvent) -> None:
        if not isinstance(event, ev.PresenceChanged):
            return
        connection = self.connections.get(event.participant)
        if connection is not None and event.after in _GONE:
            connection.end(_GONE[event.after])
        if event.after in {Presence.REMOVED, Presence.DISMISSED, Presence.LEFT}:
            self.tasks.spawn(self.door.remove(event.participant), "media.remove")

    def _head(self, head: ev.Head) -> None:
        frame = _encoder.encode(HeadSigned(head=head))
        for connection in self.connections.values():
            if connection.live:
                connection.send_frame(frame)

    # --- media rules and RoomListener -----------------------------------------------------------------------

    def _may_publish(self, participant: str, kind: Kind) -> bool:
        return may_publish(self.hearing, participant) and not is_muted(self.hearing, participant, kind.value)

    def _may_receive(self, viewer: str, sender: str, kind: Kind) -> bool:
        return may_receive(self.hearing, viewer, sender) and receives(self.hearing, viewer, kind.value)

    def publication_added(self, publication: PublicationInfo) -> None:
        """RoomListener: pages that may receive the track hear of it."""
        self.tell_publications()

    def publication_removed(self, publication: PublicationInfo) -> None:
        """RoomListener."""
        self.media_news.publication_removed(publication)
        self.tell_publications()

    def speakers_changed(self, participants: Sequence[str]) -> None:
        """RoomListener: pages are told at once, the log once it has lasted."""
        self.speech.heard(participants, self.services.sources.monotonic_us())
        for connection in self.connections.values():
            if connection.live:
                audible = tuple(
                    p
                    for p in participants
                    if p == connection.participant or may_receive(self.hearing, connection.participant, p)
                )
                connection.send(Speakers(participants=audible))

    def layers_wanted(self, publication: PublicationInfo, rids: Sequence[str]) -> None:
        """RoomListener."""
        self.media_news.layers_wanted(publication, rids)

    def delivery_changed(self, viewer: str, resource: str, states: Sequence[DeliveryState]) -> None:
        """RoomListener."""
        self.media_news.delivery_changed(viewer, resource, states)

    def peer_connected(self, participant: str, direction: Direction) -> None:
        """RoomListener."""
        if self.attendance.media_up(participant, direction) and participant in self.hearing.people:
            self.tasks.spawn(self.ledger.arrived(participant, f"media {direction.value} up"), "arrived")

    def peer_lost(self, participant: str, direction: Direction, reason: LossReason) -> None:
        """RoomListener: evidence for a drop; decides by itself only for somebody without a page (WHIP)."""
        if direction is Direction.RECEIVE and reason is not LossReason.CONSENT:
            self.media_news.receiving_ended(participant)
        self.attendance.media_lost(participant, direction, reason, has_page=participant in self.connections)


async def _no_seal(participant: str, command: SealCommand) -> Sequence[ev.Entry]:
    raise Refused("no-sealing", "本服务器不办理封存", "records are not sealed on this server")


_CLOSING = Leave(action="resume", code="restart", zh="服务正在重启，请稍候", en="the server restarts: one moment")
