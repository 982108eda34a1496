"""One creditor's page while it is in a meeting: what it says is carried out, in its order.

A ballot is taken within the event that brought it, and its receipt is written from within the sequencer's group: no
task of the page is woken for either. Whatever has to wait for a store is `Slow`; the page's next message waits too.
"""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec

from hearing.errors import UserError
from hearing.tasks import log_fault
from signaling.errors import error_message
from signaling.limits import Bucket
from signaling.meetings import messages as m
from signaling.meetings.book import MeetingBook
from signaling.meetings.casting import Casting, not_cast, refusal
from signaling.meetings.reads import Reads
from signaling.meetings.room import MeetingRoom
from signaling.meetings.rooms import MeetingRooms
from signaling.meetings.wire import Wire
from signaling.services import Services
from signaling.socket.upgraded import Slow
from voting.sequencer import Stopped

FRAMES_PER_S = 50.0
FRAMES_BURST = 400
"""An agent may send the ballots of hundreds at once."""

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[m.FromCreditor] = msgspec.json.Decoder(m.FromCreditor)


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What visits of all meetings share."""

    services: Services
    rooms: MeetingRooms
    book: MeetingBook
    reads: Reads
    casting: Casting


class Visit:
    """Made once the page was let in."""

    __slots__ = ("_bucket", "_now_us", "_room", "_tools", "_wire")

    def __init__(self, tools: Tools, room: MeetingRoom, wire: Wire) -> None:
        self._tools = tools
        self._room = room
        self._wire = wire
        self._now_us = tools.services.sources.monotonic_us
        self._bucket = Bucket(FRAMES_PER_S, FRAMES_BURST, FRAMES_BURST, self._now_us())

    def take(self, data: bytes) -> Slow | None:
        """A text frame of the page. Raises nothing; what it returns is to be awaited before the next."""
        if not self._bucket.take(self._now_us()):
            return partial(self._later, data)
        return self._take(data)

    def _take(self, data: bytes) -> Slow | None:
        try:
            message = _decoder.decode(data)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as problem:
            self._send(m.Refusal(re=None, code="bad-message", zh="消息有误", en=str(problem)[:300]))
            return None
        if not isinstance(message, m.Cast):
            return partial(self._answer, message)
        try:
            seq = self._tools.casting.cast(self._room, self._wire.person, message, partial(self._told, message.re))
        except Exception as problem:
            return partial(self._not_cast, message.re, problem)
        return None if seq is None else partial(self._receipt_again, message.re, seq)

    async def _later(self, data: bytes) -> None:
        await asyncio.sleep(self._bucket.wait_s(self._now_us()))
        slow = self._take(data)
        if slow is not None:
            await slow()

    # --- ballots ---------------------------------------------------------------------------------------------

    def _told(self, re: str, given: bytes | Exception) -> None:
        if isinstance(given, bytes):
            self._wire.send(b'{"type":"receipt","re":%b,"receipt":%b}' % (_encoder.encode(re), given))
        else:
            self._send(refusal(re, given, retry_after_ms=m.RETRY_AFTER_MS))

    async def _receipt_again(self, re: str, seq: int) -> None:
        try:
            self._told(re, await self._room.hall.log.receipt(seq))
        except Exception as problem:
            await self._not_cast(re, problem)

    async def _not_cast(self, re: str, problem: Exception) -> None:
        self._send(await not_cast(self._room, re, problem))
        if isinstance(problem, Stopped):
            await self._reopen()

    async def _reopen(self) -> None:
        """A log that could not be written is read anew, for the next ballot."""
        try:
            await self._tools.rooms.get(self._room.record.id)
        except Exception as problem:
            log_fault("the ballot log stays closed", problem, meeting=self._room.record.id)

    # --- everything else -------------------------------------------------------------------------------------

    async def _answer(self, message: m.FromCreditor) -> None:
        try:
            answer = await self._act(message)
        except Exception as problem:
            answer = _refusal(getattr(message, "re", None), problem)
        self._send(answer)

    async def _act(self, message: m.FromCreditor) -> msgspec.Struct:
        room, wire = self._room, self._wire
        utc_ms = self._tools.services.sources.utc_ms()
        match message:
            case m.Beat():
                return m.BeatBack(sent_ms=message.sent_ms, utc_ms=utc_ms)
            case m.AskFloor():
                if not room.ask_floor(wire.person):
                    raise UserError(
                        "queue-full", "申请发言的人数较多，请稍后再试", "very many wait to speak: try later"
                    )
                return m.Did(re=message.re)
            case m.LeaveQueue():
                room.leave_queue(wire.person)
                return m.Did(re=message.re)
            case m.AskQuestion():
                await self._tools.book.ask(room.record.id, wire.person, message.text, utc_ms)
                return m.Did(re=message.re)
            case m.HaveRead():
                if message.document not in {document.document for document in room.record.shown()}:
                    raise UserError("unknown-document", "没有这份文件", "there is no such document")
                await self._tools.reads.note(room.record.id, wire.person, message.document, utc_ms)
                wire.read = tuple(dict.fromkeys((*wire.read, message.document)))
                return m.Did(re=message.re)
            case _:
                raise UserError("bad-message", "消息有误", "this is no message of an entered page")

    def _send(self, message: msgspec.Struct) -> None:
        self._wire.send(_encoder.encode(message))


def _refusal(re: str | None, problem: Exception) -> m.Refusal:
    error = error_message(None, problem, "meeting")
    return m.Refusal(re=re, code=error.code, zh=error.zh, en=error.en, incident=error.incident)
