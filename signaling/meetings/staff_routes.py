"""`/api/v1/meetings/...` for administrator, chair, judge and clerk."""

from __future__ import annotations

from aiohttp import web

from signaling.http import body_of, reply
from signaling.meetings import bodies as b
from signaling.meetings.book import MeetingBook
from signaling.meetings.console import console, find_creditors, pending
from signaling.meetings.desk import MeetingDesk
from signaling.meetings.doorkeeper import RUNNERS
from signaling.meetings.links import Links
from signaling.meetings.roll_desk import RollDesk
from signaling.meetings.room import MeetingRoom
from signaling.meetings.rooms import MeetingRooms
from signaling.meetings.scratch import scratch
from signaling.meetings.show import state_of
from signaling.meetings.stages import Stages
from signaling.meetings.transfer import save_body
from signaling.services import Services
from signaling.staff.routes import StaffDesk

MAX_TABLE_BYTES = 256 << 20


class MeetingRoutes:
    """Handlers."""

    def __init__(
        self,
        services: Services,
        staff: StaffDesk,
        desk: MeetingDesk,
        rooms: MeetingRooms,
        stages: Stages,
        book: MeetingBook,
        rolls: RollDesk,
        links: Links,
    ) -> None:
        self._services = services
        self._staff = staff
        self._desk = desk
        self._rooms = rooms
        self._stages = stages
        self._book = book
        self._rolls = rolls
        self._links = links

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        base = "/api/v1/meetings"
        one = f"{base}/{{id}}"
        return [
            web.get(base, self.listed),
            web.post(base, self.create),
            web.get(one, self.detail),
            web.post(f"{one}/roll", self.import_roll),
            web.get(f"{one}/roll/progress", self.roll_progress),
            web.post(f"{one}/motions", self.add_motion),
            web.post(f"{one}/doors", self.doors),
            web.post(f"{one}/acts", self.act),
            web.post(f"{one}/acts/withdraw", self.withdraw),
            web.post(f"{one}/exclusions", self.exclude),
            web.post(f"{one}/mandates", self.give_mandate),
            web.delete(f"{one}/mandates/{{mandate}}", self.revoke_mandate),
            web.post(f"{one}/presence", self.certify),
            web.post(f"{one}/papers", self.key_paper),
            web.post(f"{one}/speaker", self.give_floor),
            web.get(f"{one}/creditors", self.creditors),
        ]

    async def listed(self, request: web.Request) -> web.Response:
        """All meetings."""
        await self._staff.require(request, *RUNNERS)
        rows = []
        for record in await self._book.all():
            room = self._rooms.live(record.id)
            if room is None and not record.state:
                room = await self._rooms.get(record.id)
            rows.append(
                b.MeetingRow(
                    id=record.id,
                    court=record.court,
                    case_no=record.case_no,
                    title=record.title,
                    scheduled_utc_ms=record.scheduled_utc_ms,
                    state=record.state if room is None else state_of(room.hall.meeting),
                )
            )
        return reply(rows)

    async def create(self, request: web.Request) -> web.Response:
        """A new meeting."""
        account = await self._staff.require(request, *RUNNERS)
        record = await self._desk.create(await body_of(request, b.NewMeeting), account.account)
        return reply(await self._console(await self._rooms.get(record.id)), 201)

    async def detail(self, request: web.Request) -> web.Response:
        """The meeting's console."""
        _, room = await self._enter(request)
        return reply(await self._console(room))

    async def import_roll(self, request: web.Request) -> web.Response:
        """The creditors' table, csv or xlsx, as the body. Nothing is imported when rows are refused, unless
        `accept_refusals=1`."""
        _, room = await self._enter(request)
        accept = request.query.get("accept_refusals") == "1"
        async with scratch() as folder:
            file = folder / "table"
            await save_body(request, file, MAX_TABLE_BYTES)
            told = await self._rolls.import_table(room.record.id, room.record.alg, file, accept_refusals=accept)
        # The room may have been closed while a large file was on its way.
        await self._rooms.refresh_roll(await self._rooms.get(room.record.id))
        return reply(told, 201 if told.kept else 200)

    async def roll_progress(self, request: web.Request) -> web.Response:
        """How far the import is."""
        _, room = await self._enter(request)
        return reply({"permille": self._rolls.permille.get(room.record.id, 1000)})

    async def add_motion(self, request: web.Request) -> web.Response:
        """One more motion on the agenda."""
        _, room = await self._enter(request)
        await self._desk.add_motion(room, await body_of(request, b.NewMotion))
        return reply(await self._console(room), 201)

    async def doors(self, request: web.Request) -> web.Response:
        """Creditors may sign in from now on. Idempotent."""
        _, room = await self._enter(request)
        await self._desk.open_doors(room)
        return reply(await self._console(room))

    async def act(self, request: web.Request) -> web.Response:
        """Open, extend, close, count, announce, end: asked for by one, confirmed by another."""
        account, room = await self._enter(request)
        done = await self._desk.act(room, await body_of(request, b.Act), account)
        mine = [each for each in self._pending(room) if each.by == account]
        return reply(
            b.Acted(done=done, pending=mine[-1] if mine and not done else None, console=await self._console(room))
        )

    async def withdraw(self, request: web.Request) -> web.Response:
        """Take back what one asked for before another confirmed it. Idempotent."""
        account, room = await self._enter(request)
        await self._desk.withdraw(room, await body_of(request, b.Act), account)
        return reply(await self._console(room))

    async def exclude(self, request: web.Request) -> web.Response:
        """回避: a creditor does not count in a round."""
        _, room = await self._enter(request)
        await self._desk.exclude(room, await body_of(request, b.NewExclusion))
        return web.Response(status=204)

    async def give_mandate(self, request: web.Request) -> web.Response:
        """委托 is registered; the agent's row with their link."""
        _, room = await self._enter(request)
        body = await body_of(request, b.NewMandate)
        agent = await self._desk.give_mandate(room, body)
        return reply(
            b.CreditorRow(
                creditor=agent,
                name=room.name_of(agent),
                number="",
                groups=(),
                present=agent in room.hall.meeting.present,
                link=self._link(request, room, agent),
            ),
            201,
        )

    async def revoke_mandate(self, request: web.Request) -> web.Response:
        """The mandate ends; ballots cast by it stand."""
        account, room = await self._enter(request)
        await self._desk.revoke_mandate(room, request.match_info["mandate"], account)
        return web.Response(status=204)

    async def certify(self, request: web.Request) -> web.Response:
        """The clerk certifies who came to the hall, or left it."""
        account, room = await self._enter(request, "clerk", "operator")
        await self._desk.certify(room, await body_of(request, b.Certified), account)
        return web.Response(status=204)

    async def key_paper(self, request: web.Request) -> web.Response:
        """A paper ballot as one clerk read it."""
        account, room = await self._enter(request, "clerk", "operator", "administrator")
        return reply(await self._desk.key_paper(room, await body_of(request, b.PaperKeyed), account), 201)

    async def give_floor(self, request: web.Request) -> web.Response:
        """Somebody of the queue speaks now; nobody with null. Kept for the minutes first."""
        _, room = await self._enter(request)
        body = await body_of(request, b.Floor)
        if body.person and body.person != room.speaking:
            await self._book.speaks(room.record.id, body.person, self._services.sources.utc_ms())
        limit_ms = None if body.limit_s is None else body.limit_s * 1_000
        self._stages.of(room).give_floor(body.person or "", limit_ms)
        return web.Response(status=204)

    async def creditors(self, request: web.Request) -> web.Response:
        """Creditors by id, name or number."""
        _, room = await self._enter(request)
        words = request.query.get("q", "")[:100]
        return reply(find_creditors(room, words, lambda creditor: self._link(request, room, creditor)))

    async def _enter(self, request: web.Request, *roles: str) -> tuple[str, MeetingRoom]:
        account = await self._staff.require(request, *(roles or RUNNERS))
        room = await self._rooms.get(request.match_info["id"])
        room.runners[account.account] = account.name
        return account.account, room

    async def _console(self, room: MeetingRoom) -> b.Console:
        await room.settle()
        questions = await self._book.questions(room.record.id)
        now_ms, utc_ms = self._services.sources.monotonic_us() // 1_000, self._services.sources.utc_ms()
        return console(room, questions, self._stages.floor_view(room, utc_ms), now_ms, utc_ms)

    def _pending(self, room: MeetingRoom) -> list[b.PendingAct]:
        now_ms = self._services.sources.monotonic_us() // 1_000
        return list(pending(room, now_ms, self._services.sources.utc_ms()))

    def _link(self, request: web.Request, room: MeetingRoom, person: str) -> str:
        return self._links.of(self._links.base(request, room), room, person)
