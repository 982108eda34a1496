"""`/meetings/{id}/ws`: a creditor's page in a meeting, from its pass to its ballots."""

from __future__ import annotations

import asyncio
from typing import Literal

import msgspec
from aiohttp import web

from hearing.errors import ProtocolError, UserError
from signaling.errors import error_message
from signaling.http import Senders
from signaling.meetings import messages as m
from signaling.meetings.access import Access
from signaling.meetings.crowd import Crowd
from signaling.meetings.room import MeetingRoom
from signaling.meetings.visit import Tools, Visit
from signaling.meetings.wire import Wire
from signaling.socket.frames import frame
from signaling.socket.upgraded import Upgraded, upgrade

BEAT_INTERVAL_MS = 20_000
MOST_WIRES = 4
"""Sockets of one person; one more ends the oldest."""

_encoder = msgspec.json.Encoder()
_entering = msgspec.json.Decoder(m.Enter)


class MeetingSocket:
    """Accepts the sockets of all meetings."""

    def __init__(self, tools: Tools, access: Access, senders: Senders, crowd: Crowd) -> None:
        self._tools = tools
        self._access = access
        self._senders = senders
        self._crowd = crowd
        self._wires: dict[tuple[str, str], list[Wire]] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """aiohttp handler of `GET /meetings/{id}/ws`."""
        page: Upgraded | None = None
        try:
            with self._crowd.knock(self._senders.prefix(request)):
                page = await upgrade(request, 2 * m.MAX_FRAME_BYTES)
                person = self._holder(request.match_info["id"], await self._first_frame(page))
            room = await self._tools.rooms.get(request.match_info["id"])
            wire = Wire(person, page.transport, await self._tools.reads.of(room.record.id, person))
            await self._serve(room, wire, page)
        except Exception as problem:
            if page is None:
                raise
            if isinstance(problem, ConnectionError):
                page.transport.close()
            else:
                await _refuse(page, problem)
        return page.response

    def send_away(self, meeting: str, person: str) -> None:
        """Hang up on the person's pages: the pass that let them in has ended."""
        for wire in list(self._wires.get((meeting, person), ())):
            wire.hang_up()

    async def _first_frame(self, page: Upgraded) -> bytes:
        try:
            async with asyncio.timeout(self._tools.services.timing.hello_timeout_ms / 1000):
                return await page.first()
        except TimeoutError:
            raise ProtocolError("hello-timeout", "no `enter` in time") from None

    def _holder(self, meeting: str, frame: bytes) -> str:
        try:
            enter = _entering.decode(frame)
        except (msgspec.MsgspecError, UnicodeError) as problem:
            raise ProtocolError("hello-first", f"the first frame must be `enter`: {problem}") from None
        if enter.version != m.MEETING_PROTOCOL_VERSION:
            raise ProtocolError(
                "version", f"this server speaks version {m.MEETING_PROTOCOL_VERSION}: reload the page"
            )
        return self._access.holder(meeting, enter.token, self._tools.services.sources.utc_ms())

    async def _serve(self, room: MeetingRoom, wire: Wire, page: Upgraded) -> None:
        mine = self._wires.setdefault((room.record.id, wire.person), [])
        mine.append(wire)
        if len(mine) > MOST_WIRES:
            mine.pop(0).hang_up()
        wire.send(_encoder.encode(self._entered(room, wire)))
        if room.hall.log.head is not None:
            # What the page saw at an earlier visit is compared at once, not when the next head comes.
            wire.offer(_encoder.encode(m.HeadSigned(head=msgspec.Raw(room.hall.log.head))))
        room.enter(wire)
        try:
            await page.serve(Visit(self._tools, room, wire).take)
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
            utc_ms=self._tools.services.sources.utc_ms(),
            court_key=self._tools.services.court_key.public_bytes.hex(),
            version=self._tools.services.version,
        )


async def _refuse(page: Upgraded, problem: Exception) -> None:
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
    if not page.transport.is_closing():
        page.transport.write(frame(_encoder.encode(last)))
    await page.say_goodbye()
