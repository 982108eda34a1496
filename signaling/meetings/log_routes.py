"""`GET /api/v1/meetings/{id}/log.jsonl` and `anchors.jsonl`: the ballot log and the evidence of its anchors as files,
for `yunting verify` and the `/verify` page."""

from __future__ import annotations

import asyncio

from aiohttp import web

from hearing.errors import UserError
from signaling.http import bearer_of
from signaling.meetings.access import Access
from signaling.meetings.doorkeeper import RUNNERS
from signaling.meetings.room import MeetingRoom
from signaling.meetings.rooms import MeetingRooms
from signaling.meetings.scratch import scratch
from signaling.meetings.transfer import send_file
from signaling.services import Services
from signaling.staff.routes import StaffDesk
from voting.anchors.proofs import Proofs
from voting.log_export import Edition, NothingToExport, export_log

MOST_WAITING = 8
"""Exports that wait for the one that is being written; one more is told to come back."""


class LogRoutes:
    """Handlers. The court's edition is for accounts, and never while a motion is open: it says who voted what. The
    public one is for everybody in the meeting."""

    def __init__(self, services: Services, staff: StaffDesk, rooms: MeetingRooms, access: Access) -> None:
        self._services = services
        self._staff = staff
        self._rooms = rooms
        self._access = access
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        one = "/api/v1/meetings/{id}"
        return [web.get(f"{one}/log.jsonl", self.download), web.get(f"{one}/anchors.jsonl", self.anchors)]

    async def anchors(self, request: web.Request) -> web.Response:
        """What came back from outside for the log's heads (docs/ballot-log.md, section 10). For whoever may have the
        public log, to be fetched after it is: a head beyond the log is an alarm."""
        room = await self._enter(request, Edition.PUBLIC)
        body = await Proofs(self._services.store).lines(room.record.id)
        name = f"anchors-{room.record.id}.jsonl"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return web.Response(body=body, content_type="application/jsonl", headers=disposition)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The log as of its newest head; `edition=court` or `public` (the default)."""
        edition = request.query.get("edition", "public")
        if edition not in {each.value for each in Edition}:
            raise UserError("edition-unknown", "版本应为 court 或 public", "the edition is court or public")
        room = await self._enter(request, Edition(edition))
        if self._waiting >= MOST_WAITING:
            raise UserError("busy", "正在导出，请稍后再试", "others are exporting: try again shortly")
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                return await self._send(request, room, Edition(edition))
        finally:
            self._waiting -= 1

    async def _enter(self, request: web.Request, edition: Edition) -> MeetingRoom:
        meeting = request.match_info["id"]
        if edition is Edition.PUBLIC and (token := bearer_of(request)) is not None:
            self._access.holder(meeting, token, self._services.sources.utc_ms())
            return await self._rooms.get(meeting)
        await self._staff.require(request, *RUNNERS)
        room = await self._rooms.get(meeting)
        if edition is Edition.COURT and room.hall.meeting.open_rounds:
            raise UserError(
                "motion-open",
                "表决进行中，不能导出法院版日志：截止前任何人不得查看投票内容",
                "a motion is open: nobody may see what was voted before it is closed",
            )
        return room

    async def _send(self, request: web.Request, room: MeetingRoom, edition: Edition) -> web.StreamResponse:
        meeting = room.record.id
        async with scratch() as folder:
            path = folder / "ballot-log.jsonl"
            try:
                await export_log(
                    self._services.ballots, meeting, room.hall.meeting.rolls, self._services.court_key, edition, path
                )
            except NothingToExport:
                raise UserError("no-log", "表决日志尚未开始", "the log has not begun") from None
            name = f"ballot-log-{meeting}-{edition.value}.jsonl"
            return await send_file(request, path, name, "application/jsonl")
