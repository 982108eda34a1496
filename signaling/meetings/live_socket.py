"""`/meetings/{id}/live`: one page that watches a meeting, or speaks in it."""

from __future__ import annotations

import asyncio
from typing import Literal

import msgspec
from aiohttp import WSMsgType, web

from hearing.errors import ProtocolError, UserError
from media_server.ports import Direction
from signaling.errors import error_message
from signaling.http import Senders
from signaling.limits import Bucket
from signaling.media.messages import MAX_SDP_BYTES, MAX_TRACKS
from signaling.meetings.access import Access
from signaling.meetings.crowd import Crowd
from signaling.meetings.doorkeeper import RUNNERS
from signaling.meetings.live_messages import (
    LIVE_PROTOCOL_VERSION,
    MAX_LIVE_FRAME_BYTES,
    EnterLive,
    FromLive,
    LiveEntered,
    LivePing,
    LivePong,
)
from signaling.meetings.rooms import MeetingRooms
from signaling.meetings.stage import STAFF_MARK, Stage
from signaling.meetings.stages import Stages
from signaling.meetings.wire import Wire
from signaling.message import Message
from signaling.protocol import CloseMedia, Done, Error, IceServer, Leave, Offer, Views
from signaling.services import Services
from signaling.staff.routes import StaffDesk

PING_INTERVAL_MS = 10_000
MOST_LIVE = 4
"""Sockets of one creditor; one more ends the oldest."""
MOST_LIVE_STAFF = 16
FRAMES_PER_S = 20.0
FRAMES_BURST = 60

_encoder = msgspec.json.Encoder()
_entering = msgspec.json.Decoder(EnterLive)
_decoder: msgspec.json.Decoder[FromLive] = msgspec.json.Decoder(FromLive)


class _Page:
    """`stage.LivePage` on a wire."""

    def __init__(self, person: str, page: str, transport: asyncio.Transport) -> None:
        self.person = person
        self.page = page
        self._wire = Wire(person, transport)

    def send(self, message: Message) -> None:
        self._wire.send(_encoder.encode(message))

    def hang_up(self) -> None:
        self._wire.hang_up()


