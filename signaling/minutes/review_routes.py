"""`/api/v1/sessions/{id}/minutes` and `.../signatures`: read the minutes, hand in the picture of one's signature."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from aiohttp import web

from hearing.errors import Refused, UserError
from records.sealing.signatures import check_picture
from signaling.admission import Admission
from signaling.courtroom import Courtroom
from signaling.http import bearer_of, read_body, reply
from signaling.limits import Limiter
from signaling.minutes.review_messages import PictureKept
from signaling.rooms import Rooms

_SHA256 = re.compile(r"[0-9a-f]{64}")


class ReviewRoutes:
    """With the session credential of one's `welcome`."""

    def __init__(self, admission: Admission, rooms: Rooms, monotonic_us: Callable[[], int]) -> None:
        self._admission = admission
        self._rooms = rooms
        self._uses = Limiter(1.0, 30, monotonic_us)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        one = "/api/v1/sessions/{id}"
        return [
            web.get(f"{one}/minutes", self.minutes),
            web.post(f"{one}/signatures", self.hand_in),
            web.get(f"{one}/signatures/{{sha256}}", self.picture),
        ]

    async def minutes(self, request: web.Request) -> web.Response:
        """The minutes as they read now, with what was asked and decided about them."""
        room, participant = await self._who(request)
        return reply(room.review.minutes(participant))

    async def hand_in(self, request: web.Request) -> web.Response:
        """The picture of one's own signature, before `minutes_sign`."""
        room, participant = await self._who(request)
        room.review.check_may_hand_in(participant)
        picture = await read_body(request)
        await asyncio.to_thread(check_picture, picture)
        return reply(PictureKept(sha256=await room.review.shelf.hand_in(participant, picture)))

    async def picture(self, request: web.Request) -> web.Response:
        """The picture of a signature: one's own, the court's people anybody's."""
        room, participant = await self._who(request)
        sha256 = request.match_info["sha256"]
        if not _SHA256.fullmatch(sha256):
            raise Refused("no-picture", "没有这个签名", "there is no such signature")
        return web.Response(body=await room.review.picture(participant, sha256), content_type="image/png")

    async def _who(self, request: web.Request) -> tuple[Courtroom, str]:
        session, participant = await self._admission.check_credential(bearer_of(request) or "")
        await self._admission.check_welcome(session, participant)
        if session != request.match_info["id"]:
            raise Refused("no-right", "您不在此庭次中", "you are not in this session")
        if not self._uses.take(f"{session}.{participant}"):
            raise UserError("too-many", "操作过于频繁，请稍候", "too many requests: slow down")
        return await self._rooms.get(session), participant
