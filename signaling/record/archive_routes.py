"""`/api/v1/archive`: sessions that are over, their packages, and where the copies of those lie."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from aiohttp import web

from hearing.ids import time_of
from hearing.roles import Right, is_bench, rights
from hearing.session import State
from hearing.state import Hearing
from signaling.bodies import ExportJob
from signaling.days import midnight
from signaling.http import reply
from signaling.record.archive_bodies import ArchivedPackage, ArchivedSession, ArchivePage, CopiesRetried
from signaling.record.copies import CopyState, PackageCopy
from signaling.record.exports import Exports
from signaling.services import Services
from signaling.sessions.desk import SessionDesk, summary
from signaling.staff.routes import StaffDesk

PAGE_ROWS = 20
MAX_QUERY_CHARS = 100
_KEPT = frozenset({State.CLOSED, State.TRANSCRIPT_REVIEW, State.SIGNED, State.SEALED})


class ArchiveRoutes:
    """For the court's own people: clerks and operators find every session, judges those with a seat of theirs."""

    def __init__(self, services: Services, desk: StaffDesk, sessions: SessionDesk, exports: Exports) -> None:
        self._services = services
        self._desk = desk
        self._sessions = sessions
        self._exports = exports

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        return [
            web.get("/api/v1/archive", self.listed),
            web.post("/api/v1/archive/packages/{job}/copies", self.retry),
        ]

    async def listed(self, request: web.Request) -> web.Response:
        """`?q=` words that all have to be there (case number, title, cause, names), `state=`, `from_day=`, `to_day=`;
        `after=` goes on behind a session."""
        account = await self._desk.require(request)
        own = set(await self._sessions.sessions_of(account.account)) if account.role == "judge" else None
        words = request.query.get("q", "")[:MAX_QUERY_CHARS].casefold().split()
        state = request.query.get("state", "")
        # In a thread: the first use of a zone reads its file.
        zone = await asyncio.to_thread(ZoneInfo, self._services.settings.court.time_zone)
        from_ms = midnight(request, "from_day", zone) or 0
        to_ms = midnight(request, "to_day", zone, days=1) or 1 << 48
        found = [
            hearing
            for hearing in self._services.book.hearings()
            if hearing.state in _KEPT
            and state in ("", hearing.state.value)
            and (own is None or hearing.session in own)
            and from_ms <= hearing.scheduled_utc_ms < to_ms
            and _says(hearing, words)
        ]
        found.sort(key=lambda hearing: (hearing.scheduled_utc_ms, hearing.session), reverse=True)
        after = request.query.get("after", "")
        begin = next((place + 1 for place, hearing in enumerate(found) if hearing.session == after), 0)
        page = found[begin : begin + PAGE_ROWS]
        copies = self._services.copies
        return reply(
            ArchivePage(
                rows=tuple([await self._row(hearing) for hearing in page]),
                next=page[-1].session if begin + PAGE_ROWS < len(found) else "",
                places=tuple(copies.places) if copies is not None else (),
            )
        )

    async def retry(self, request: web.Request) -> web.Response:
        """Send the failed copies of a package again. Idempotent."""
        await self._desk.require(request, "clerk", "operator")
        job = request.match_info["job"]
        self._exports.package(job)
        copies = self._services.copies
        return reply(CopiesRetried(copies=await copies.retry(job) if copies is not None else 0))

    async def _row(self, hearing: Hearing) -> ArchivedSession:
        copies = self._services.copies
        known = await copies.of(hearing.session) if copies is not None else ()
        made = [job for job in await self._exports.of(hearing.session) if job.done and job.error is None]
        bench = [person for person in hearing.people.values() if is_bench(person.role)]
        presides = [person.seat.name for person in bench if Right.RUN_SESSION in rights(person.role)]
        return ArchivedSession(
            session=summary(hearing),
            opened_utc_ms=hearing.opened_utc_ms,
            judge=presides[0] if presides else "",
            packages=tuple(self._package(job, known) for job in reversed(made)),
        )

    def _package(self, job: ExportJob, known: Iterable[PackageCopy]) -> ArchivedPackage:
        copies = tuple(copy for copy in known if copy.package == job.job)
        places = self._services.copies.places if self._services.copies is not None else ()
        verified = {copy.place for copy in copies if copy.state is CopyState.VERIFIED}
        return ArchivedPackage(
            package=job,
            made_utc_ms=time_of(job.job),
            copies=copies,
            safe=bool(places) and verified.issuperset(places),
        )


def _says(hearing: Hearing, words: list[str]) -> bool:
    names = (person.seat.name for person in hearing.people.values())
    text = " ".join((hearing.case_no, hearing.hearing_no, hearing.title, hearing.cause, hearing.court, *names))
    return all(word in text.casefold() for word in words)