class LiveSocket:
    """Accepts the live sockets of all meetings."""

    def __init__(
        self,
        services: Services,
        rooms: MeetingRooms,
        stages: Stages,
        access: Access,
        staff: StaffDesk,
        senders: Senders,
        crowd: Crowd,
    ) -> None:
        self._services = services
        self._rooms = rooms
        self._stages = stages
        self._access = access
        self._staff = staff
        self._senders = senders
        self._crowd = crowd
        self._pages: dict[tuple[str, str], list[_Page]] = {}

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """aiohttp handler of `GET /meetings/{id}/live`."""
        socket = web.WebSocketResponse(
            compress=False, max_msg_size=4 * MAX_LIVE_FRAME_BYTES, decode_text=False, heartbeat=20.0
        )
        try:
            with self._crowd.knock(self._senders.prefix(request)):
                await socket.prepare(request)
                enter = _entered(await self._first_frame(socket))
                person = await self._who(request, enter)
            room = await self._rooms.get(request.match_info["id"])
            if request.transport is None:
                return socket
            page = _Page(person, enter.page, request.transport)
            await self._serve(room.record.id, self._stages.of(room), page, socket)
        except ConnectionError:
            if socket.prepared:
                await socket.close()
        except (ProtocolError, UserError) as problem:
            if not socket.prepared:
                raise
            await _refuse(socket, problem)
        return socket

    def say_closing(self) -> None:
        """Hang up on every page; each comes back by itself."""
        last = Leave(action="resume", code="restart", zh="服务正在重启，请稍候", en="the server restarts: one moment")
        for pages in list(self._pages.values()):
            for page in list(pages):
                page.send(last)
                page.hang_up()

    def send_away(self, meeting: str, person: str) -> None:
        """Hang up on the person's pages: the pass that let them in has ended."""
        for page in list(self._pages.get((meeting, person), ())):
            page.hang_up()

    async def _first_frame(self, socket: web.WebSocketResponse) -> bytes:
        try:
            async with asyncio.timeout(self._services.timing.hello_timeout_ms / 1000):
                frame = await socket.receive()
        except TimeoutError:
            raise ProtocolError("hello-timeout", "no `enter` in time") from None
        if frame.type is not WSMsgType.TEXT:
            raise ConnectionResetError
        return bytes(frame.data)

    async def _who(self, request: web.Request, enter: EnterLive) -> str:
        if enter.token is not None:
            return self._access.holder(request.match_info["id"], enter.token, self._services.sources.utc_ms())
        # The cookie is SameSite=Strict: no page of another site can open this socket with it.
        return STAFF_MARK + (await self._staff.require(request, *RUNNERS)).account

    async def _serve(self, meeting: str, stage: Stage, page: _Page, socket: web.WebSocketResponse) -> None:
        mine = self._pages.setdefault((meeting, page.person), [])
        mine.append(page)
        if len(mine) > (MOST_LIVE_STAFF if page.person.startswith(STAFF_MARK) else MOST_LIVE):
            mine.pop(0).hang_up()
        page.send(self._greeting(page.person))
        stage.enter(page)
        now_us = self._services.sources.monotonic_us
        bucket = Bucket(FRAMES_PER_S, FRAMES_BURST, FRAMES_BURST, now_us())
        try:
            while (frame := await socket.receive()).type is WSMsgType.TEXT:
                if not bucket.take(now_us()):
                    await asyncio.sleep(bucket.wait_s(now_us()))
                await _take(stage, page, frame.data)
        except ConnectionError:
            pass
        finally:
            stage.leave(page)
            if page in mine:
                mine.remove(page)
            if not mine:
                self._pages.pop((meeting, page.person), None)

    def _greeting(self, person: str) -> LiveEntered:
        servers = self._services.media.ice_servers(person)
        return LiveEntered(
            participant=person,
            ping_interval_ms=PING_INTERVAL_MS,
            ice_servers=tuple(msgspec.convert(server, IceServer) for server in servers),
        )


async def _take(stage: Stage, page: _Page, data: bytes) -> None:
    try:
        message = _decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as problem:
        page.send(Error(re=None, code="bad-message", zh="消息有误", en=str(problem)[:300]))
        return
    match message:
        case LivePing(sent_ms=sent_ms):
            page.send(LivePong(sent_ms=sent_ms))
        case Views():
            stage.show(page, message)
        case Offer() | CloseMedia():
            try:
                page.send(await _media(stage, page, message))
            except Exception as problem:
                page.send(error_message(message.re, problem, "live"))
        case _:
            page.send(Error(re=None, code="bad-message", zh="消息有误", en="`enter` comes once"))


async def _media(stage: Stage, page: _Page, message: Offer | CloseMedia) -> Message:
    if isinstance(message, CloseMedia):
        await stage.close_media(page, Direction(message.direction))
        return Done(re=message.re, seq=0)
    if len(message.sdp.encode()) > MAX_SDP_BYTES or len(message.tracks) > MAX_TRACKS:
        raise UserError("sdp-too-large", "媒体协商数据过大", "the offer is too large")
    return await stage.answer(page, message)


def _entered(frame: bytes) -> EnterLive:
    try:
        enter = _entering.decode(frame)
    except (msgspec.MsgspecError, UnicodeError) as problem:
        raise ProtocolError("hello-first", f"the first frame must be `enter`: {problem}") from None
    if enter.version != LIVE_PROTOCOL_VERSION:
        raise ProtocolError("version", f"this server speaks version {LIVE_PROTOCOL_VERSION}: reload the page")
    return enter


async def _refuse(socket: web.WebSocketResponse, problem: ProtocolError | UserError) -> None:
    zh, en = (
        (problem.zh, problem.en) if isinstance(problem, UserError) else ("连接方式有误，请刷新页面", problem.detail)
    )
    action: Literal["reconnect", "end"] = "reconnect" if problem.code == "hello-timeout" else "end"
    await socket.send_frame(_encoder.encode(Leave(action=action, code=problem.code, zh=zh, en=en)), WSMsgType.TEXT)
    await socket.close()
