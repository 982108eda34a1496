"""`/meetings/{id}/ws`: a creditor's page in a meeting, from its pass to its ballots."""

from __future__ import annotations

import asyncio
from typing import Literal

import msgspec
from aiohttp import WSMsgType, web

from hearing.errors import ProtocolError, UserError
from hearing.tasks import log_fault
from signaling.errors import error_message
from signaling.http import Senders
from signaling.limits import Bucket
from signaling.meetings import messages as m
from signaling.meetings.access import Access
from signaling.meetings.book import MeetingBook
from signaling.meetings.casting import Casting, not_cast, refusal
from signaling.meetings.crowd import Crowd
from signaling.meetings.reads import Reads
from signaling.meetings.room import MeetingRoom
from signaling.meetings.rooms import MeetingRooms
from signaling.meetings.wire import Wire
from signaling.services import Services
from voting.sequencer import Stopped

BEAT_INTERVAL_MS = 20_000
MOST_WIRES = 4
"""Sockets of one person; one more ends the oldest."""
FRAMES_PER_S = 50.0
FRAMES_BURST = 400
"""An agent may send the ballots of hundreds at once."""

_encoder = msgspec.json.Encoder()
_entering = msgspec.json.Decoder(m.Enter)
_decoder: msgspec.json.Decoder[m.FromCreditor] = msgspec.json.Decoder(m.FromCreditor)


