"""The links that people of a meeting come by: all of them as a table, and another one for whoever lost theirs."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable

from aiohttp import web

from hearing.errors import UserError
from signaling.http import reply
from signaling.meetings import bodies as b
from signaling.meetings.book import MeetingBook
from signaling.meetings.doorkeeper import WRITERS, Doorkeeper
from signaling.meetings.links import Links
from signaling.meetings.room import MeetingRoom
from voting.sheets import csv_text


class LinkRoutes:
    """`send_away` closes every page of a person of a meeting; they come back and sign in."""

    def __init__(
        self, door: Doorkeeper, book: MeetingBook, links: Links, send_away: Callable[[str, str], None]
    ) -> None:
        self._door = door
        self._book = book
        self._links = links
        self._send_away = send_away

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        one = "/api/v1/meetings/{id}"
        return [
            web.get(f"{one}/links.csv", self.table),
            web.post(f"{one}/people/{{person}}/link", self.replace),
        ]

    async def table(self, request: web.Request) -> web.Response:
        """Every creditor's link, for the messages that invite them."""
        _, room = await self._door.account(request, *WRITERS)
        base = self._links.base(request, room)
        text = await asyncio.to_thread(self._csv, base, room)
        headers = {"Content-Disposition": 'attachment; filename="links.csv"'}
        return web.Response(body=text.encode("utf-8-sig"), content_type="text/csv", charset="utf-8", headers=headers)

    async def replace(self, request: web.Request) -> web.Response:
        """Another link for a creditor or an agent, as after a telephone was lost: the old one and every pass that was
        given for it have ended when this is answered. Votes and presence stand. UserError `unknown-creditor`."""
        _, room = await self._door.account(request, *WRITERS)
        person = request.match_info["person"]
        if person not in room.register and person not in room.agents:
            raise UserError("unknown-creditor", "没有此债权人或代理人", "nobody of the meeting has this id")
        await self._book.replace_link(room.record.id, person)
        self._send_away(room.record.id, person)
        return reply(
            b.NewLink(person=person, link=self._links.of(self._links.base(request, room), room, person)), 201
        )

    def _csv(self, base: str, room: MeetingRoom) -> str:
        out = io.StringIO()
        rows = csv.writer(out)
        rows.writerow(("债权人编号", "名称", "手机号", "链接"))
        for creditor, person in room.register.items():
            link = self._links.of(base, room, creditor)
            rows.writerow((*map(csv_text, (creditor, person.name, person.phone)), link))
        return out.getvalue()
