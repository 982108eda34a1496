"""`/api/v1/sessions/{id}/restrictions` and `/cases`: which parts of the record are not for everybody, and which cases
are heard together. Every change is an event of the log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec
from aiohttp import web

from hearing.access import Restrictions, join_case, lift, restrict
from hearing.access_events import Access, AccessEvent, AccessRestricted
from hearing.errors import UserError
from hearing.events import Entry
from hearing.ids import is_case_no
from hearing.state import Hearing
from records import timeline
from records.editions.withheld import Edition, closed_spans
from signaling.bodies import (
    ClosedSpan,
    JoinedCase,
    NewRestriction,
    Restricted,
    RestrictionRow,
    StaffRole,
    WithReason,
)
from signaling.http import body_of, reply
from signaling.services import Services
from signaling.sessions.desk import SessionDesk
from signaling.staff.routes import StaffDesk

Rule = Callable[[Hearing, Restrictions], Sequence[AccessEvent]]


class AccessRoutes:
    """For clerks, and for judges with a seat in the session; only a judge opens what was closed."""

    def __init__(self, desk: StaffDesk, sessions: SessionDesk, services: Services) -> None:
        self._desk = desk
        self._sessions = sessions
        self._services = services

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        base = "/api/v1/sessions/{id}"
        return [
            web.get(f"{base}/restrictions", self.listed),
            web.post(f"{base}/restrictions", self.restrict),
            web.delete(f"{base}/restrictions/{{mark}}", self.lift),
            web.post(f"{base}/cases", self.join),
        ]

    async def listed(self, request: web.Request) -> web.Response:
        """What holds now."""
        account = await self._desk.require(request, "clerk", "operator", "judge")
        await self._sessions.check_reads(account, request.match_info["id"])
        return reply(await self._now(request, account.role))

    async def restrict(self, request: web.Request) -> web.Response:
        """One more part."""
        body = await body_of(request, NewRestriction)

        def rule(hearing: Hearing, known: Restrictions) -> Sequence[AccessEvent]:
            return restrict(hearing, known, **msgspec.structs.asdict(body))

        return await self._changed(request, rule, "clerk", "judge")

    async def lift(self, request: web.Request) -> web.Response:
        """Open a part again."""
        body = await body_of(request, WithReason)
        mark = request.match_info["mark"]
        return await self._changed(request, lambda now, known: lift(now, known, mark, body.reason), "judge")

    async def join(self, request: web.Request) -> web.Response:
        """One more case in this session."""
        body = await body_of(request, JoinedCase)
        if not is_case_no(body.case_no):
            raise UserError("case-no", "案号格式不对", "that is no case number")
        return await self._changed(
            request, lambda now, known: join_case(now, known, body.case_no, body.cause), "clerk", "judge"
        )

    async def _changed(self, request: web.Request, rule: Rule, *roles: str) -> web.Response:
        account = await self._desk.require(request, *roles)
        session = request.match_info["id"]
        await self._sessions.check_reads(account, session)
        ledger = await self._services.book.get(session)
        known = Restrictions([entry async for entry in ledger.entries()])
        await ledger.change(account.account, lambda hearing, now_ms: rule(hearing, known))
        return reply(await self._now(request, account.role), 201)

    async def _now(self, request: web.Request, role: StaffRole) -> Restricted:
        ledger = await self._services.book.get(request.match_info["id"])
        entries = [entry async for entry in ledger.entries()]
        known = Restrictions(entries)
        return Restricted(
            cases=[JoinedCase(case_no=number, cause=cause) for number, cause in known.cases.items()],
            restrictions=[_row(restriction) for restriction in known.marks.values()],
            closed=await asyncio.to_thread(_closed, entries),
            may_lift=role == "judge",
        )


def _closed(entries: Sequence[Entry]) -> list[ClosedSpan]:
    line = timeline.read(entries)
    court = set(timeline.join(closed_spans(line, Edition.PARTY)))
    public = set(timeline.join(closed_spans(line, Edition.PUBLIC))) - court
    spans = [(span, Access.COURT) for span in court] + [(span, Access.PARTIES) for span in public]
    return [
        ClosedSpan(from_ms=span.from_ms, to_ms=span.to_ms, access=access)
        for span, access in sorted(spans, key=lambda each: each[0].from_ms)
        if span.to_ms > span.from_ms
    ]


def _row(restriction: AccessRestricted) -> RestrictionRow:
    return RestrictionRow(**msgspec.structs.asdict(restriction))
