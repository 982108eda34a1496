"""`/api/v1/meetings/{id}/...`: resolution, tally and minutes as papers, tally and named list as tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from hearing.errors import UserError
from records.writing.minutes import Minutes
from signaling.meetings.doorkeeper import COURT, Doorkeeper
from signaling.meetings.outputs import (
    PAPERS,
    TABLES,
    Outputs,
    check_announced,
    round_of,
    write_paper,
    write_table,
)
from signaling.meetings.room import MeetingRoom
from signaling.meetings.scratch import scratch
from signaling.meetings.transfer import send_file
from voting.round import Round
from voting.sheets import Sheet

MOST_WAITING = 16
"""Papers that wait for the one that is being made; one more is told to come back."""
_PAPER = f"{{kind:{'|'.join(PAPERS)}}}"
_TABLE = f"{{kind:{'|'.join(TABLES)}}}"


class OutputRoutes:
    """Handlers. One paper is made at a time: a named list of a hundred thousand takes seconds of a thread."""

    def __init__(self, door: Doorkeeper, outputs: Outputs) -> None:
        self._door = door
        self._outputs = outputs
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        one = "/api/v1/meetings/{id}"
        vote = f"{one}/motions/{{motion}}/{{round:[12]}}"
        return [
            web.get(f"{one}/minutes.{_PAPER}", self.minutes),
            web.get(f"{vote}/resolution.{_PAPER}", self.resolution),
            web.get(f"{vote}/tally.{_PAPER}", self.tally),
            web.get(f"{vote}/tally.{_TABLE}", self.tally_table),
            web.get(f"{vote}/named.{_TABLE}", self.named),
        ]

    async def minutes(self, request: web.Request) -> web.StreamResponse:
        """会议记录."""
        _, room = await self._door.account(request)
        return await self._paper(request, "会议记录", lambda: self._outputs.minutes(room))

    async def resolution(self, request: web.Request) -> web.StreamResponse:
        """决议 on one motion; for creditors once it is announced."""
        person, room = await self._door.anybody(request)
        round_ = _asked(request, room)
        if person is not None:
            check_announced(round_)
        return await self._paper(request, "决议", lambda: self._outputs.resolution(room, round_))

    async def tally(self, request: web.Request) -> web.StreamResponse:
        """表决统计表 as a paper."""
        _, room = await self._door.account(request)
        round_ = _asked(request, room)
        return await self._paper(request, "表决统计表", lambda: self._outputs.tally(room, round_))

    async def tally_table(self, request: web.Request) -> web.StreamResponse:
        """表决统计表 for a spreadsheet."""
        _, room = await self._door.account(request)
        round_ = _asked(request, room)
        return await self._table(request, "表决统计表", lambda: self._outputs.tally_sheets(room, round_))

    async def named(self, request: web.Request) -> web.StreamResponse:
        """记名表决表: for the court alone."""
        _, room = await self._door.account(request, *COURT)
        round_ = _asked(request, room)
        return await self._table(request, "记名表决表", lambda: self._outputs.named(room, round_))

    async def _paper(
        self, request: web.Request, name: str, produce: Callable[[], Awaitable[Minutes]]
    ) -> web.StreamResponse:
        kind = request.match_info["kind"]
        async with scratch() as folder:
            file = folder / "paper"
            async with self._turn():
                paper = await produce()
                await asyncio.to_thread(write_paper, file, paper, kind)
            return await send_file(request, file, _name(request, name, draft=paper.draft), PAPERS[kind][0])

    async def _table(
        self, request: web.Request, name: str, produce: Callable[[], Awaitable[list[Sheet]]]
    ) -> web.StreamResponse:
        kind = request.match_info["kind"]
        async with scratch() as folder:
            file = folder / "table"
            async with self._turn():
                await asyncio.to_thread(write_table, file, await produce(), kind)
            return await send_file(request, file, _name(request, name), TABLES[kind])

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= MOST_WAITING:
            raise UserError("busy", "正在生成文书，请稍后再试", "papers are being made: try again shortly")
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                yield
        finally:
            self._waiting -= 1


def _asked(request: web.Request, room: MeetingRoom) -> Round:
    return round_of(room, request.match_info["motion"], request.match_info["round"])


def _name(request: web.Request, name: str, *, draft: bool = False) -> str:
    info = request.match_info
    parts = (name, info.get("motion", ""), info.get("round", ""), "草稿" if draft else "")
    return f"{'-'.join(filter(None, parts))}.{info['kind']}"
