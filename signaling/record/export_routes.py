"""`/api/v1/sessions/{id}/exports` and `/api/v1/exports/...`: making and downloading record packages."""

from __future__ import annotations

from aiohttp import web

from signaling.bodies import ExportStarted, NewExport
from signaling.http import body_of, reply
from signaling.record.exports import Exports, zip_stream
from signaling.staff.routes import StaffDesk


class ExportRoutes:
    """Handlers; clerks and operators only."""

    def __init__(self, desk: StaffDesk, exports: Exports) -> None:
        self._desk = desk
        self._exports = exports

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        return [
            web.post("/api/v1/sessions/{id}/exports", self.start),
            web.get("/api/v1/sessions/{id}/exports", self.of_session),
            web.get("/api/v1/exports/{job}", self.job),
            web.get("/api/v1/exports/{job}/package.zip", self.download),
        ]

    async def start(self, request: web.Request) -> web.Response:
        """Queue an export."""
        account = await self._desk.require(request, "clerk", "operator")
        body = await body_of(request, NewExport)
        job = await self._exports.start(
            request.match_info["id"], body.edition, account.account, account.name, body.case_no
        )
        return reply(ExportStarted(job=job), 202)

    async def of_session(self, request: web.Request) -> web.Response:
        """Jobs and packages of a session."""
        await self._desk.require(request, "clerk", "operator")
        return reply(await self._exports.of(request.match_info["id"]))

    async def job(self, request: web.Request) -> web.Response:
        """How far it is."""
        await self._desk.require(request, "clerk", "operator")
        return reply(self._exports.job(request.match_info["job"]))

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The package as a ZIP, streamed."""
        await self._desk.require(request, "clerk", "operator")
        package = self._exports.package(request.match_info["job"])
        response = web.StreamResponse(
            headers={
                "Content-Type": "application/zip",
                "Content-Disposition": f'attachment; filename="{package.folder.name}.zip"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            }
        )
        await response.prepare(request)
        chunks = zip_stream(package.folder)
        try:
            async for chunk in chunks:
                await response.write(chunk)
        finally:
            await chunks.aclose()  # type: ignore[attr-defined]
        await response.write_eof()
        return response
