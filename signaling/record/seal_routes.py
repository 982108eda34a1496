"""`GET /api/v1/sessions/{id}/seal`: what a record still lacks, its incidents, and its seals."""

from __future__ import annotations

from aiohttp import web

from signaling.http import reply
from signaling.record.seal_desk import SealDesk
from signaling.sessions.desk import SessionDesk
from signaling.staff.routes import StaffDesk


class SealRoutes:
    """For whoever may read the session; what is done about it goes over the WebSocket (`hearing.seal_commands`)."""

    def __init__(self, desk: StaffDesk, sessions: SessionDesk, seal: SealDesk) -> None:
        self._desk = desk
        self._sessions = sessions
        self._seal = seal

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        return [web.get("/api/v1/sessions/{id}/seal", self.view)]

    async def view(self, request: web.Request) -> web.Response:
        """The pre-flight list, incidents with their statements, seals, and the seal that is being made."""
        account = await self._desk.require(request)
        session = request.match_info["id"]
        await self._sessions.check_reads(account, session)
        return reply(await self._seal.view(session))
