"""The player of a session's newest package, without carrying the package home first."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from aiohttp import web

from hearing.errors import UserError
from signaling.bodies import ExportJob, PlayerAddress
from signaling.http import reply
from signaling.record.exports import Exports
from signaling.sessions.desk import SessionDesk
from signaling.staff.routes import StaffDesk

PLAYER = "data/player/index.html"

_POLICY = (
    "default-src 'none'; media-src 'self' blob:; img-src 'self' data:; style-src 'unsafe-inline'; "
    "script-src {scripts}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Only the player runs a script. It carries it inside and names it by hash in a policy of its own, which holds
besides this one: it opens from a folder too."""


class PlayerRoutes:
    """For the court's own people who may read the session (`SessionDesk.check_reads`)."""

    def __init__(self, desk: StaffDesk, sessions: SessionDesk, exports: Exports) -> None:
        self._desk = desk
        self._sessions = sessions
        self._exports = exports

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        return [
            web.get("/api/v1/sessions/{id}/player", self.player),
            web.get("/api/v1/exports/{job}/files/{path:.+}", self.file),
        ]

    async def player(self, request: web.Request) -> web.Response:
        """Where the player of the newest package is; `?at_ms=` is the moment it begins with."""
        session = request.match_info["id"]
        await self._sessions.check_reads(await self._desk.require(request), session)
        at = request.query.get("at_ms", "0")
        if not (at.isascii() and at.isdecimal()) or len(at) > 15:
            raise UserError("bad-span", "参数 at_ms 须为毫秒数", "at_ms must be a number of milliseconds")
        made = [job for job in await self._exports.of(session) if _is_whole(job)]
        if not made:
            raise UserError("no-package", "该庭次尚未导出案卷包", "no package of this session was made yet")
        return reply(PlayerAddress(url=f"/api/v1/exports/{made[-1].job}/files/{PLAYER}#t={at}"))

    async def file(self, request: web.Request) -> web.StreamResponse:
        """One file of a package, in parts where they are asked for."""
        account = await self._desk.require(request)
        job = request.match_info["job"]
        await self._sessions.check_reads(account, self._exports.job(job).session)
        return await package_file(self._exports.package(job).folder, request.match_info["path"])


async def package_file(folder: Path, name: str) -> web.FileResponse:
    """A file of the package in this folder, which only as the player runs a script. Raises UserError `not-found`."""
    response = web.FileResponse(await asyncio.to_thread(_inside, folder, name))
    scripts = "'unsafe-inline'" if name == PLAYER else "'none'"
    response.headers["Content-Security-Policy"] = _POLICY.format(scripts=scripts)
    return response


def _is_whole(job: ExportJob) -> bool:
    """A finished package of the whole record."""
    return job.done and job.error is None and job.edition == "court" and job.case_no is None


def _inside(folder: Path, name: str) -> Path:
    """The file of that name in the folder. Blocks. Raises UserError `not-found` for any other."""
    path = folder
    # Who asked decided by the name: steps back would make it another file of the package.
    if not {"", ".", ".."} & set(name.split("/")):
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            path = (folder / name).resolve(strict=True)
    if not (path.is_relative_to(folder.resolve()) and path.is_file()):
        raise UserError("not-found", "案卷包中没有这个文件", "there is no such file in the package")
    return path
