"""`/api/v1/meetings/{id}/notices/...`: creditors read theirs; those who run the meeting see who was told, and how."""

from __future__ import annotations

import asyncio

from aiohttp import web

from hearing.errors import UserError
from signaling.http import body_of, reply
from signaling.meetings import notice_bodies as n
from signaling.meetings.doorkeeper import WRITERS, Doorkeeper
from signaling.meetings.links import Links
from signaling.meetings.notice_sheets import evidence_sheet, outbox_sheet
from signaling.meetings.notices import Notices, principals_of
from signaling.meetings.outputs import PAPERS, TABLES, round_of, write_paper, write_table
from signaling.meetings.room import MeetingRoom
from signaling.meetings.scratch import scratch
from signaling.meetings.transfer import send_file
from voting.round import Round
from voting.sheets import Sheet


class NoticeRoutes:
    """Handlers."""

    def __init__(self, door: Doorkeeper, notices: Notices, links: Links) -> None:
        self._door = door
        self._notices = notices
        self._links = links
        self._one_at_a_time = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        base = "/api/v1/meetings/{id}/notices"
        one = f"{base}/{{motion}}/{{round:[12]}}"
        return [
            web.get(base, self.mine),
            web.get(f"{base}/board", self.board),
            web.get(one, self.show, allow_head=False),
            web.get(f"{one}/paper.{{kind:{'|'.join(PAPERS)}}}", self.paper, allow_head=False),
            web.post(f"{one}/deliveries", self.deliver),
            web.get(f"{one}/evidence.{{kind:{'|'.join(TABLES)}}}", self.evidence),
            web.get(f"{one}/outbox.csv", self.outbox),
        ]

    async def mine(self, request: web.Request) -> web.Response:
        """The creditor's notices, and those of their principals."""
        person, room = await self._door.creditor(request)
        return reply(await self._notices.mine(room, person))

    async def show(self, request: web.Request) -> web.Response:
        """A notice; from now on it counts as shown."""
        person, room = await self._door.creditor(request)
        creditor = _whose(request, room, person)
        return reply(await self._notices.show(room, _asked(request, room), creditor, person))

    async def paper(self, request: web.Request) -> web.StreamResponse:
        """A notice to print: a creditor's own counts as shown; for the court's people that of `creditor`."""
        person, room = await self._door.anybody(request)
        round_ = _asked(request, room)
        if person is None:
            creditor = request.query.get("creditor", "")
        else:
            creditor = _whose(request, room, person)
            await self._notices.show(room, round_, creditor, person)
        notice = await self._notices.of(room, round_, creditor)
        kind = request.match_info["kind"]
        async with scratch() as folder:
            file = folder / "notice"
            async with self._one_at_a_time:
                await asyncio.to_thread(write_paper, file, notice, kind)
            return await send_file(request, file, f"表决结果告知书-{creditor}.{kind}", PAPERS[kind][0])

    async def board(self, request: web.Request) -> web.Response:
        """How far creditors were told of each result, and until when they have to be."""
        _, room = await self._door.account(request)
        return reply(await self._notices.board(room))

    async def deliver(self, request: web.Request) -> web.Response:
        """What was done to tell creditors: handed over, sent, published, come back."""
        account, room = await self._door.account(request, *WRITERS)
        body = await body_of(request, n.Delivered)
        await self._notices.deliver(room, _asked(request, room), body, account.account)
        return reply(await self._notices.board(room))

    async def evidence(self, request: web.Request) -> web.StreamResponse:
        """送达证据: who was told what, how and when."""
        _, room = await self._door.account(request)
        maker, values = await self._notices.told(room, _asked(request, room))
        sheet = evidence_sheet(maker.told, maker.register, maker.of, values)
        return await self._send(request, sheet, "送达证据", request.match_info["kind"])

    async def outbox(self, request: web.Request) -> web.StreamResponse:
        """Who was not reached yet, with telephone and link, for the court's message service."""
        _, room = await self._door.account(request, *WRITERS)
        round_ = _asked(request, room)
        maker, values = await self._notices.told(room, round_)
        what = f"{room.record.case_no}：“{round_.opened.title}”"
        text = f"【{room.record.court}】{what}表决结果已公布，请打开链接查看告知书。"
        base = self._links.base(request, room)
        sheet = outbox_sheet(maker.told, maker.register, lambda each: self._links.of(base, room, each), text, values)
        return await self._send(request, sheet, "待告知名单", "csv")

    async def _send(self, request: web.Request, sheet: Sheet, name: str, kind: str) -> web.StreamResponse:
        info = request.match_info
        async with scratch() as folder:
            file = folder / "table"
            async with self._one_at_a_time:
                await asyncio.to_thread(write_table, file, [sheet], kind)
            return await send_file(request, file, f"{name}-{info['motion']}-{info['round']}.{kind}", TABLES[kind])


def _asked(request: web.Request, room: MeetingRoom) -> Round:
    return round_of(room, request.match_info["motion"], request.match_info["round"])


def _whose(request: web.Request, room: MeetingRoom, person: str) -> str:
    """The person, or a principal named in the query. Raises UserError `no-notice`."""
    creditor = request.query.get("creditor", person)
    if creditor != person and creditor not in principals_of(room.hall.meeting, person):
        raise UserError("no-notice", "没有给您的告知书", "there is no notice for you here")
    return creditor
