"""`/api/v1/sessions/{id}/exhibits`: hand in a file, read the register, open an exhibit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from hearing.errors import Refused, UserError
from records.exhibit_kinds import MEDIA_TYPES
from signaling.admission import Admission
from signaling.courtroom import Courtroom
from signaling.http import BODY_TIMEOUT_S, bearer_of, reply
from signaling.limits import Limiter
from signaling.rooms import Rooms

MOST_DIGITS = 4


class ExhibitRoutes:
    """With the session credential of one's `welcome`. What is done to an exhibit is a command on the WebSocket."""

    def __init__(self, admission: Admission, rooms: Rooms, monotonic_us: Callable[[], int]) -> None:
        self._admission = admission
        self._rooms = rooms
        self._uses = Limiter(2.0, 40, monotonic_us)
        self._uploads = Limiter(0.2, 30, monotonic_us)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        one = "/api/v1/sessions/{id}/exhibits"
        return [
            web.get(one, self.listed),
            web.post(f"{one}/files", self.hand_in),
            web.get(f"{one}/{{number}}/file", self.file),
            web.get(f"{one}/{{number}}/pages/{{page}}", self.page),
        ]

    async def listed(self, request: web.Request) -> web.Response:
        """Those that one may see."""
        room, participant = await self._who(request, self._uses)
        return reply(room.exhibits.listed(participant))

    async def hand_in(self, request: web.Request) -> web.Response:
        """The body is the file; before `exhibit_submit`."""
        room, participant = await self._who(request, self._uploads)
        return reply(await room.exhibits.hand_in(participant, _parts(request)), 201)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The file itself, for a page to show. What comes short of its length ends the connection."""
        room, participant = await self._who(request, self._uses)
        number = _number(request, "number")
        exhibit, parts = room.exhibits.file(participant, number)
        async with contextlib.aclosing(parts):
            # What is wrong with the file can be said only before its first byte.
            first = await anext(parts, b"")
            told = exhibit.submitted
            response = web.StreamResponse()
            response.content_type = MEDIA_TYPES[told.kind]
            response.content_length = told.size_bytes
            response.headers["Content-Disposition"] = f'attachment; filename="{number}.{told.kind}"'
            await response.prepare(request)
            await response.write(first)
            async for part in parts:
                await response.write(part)
            await response.write_eof()
        return response

    async def page(self, request: web.Request) -> web.Response:
        """A page of a PDF, drawn here: a stranger's file is opened in no browser that did not ask for it."""
        room, participant = await self._who(request, self._uses)
        jpeg = await room.exhibits.page(participant, _number(request, "number"), _number(request, "page"))
        return web.Response(body=jpeg, content_type="image/jpeg")

    async def _who(self, request: web.Request, uses: Limiter) -> tuple[Courtroom, str]:
        session, participant = await self._admission.check_credential(bearer_of(request) or "")
        await self._admission.check_welcome(session, participant)
        if session != request.match_info["id"]:
            raise Refused("no-right", "您不在此庭次中", "you are not in this session")
        if not uses.take(f"{session}.{participant}"):
            raise UserError("too-many", "操作过于频繁，请稍候", "too many requests: slow down")
        return await self._rooms.get(session), participant


def _number(request: web.Request, name: str) -> int:
    text = request.match_info[name]
    if not (text.isascii() and text.isdecimal()) or len(text) > MOST_DIGITS:
        raise Refused("unknown-exhibit", "没有这份证据", "there is no such exhibit")
    return int(text)


async def _parts(request: web.Request) -> AsyncIterator[bytes]:
    try:
        while True:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                part = await request.content.readany()
            if not part:
                return
            yield part
    except TimeoutError:
        raise UserError("too-slow", "文件接收超时", "the file did not arrive in time") from None
