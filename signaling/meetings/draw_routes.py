"""`/api/v1/meetings/{id}/draws/...`: commit, reveal, and all that anybody needs to draw again."""

from __future__ import annotations

from aiohttp import web

from signaling.http import body_of, reply
from signaling.meetings import draw_bodies as d
from signaling.meetings.doorkeeper import Doorkeeper
from signaling.meetings.draws import Draws


class DrawRoutes:
    """Handlers."""

    def __init__(self, door: Doorkeeper, draws: Draws) -> None:
        self._door = door
        self._draws = draws

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        base = "/api/v1/meetings/{id}/draws"
        return [
            web.get(base, self.all),
            web.post(base, self.commit),
            web.post(f"{base}/{{draw}}/reveal", self.reveal),
            web.get(f"{base}/{{draw}}/pool", self.pool),
        ]

    async def all(self, request: web.Request) -> web.Response:
        """Every draw; names of those who were drawn for those who run the meeting."""
        person, room = await self._door.anybody(request)
        return reply(await self._draws.all(room, named=person is None))

    async def commit(self, request: web.Request) -> web.Response:
        """Begin a draw: the commitment is in the log before anybody knows the public text."""
        _, room = await self._door.account(request)
        await self._draws.commit(room, await body_of(request, d.NewDraw))
        return reply(await self._draws.all(room, named=True), 201)

    async def reveal(self, request: web.Request) -> web.Response:
        """Draw, with the public text."""
        _, room = await self._door.account(request)
        body = await body_of(request, d.Revealed)
        await self._draws.reveal(room, request.match_info["draw"], body.public)
        return reply(await self._draws.all(room, named=True))

    async def pool(self, request: web.Request) -> web.Response:
        """Ids of those who are drawn from, by place."""
        _, room = await self._door.anybody(request)
        return reply(await self._draws.pool(room, request.match_info["draw"]))
