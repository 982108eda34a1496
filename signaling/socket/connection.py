"""One WebSocket in a courtroom: four small loops (read, carry out, write, watch) that end together.

Updates come from the log: a page that resumes is first given what it missed, straight from the log and at its own
pace, and then joins the live stream without a step between. Other frames go through a bounded outbox.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass

import msgspec
import structlog
from aiohttp import WSMsgType, web

from signaling.courtroom import Courtroom
from signaling.errors import error_message, new_incident
from signaling.gate.messages import ChallengeStart, ChallengeStop, ToGate
from signaling.media.messages import close_media, kit_checked, negotiate, show
from signaling.minutes.line_messages import AskGlossary, AskLines, AskRevisions, ToMinutes
from signaling.protocol import (
    MAX_FRAME_BYTES,
    CloseMedia,
    Do,
    Done,
    Error,
    FromPage,
    Hello,
    Kit,
    Leave,
    Message,
    NetworkReport,
    Offer,
    Ping,
    Pong,
    Views,
)
from signaling.socket.outbox import Outbox
from signaling.view import clock_view

MAX_STRIKES = 20
INBOX_MESSAGES = 64
LEAVE_TIMEOUT_S = 1.0

_log = structlog.get_logger("signaling")
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(FromPage)

SLOW = Leave(
    action="resume", code="too-slow", zh="网络过慢，正在重新连接", en="your network is too slow: reconnecting"
)
SILENT = Leave(action="resume", code="ping-timeout", zh="连接超时，请重新连接", en="no sign of life: come back")
FAULT = Leave(action="resume", code="internal", zh="系统故障，正在重新连接", en="a fault of ours: reconnecting")
BROKEN = Leave(action="reconnect", code="protocol", zh="页面发送的数据有误，请刷新", en="bad data: reload the page")


@dataclass(slots=True, eq=False)
class End(Exception):
    """Why the connection ends: `leave` is said to the page where it still listens, `evidence` goes into the log."""

    leave: Leave | None
    evidence: str
    silent: bool = False


_STOPPED = End(None, "server stopped")


class Connection:
    """One page. `run` returns when it is over."""

    def __init__(
        self,
        room: Courtroom,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        participant: str,
        after_seq: int | None,
    ) -> None:
        """`after_seq`: the page knows the log up to this entry and resumes; None: it joins the live stream."""
        self.participant = participant
        self.live = after_seq is None
        """Whether the page has caught up and takes part in the live stream."""
        self.seq = room.seq if after_seq is None else after_seq
        """Newest entry that the page has or that was queued for it."""
        self.report: NetworkReport | None = None
        self._room = room
        self._socket = socket
        self._transport = transport
        self._outbox = Outbox()
        self._inbox: asyncio.Queue[Message] = asyncio.Queue(INBOX_MESSAGES)
        self._timing = room.services.timing
        self._now_us = room.services.sources.monotonic_us
        self._heard_us = self._now_us()
        self._end: End | None = None
        self._ending = asyncio.Event()
        self._strikes = 0

    # --- what the room calls: never waits -------------------------------------------------------------------

    def send(self, message: Message) -> None:
        """Queue a message; a page too far behind is cut and resumes."""
        self.send_frame(_encoder.encode(message))

    def send_frame(self, frame: bytes, seq: int | None = None) -> None:
        """Queue an encoded frame; `seq` when it is an update."""
        if not self._outbox.put(frame):
            self._finish(End(SLOW, "page too slow"))
        elif seq is not None:
            self.seq = seq

    def end(self, leave: Leave) -> None:
        """End the connection, saying why. The first reason counts."""
        self._finish(End(leave, leave.code))

    def _finish(self, end: End) -> None:
        self._end = self._end or end
        self._ending.set()

    # --- the loops ------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve the page until it is gone."""
        end = _STOPPED
        faults: list[BaseException] = []
        try:
            async with asyncio.TaskGroup() as loops:
                for loop in (self._read(), self._carry_out(), self._write(), self._watch()):
                    loops.create_task(loop)
        except* End as ends:
            # `_end` is the first reason; a loop's own comes second.
            first = ends.exceptions[0]
            assert isinstance(first, End)
            end = self._end or first
        except* Exception as problems:
            faults.extend(problems.exceptions)
            end = End(FAULT, "fault of the server")
        finally:
            self.live = False
            self._room.exit(self, self._evidence(end), silent=end.silent)
        for problem in faults:
            new_incident("connection", problem)
        await self._say_goodbye(end.leave)

    def _evidence(self, end: End) -> str:
        """A server that is set to cancel its handlers does so when the transport is lost, before a loop sees it."""
        lost = end is _STOPPED and self._transport is not None and self._transport.is_closing()
        return "connection reset" if lost else end.evidence

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            self._heard_us = self._now_us()
            match message.type:
                case WSMsgType.TEXT:
                    await self._take(message.data)
                case WSMsgType.BINARY:
                    raise End(BROKEN, "binary frame")
                case WSMsgType.CLOSE | WSMsgType.CLOSING | WSMsgType.CLOSED:
                    raise End(None, f"page closed its connection ({self._socket.close_code})")
                case WSMsgType.ERROR:
                    raise End(None, f"connection broken ({self._socket.close_code})")
                case _:
                    pass

    async def _take(self, text: str) -> None:
        if not self._room.limiter.take(self.participant):
            re = _re_of(text) if len(text) <= MAX_FRAME_BYTES else None
            self._strike(Error(re=re, code="too-many", zh="操作过于频繁，请稍候", en="too many messages: slow down"))
            # Reading no faster than the limit lets TCP hold the sender back.
            await asyncio.sleep(self._room.limiter.wait_s(self.participant))
            return
        if len(text) > MAX_FRAME_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_FRAME_BYTES:
            self._strike(Error(re=None, code="too-large", zh="消息过大", en=f"over {MAX_FRAME_BYTES} bytes"))
            return
        try:
            message = _decoder.decode(text)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as problem:
            # The text of msgspec names the field by its path and never repeats its value.
            self._strike(Error(re=_re_of(text), code="bad-message", zh=f"消息格式有误：{problem}", en=str(problem)))
            return
        match message:
            case Ping(sent_ms=sent_ms):
                utc_ms = self._room.services.sources.utc_ms()
                self.send(Pong(sent_ms=sent_ms, clock=clock_view(self._room.ledger, utc_ms)))
            case NetworkReport():
                self.report = message
            case Views():
                show(self._room, self.participant, message)
            case Hello():
                self._strike(Error(re=None, code="bad-message", zh="重复的 hello", en="hello comes once"))
            case _:
                await self._inbox.put(message)

    def _strike(self, error: Error) -> None:
        self._strikes += 1
        self.send(error)
        if self._strikes >= MAX_STRIKES:
            raise End(BROKEN, "broke the protocol too often")

    async def _carry_out(self) -> None:
        while True:
            message = await self._inbox.get()
            match message:
                case Do(re=re, command=command):
                    answer: Message = await self._room.carry_out(self.participant, re, command)
                    self.send(answer)
                    self._end_if_left(answer)
                case AskLines() | AskRevisions() | AskGlossary():
                    self.send(self._minutes(message))
                case Offer() | CloseMedia() | Kit() | ChallengeStart() | ChallengeStop():
                    self.send(await self._media(message))

    def _minutes(self, asked: ToMinutes) -> Message:
        try:
            return self._room.minutes.answer(self.participant, asked)
        except Exception as problem:
            return error_message(asked.re, problem, "minutes")

    async def _media(self, message: Offer | CloseMedia | Kit | ToGate) -> Message:
        try:
            match message:
                case Offer():
                    return await negotiate(self._room, self.participant, message)
                case CloseMedia():
                    return await close_media(self._room, self.participant, message)
                case Kit():
                    return await kit_checked(self._room, self.participant, message)
                case ChallengeStart():
                    await self._room.door.challenge(self.participant)
                case ChallengeStop():
                    await self._room.door.give_up(self.participant)
            return Done(re=message.re, seq=self._room.seq)
        except Exception as problem:
            return error_message(message.re, problem, "media")

    def _end_if_left(self, answer: Message) -> None:
        if not isinstance(answer, Error) and self._room.has_left(self.participant):
            raise End(
                Leave(action="end", code="left", zh="您已退出庭审", en="you have left the hearing"),
                "left deliberately",
            )

    async def _write(self) -> None:
        try:
            # The welcome: `Gateway` queues it before anything else.
            await self._put_on_wire(await self._outbox.get())
            if not self.live:
                await self._catch_up()
            self._room.tell_media(self.participant)
            while True:
                await self._put_on_wire(await self._outbox.get())
        except TimeoutError:
            raise End(SLOW, "page stopped reading", silent=True) from None
        except ConnectionError:
            raise End(None, "connection reset") from None

    async def _catch_up(self) -> None:
        async with self._room.catching_up(self.participant):
            while not self.live:
                async with aclosing(self._room.missed(self.seq)) as missed:
                    async for update in missed:
                        await self._put_on_wire(update.frame(self.participant))
                        self.seq = update.entry.seq
                # No await between this look and going live: no entry can slip between.
                self.live = self.seq >= self._room.seq

    async def _put_on_wire(self, frame: bytes) -> None:
        async with asyncio.timeout(self._timing.send_timeout_ms / 1000):
            await self._socket.send_frame(frame, WSMsgType.TEXT)

    async def _watch(self) -> None:
        while True:
            quiet_us = self._now_us() - self._heard_us
            left_s = (self._timing.silence_ms * 1000 - quiet_us) / 1e6
            if left_s <= 0:
                raise End(SILENT, f"no sign of life for {quiet_us // 1000} ms", silent=True)
            try:
                async with asyncio.timeout(left_s):
                    await self._ending.wait()
            except TimeoutError:
                continue
            assert self._end is not None
            raise self._end

    async def _say_goodbye(self, leave: Leave | None) -> None:
        """Tell the page what waits for it and why it ends, if it reads at all; then hang up."""
        try:
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                if leave is not None and not self._socket.closed:
                    if leave is not SLOW:
                        for frame in self._outbox.drain():
                            await self._socket.send_frame(frame, WSMsgType.TEXT)
                    await self._socket.send_frame(_encoder.encode(leave), WSMsgType.TEXT)
                await self._socket.close(code=1000 if leave is None else 1008 if leave is BROKEN else 1000)
        except (TimeoutError, ConnectionError):
            if self._transport is not None:
                self._transport.abort()


class _OnlyRe(msgspec.Struct):
    re: str | None = None


_re_decoder = msgspec.json.Decoder(_OnlyRe)


def _re_of(text: str) -> str | None:
    """The `re` of a message that is wrong elsewhere, so that the page can tell which one was refused."""
    try:
        return _re_decoder.decode(text).re
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