class MeetingSocket:
    """Accepts the sockets of all meetings."""

    def __init__(
        self,
        services: Services,
        rooms: MeetingRooms,
        book: MeetingBook,
        reads: Reads,
        access: Access,
        casting: Casting,
        senders: Senders,
        crowd: Crowd,
    ) -> None:
        self._services = services
        self._rooms = rooms
        self._book = book
        self._reads = reads
        self._access = access
        self._casting = casting
        self._senders = senders
        self._crowd = crowd
        self._wires: dict[tuple[str, str], list[Wire]] = {}

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """aiohttp handler of `GET /meetings/{id}/ws`."""
        socket = web.WebSocketResponse(compress=False, max_msg_size=2 * m.MAX_FRAME_BYTES, decode_text=False)
        try:
            with self._crowd.knock(self._senders.prefix(request)):
                await socket.prepare(request)
                person = self._holder(request.match_info["id"], await self._first_frame(socket))
            room = await self._rooms.get(request.match_info["id"])
            if request.transport is None:
                return socket
            wire = Wire(person, request.transport, await self._reads.of(room.record.id, person))
            await self._serve(room, wire, socket)
        except ConnectionError:
            if socket.prepared:
                await socket.close()
        except Exception as problem:
            if not socket.prepared:
                raise
            await _refuse(socket, problem)
        return socket

    async def _first_frame(self, socket: web.WebSocketResponse) -> bytes:
        try:
            async with asyncio.timeout(self._services.timing.hello_timeout_ms / 1000):
                frame = await socket.receive()
        except TimeoutError:
            raise ProtocolError("hello-timeout", "no `enter` in time") from None
        if frame.type is not WSMsgType.TEXT:
            raise ConnectionResetError
        return bytes(frame.data)

    def _holder(self, meeting: str, frame: bytes) -> str:
        try:
            enter = _entering.decode(frame)
        except (msgspec.MsgspecError, UnicodeError) as problem:
            raise ProtocolError("hello-first", f"the first frame must be `enter`: {problem}") from None
        if enter.version != m.MEETING_PROTOCOL_VERSION:
            raise ProtocolError(
                "version", f"this server speaks version {m.MEETING_PROTOCOL_VERSION}: reload the page"
            )
        return self._access.holder(meeting, enter.token, self._services.sources.utc_ms())

    async def _serve(self, room: MeetingRoom, wire: Wire, socket: web.WebSocketResponse) -> None:
        mine = self._wires.setdefault((room.record.id, wire.person), [])
        mine.append(wire)
        if len(mine) > MOST_WIRES:
            mine.pop(0).hang_up()
        wire.send(_encoder.encode(self._entered(room, wire)))
        if room.hall.log.head is not None:
            # What the page saw at an earlier visit is compared at once, not when the next head comes.
            wire.offer(_encoder.encode(m.HeadSigned(head=msgspec.Raw(room.hall.log.head))))
        room.enter(wire)
        now_us = self._services.sources.monotonic_us
        bucket = Bucket(FRAMES_PER_S, FRAMES_BURST, FRAMES_BURST, now_us())
        try:
            while (frame := await socket.receive()).type is WSMsgType.TEXT:
                if not bucket.take(now_us()):
                    await asyncio.sleep(bucket.wait_s(now_us()))
                await self._take(room, wire, frame.data)
        except ConnectionError:
            pass
        finally:
            room.leave(wire)
            if wire in mine:
                mine.remove(wire)
            if not mine:
                self._wires.pop((room.record.id, wire.person), None)

    def _entered(self, room: MeetingRoom, wire: Wire) -> m.Entered:
        return m.Entered(
            meeting=room.view(),
            mine=room.mine(wire),
            beat_interval_ms=BEAT_INTERVAL_MS,
            utc_ms=self._services.sources.utc_ms(),
            court_key=self._services.court_key.public_bytes.hex(),
            version=self._services.version,
        )

    async def _take(self, room: MeetingRoom, wire: Wire, data: bytes) -> None:
        try:
            message = _decoder.decode(data)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as problem:
            wire.send(_encoder.encode(m.Refusal(re=None, code="bad-message", zh="消息有误", en=str(problem)[:300])))
            return
        if isinstance(message, m.Cast):
            await self._cast(room, wire, message)
            return
        try:
            answer = await self._act(room, wire, message)
        except Exception as problem:
            answer = _refusal(getattr(message, "re", None), problem)
        wire.send(_encoder.encode(answer))

    async def _cast(self, room: MeetingRoom, wire: Wire, message: m.Cast) -> None:
        re = _encoder.encode(message.re)

        def told(given: bytes | Exception) -> None:
            if isinstance(given, bytes):
                wire.send(b'{"type":"receipt","re":%b,"receipt":%b}' % (re, given))
            else:
                wire.send(_encoder.encode(refusal(message.re, given, retry_after_ms=m.RETRY_AFTER_MS)))

        try:
            seq = self._casting.cast(room, wire.person, message, told)
            if seq is not None:
                told(await room.hall.log.receipt(seq))
        except Exception as problem:
            wire.send(_encoder.encode(await not_cast(room, message.re, problem)))
            if isinstance(problem, Stopped):
                await self._reopen(room)

    async def _reopen(self, room: MeetingRoom) -> None:
        """A log that could not be written is read anew, for the next ballot."""
        try:
            await self._rooms.get(room.record.id)
        except Exception as problem:
            log_fault("the ballot log stays closed", problem, meeting=room.record.id)

    async def _act(self, room: MeetingRoom, wire: Wire, message: m.FromCreditor) -> msgspec.Struct:
        utc_ms = self._services.sources.utc_ms()
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
                await self._book.ask(room.record.id, wire.person, message.text, utc_ms)
                return m.Did(re=message.re)
            case m.HaveRead():
                if message.document not in {document.document for document in room.record.shown()}:
                    raise UserError("unknown-document", "没有这份文件", "there is no such document")
                await self._reads.note(room.record.id, wire.person, message.document, utc_ms)
                wire.read = tuple(dict.fromkeys((*wire.read, message.document)))
                return m.Did(re=message.re)
            case _:
                raise UserError("bad-message", "消息有误", "this is no message of an entered page")


def _refusal(re: str | None, problem: Exception) -> m.Refusal:
    error = error_message(None, problem, "meeting")
    return m.Refusal(re=re, code=error.code, zh=error.zh, en=error.en, incident=error.incident)


async def _refuse(socket: web.WebSocketResponse, problem: Exception) -> None:
    """The last frame says why, with the incident where it is a fault of ours; then the page may come again."""
    retry_after_ms = 0
    action: Literal["enter", "sign_in", "stay_away"] = "stay_away"
    if isinstance(problem, ProtocolError):
        code, zh, en = problem.code, "连接方式有误，请刷新页面", problem.detail
    else:
        error = error_message(None, problem, "meeting socket")
        code, zh, en = error.code, error.zh, error.en
        if code == "credential-invalid":
            action = "sign_in"
        elif not isinstance(problem, UserError):
            action, retry_after_ms = "enter", m.BACK_WITHIN_MS
    last = m.Farewell(action=action, code=code, zh=zh, en=en, retry_after_ms=retry_after_ms)
    await socket.send_frame(_encoder.encode(last), WSMsgType.TEXT)
    await socket.close()
