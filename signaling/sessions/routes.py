"""`/api/v1/sessions/...`: the clerk's list, seats and invitations; staff enter their own seats."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from hearing.errors import UserError
from hearing.events import Entry
from hearing.session import Move
from signaling.admission import Admission
from signaling.bodies import NewSeat, NewSession, Rescheduled, Ticket, WithReason
from signaling.gate.desk import GateDesk
from signaling.http import body_of, reply
from signaling.services import Services
from signaling.sessions.desk import SessionDesk, fits, not_yours
from signaling.staff.routes import StaffDesk

EVENTS_PER_PAGE = 1_000


class SessionRoutes:
    """Handlers. Reading: clerks and operators all, judges the sessions in which they have a seat (an account belongs
    to no court yet). Writing: clerks (and operators, who may stand in for them)."""

    def __init__(
        self, services: Services, desk: StaffDesk, sessions: SessionDesk, admission: Admission, gate: GateDesk
    ) -> None:
        self._services = services
        self._desk = desk
        self._sessions = sessions
        self._admission = admission
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        base = "/api/v1/sessions"
        invitation = f"{base}/{{id}}/seats/{{participant}}/invitation"
        return [
            web.get(base, self.listed),
            web.post(base, self.create),
            web.get(f"{base}/{{id}}", self.detail),
            web.patch(f"{base}/{{id}}", self.reschedule),
            web.post(f"{base}/{{id}}/gather", self.gather),
            web.post(f"{base}/{{id}}/cancel", self.cancel),
            web.post(f"{base}/{{id}}/seats", self.add_seat),
            web.post(invitation, self.invite),
            web.delete(invitation, self.revoke),
            web.post(f"{base}/{{id}}/ticket", self.ticket),
            web.get(f"{base}/{{id}}/events", self.events),
        ]

    async def listed(self, request: web.Request) -> web.Response:
        """Sessions of a day, today by default."""
        account = await self._desk.require(request)
        text = request.query.get("day")
        try:
            day = date.fromisoformat(text) if text is not None else None
        except ValueError:
            raise UserError("bad-day", "日期格式应为 YYYY-MM-DD", "day must be YYYY-MM-DD") from None
        rows = await self._sessions.on_day(day)
        return reply([row for row in rows if await self._sessions.may_read(account, row.id)])

    async def create(self, request: web.Request) -> web.Response:
        """A new session."""
        account = await self._desk.require(request, "clerk", "operator")
        ledger = await self._sessions.create(await body_of(request, NewSession), account.account)
        return await self._answer(request, ledger.session, status=201)

    async def detail(self, request: web.Request) -> web.Response:
        """One session; a judge sees the seats without their links."""
        account = await self._desk.require(request)
        session = request.match_info["id"]
        await self._sessions.check_reads(account, session)
        links = account.role in {"clerk", "operator"}
        return reply(await self._sessions.detail(session, self._base_url(request), with_links=links))

    async def reschedule(self, request: web.Request) -> web.Response:
        """A new time, with the reason."""
        account = await self._desk.require(request, "clerk", "operator")
        body = await body_of(request, Rescheduled)
        session = request.match_info["id"]
        await self._sessions.reschedule(session, body.scheduled_utc_ms, body.reason, account.account)
        return await self._answer(request, session)

    async def gather(self, request: web.Request) -> web.Response:
        """候审 begins."""
        account = await self._desk.require(request, "clerk", "operator")
        await self._sessions.move(request.match_info["id"], Move.GATHER, "", account.account)
        return await self._answer(request, request.match_info["id"])

    async def cancel(self, request: web.Request) -> web.Response:
        """The session will not take place."""
        account = await self._desk.require(request, "clerk", "operator")
        body = await body_of(request, WithReason)
        await self._sessions.move(request.match_info["id"], Move.CANCEL, body.reason, account.account)
        return await self._answer(request, request.match_info["id"])

    async def add_seat(self, request: web.Request) -> web.Response:
        """One more person."""
        account = await self._desk.require(request, "clerk", "operator")
        await self._sessions.add_seat(request.match_info["id"], await body_of(request, NewSeat), account.account)
        return await self._answer(request, request.match_info["id"], status=201)

    async def invite(self, request: web.Request) -> web.Response:
        """A new invitation for the seat; the old link ends."""
        account = await self._desk.require(request, "clerk", "operator")
        ledger = await self._services.book.get(request.match_info["id"])
        await self._sessions.invite(ledger, request.match_info["participant"], account.account)
        return await self._answer(request, ledger.session, status=201)

    async def revoke(self, request: web.Request) -> web.Response:
        """End the seat's invitation at once."""
        account = await self._desk.require(request, "clerk", "operator")
        body = await body_of(request, WithReason)
        await self._sessions.revoke(
            request.match_info["id"], request.match_info["participant"], body.reason, account.account
        )
        return web.Response(status=204)

    async def ticket(self, request: web.Request) -> web.Response:
        """A ticket for the seat of the account that asks."""
        account = await self._desk.require(request)
        session = request.match_info["id"]
        ledger = await self._services.book.get(session)
        participant = await self._sessions.seat_of(session, account.account)
        person = ledger.hearing.people.get(participant) if participant is not None else None
        if participant is None or person is None or not fits(account.role, person.role):
            raise not_yours()
        await self._gate.staff_came(session, participant, account.account)
        token = self._admission.ticket(ledger.hearing, participant)
        return reply(Ticket(ticket=token, participant=participant, session=session))

    async def events(self, request: web.Request) -> web.Response:
        """Entries of the log after `after`, at most EVENTS_PER_PAGE."""
        await self._sessions.check_reads(await self._desk.require(request), request.match_info["id"])
        text = request.query.get("after", "0")
        if not text.isdecimal() or len(text) > 12:
            raise UserError("bad-after", "after 应为非负整数", "after must be a number")
        ledger = await self._services.book.get(request.match_info["id"])
        found: list[Entry] = []
        async for entry in ledger.entries(int(text)):
            found.append(entry)
            if len(found) == EVENTS_PER_PAGE:
                break
        return reply(found)

    async def _answer(self, request: web.Request, session: str, status: int = 200) -> web.Response:
        return reply(await self._sessions.detail(session, self._base_url(request), with_links=True), status)

    def _base_url(self, request: web.Request) -> str:
        return self._services.settings.http.public_url.rstrip("/") or f"{request.scheme}://{request.host}"
