"""`/api/v1/meetings/{id}/packages/...`: the sealed package of a meeting, for the court and who runs its export."""

from __future__ import annotations

from aiohttp import web

from signaling.http import reply, secure
from signaling.meetings.doorkeeper import COURT, Doorkeeper
from signaling.meetings.package import MeetingPackages
from signaling.meetings.packing import Packing
from signaling.meetings.transfer import disposition
from signaling.record.exports import zip_stream


class PackageRoutes:
    """Handlers. The package says who voted what: it is the court's."""

    def __init__(self, door: Doorkeeper, packages: MeetingPackages, packing: Packing) -> None:
        self._door = door
        self._packages = packages
        self._packing = packing

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        base = "/api/v1/meetings/{id}/packages"
        return [
            web.get(base, self.all),
            web.post(base, self.make),
            web.get(f"{base}/jobs", self.jobs),
            web.get(f"{base}/jobs/{{job}}", self.job),
            web.get(f"{base}/{{package}}.zip", self.download, allow_head=False),
        ]

    async def all(self, request: web.Request) -> web.Response:
        """Finished packages."""
        _, room = await self._door.account(request, *COURT)
        return reply(await self._packages.of(room.record.id))

    async def make(self, request: web.Request) -> web.Response:
        """Begin a package of the meeting as it stands: its job, which says when it is sealed and checked."""
        account, room = await self._door.account(request, "clerk", "operator")
        return reply(self._packing.start(room, account.account), 202)

    async def jobs(self, request: web.Request) -> web.Response:
        """What was begun since the server started."""
        _, room = await self._door.account(request, *COURT)
        return reply(self._packing.of(room.record.id))

    async def job(self, request: web.Request) -> web.Response:
        """How far one is."""
        _, room = await self._door.account(request, *COURT)
        return reply(self._packing.job(room.record.id, request.match_info["job"]))

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The package as a ZIP, streamed."""
        _, room = await self._door.account(request, *COURT)
        folder = await self._packages.folder(room.record.id, request.match_info["package"])
        response = web.StreamResponse(headers={"Content-Disposition": disposition(f"{folder.name}.zip")})
        response.content_type = "application/zip"
        secure(request, response)
        await response.prepare(request)
        chunks = zip_stream(folder)
        try:
            async for chunk in chunks:
                await response.write(chunk)
        finally:
            await chunks.aclose()  # type: ignore[attr-defined]
        await response.write_eof()
        return response
