"""`/api/v1/search`: which line of which session says a phrase."""

from __future__ import annotations

import asyncio
from zoneinfo import ZoneInfo

from aiohttp import web

from hearing.errors import UserError
from hearing.tasks import log_fault
from records.errors import StoreUnavailable
from records.search.index import Hits, SearchIndex, Wanted
from signaling.days import midnight
from signaling.http import reply
from signaling.limits import Limiter
from signaling.services import Services
from signaling.sessions.desk import SessionDesk
from signaling.staff.accounts import StaffAccount
from signaling.staff.routes import StaffDesk

MAX_FILTER_CHARS = 60


class SearchRoutes:
    """For the court's own people, who find what they may read: clerks and operators everything, judges the sessions
    in which they have a seat."""

    def __init__(self, services: Services, desk: StaffDesk, sessions: SessionDesk) -> None:
        self._services = services
        self._desk = desk
        self._sessions = sessions
        self._uses = Limiter(5.0, 20, services.sources.monotonic_us)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        return [web.get("/api/v1/search", self.search)]

    async def search(self, request: web.Request) -> web.Response:
        """`?q=` and, to narrow it, `speaker=&case_no=&session=&from_day=&to_day=`; `after=` goes on behind a hit."""
        account = await self._desk.require(request)
        if not self._uses.take(account.account):
            raise UserError("too-many", "操作过于频繁，请稍候", "too many requests: slow down")
        if self._services.search is None:
            raise unavailable()
        readable = await self._readable(account, request.query.get("session", ""))
        wanted = await wanted_of(request, self._services.settings.court.time_zone, readable)
        return reply(await find(self._services.search, wanted))

    async def _readable(self, account: StaffAccount, session: str) -> tuple[str, ...] | None:
        """The sessions to look in, None for all."""
        if account.role != "judge":
            return (session,) if session else None
        own = await self._sessions.sessions_of(account.account)
        return tuple(each for each in own if session in ("", each))


async def wanted_of(request: web.Request, time_zone: str, sessions: tuple[str, ...] | None) -> Wanted:
    """The question that the address asks, in these sessions. Raises UserError `bad-query`, `bad-day`, `bad-after`."""
    # In a thread: the first use of a zone reads its file.
    zone = await asyncio.to_thread(ZoneInfo, time_zone)
    return Wanted(
        query=request.query.get("q", ""),
        sessions=sessions,
        speaker=_short(request, "speaker"),
        case_no=_short(request, "case_no"),
        from_utc_ms=midnight(request, "from_day", zone) or 0,
        to_utc_ms=midnight(request, "to_day", zone, days=1) or 1 << 48,
        after=_place(request),
    )


async def find(index: SearchIndex, wanted: Wanted) -> Hits:
    """Raises UserError `bad-query`, `search-unavailable`."""
    try:
        return await index.find(wanted)
    except StoreUnavailable as problem:
        log_fault("the search index cannot be read", problem)
        raise unavailable() from problem


def unavailable() -> UserError:
    """Nothing can be searched here, or not now."""
    return UserError("search-unavailable", "检索暂时不可用，请稍后再试", "nothing can be searched now")


def _short(request: web.Request, name: str) -> str:
    text = request.query.get(name, "")
    if len(text) > MAX_FILTER_CHARS:
        raise UserError(
            "bad-query", f"{name} 至多 {MAX_FILTER_CHARS} 字", f"{name} takes at most {MAX_FILTER_CHARS} characters"
        )
    return text


def _place(request: web.Request) -> int:
    text = request.query.get("after", "-1")
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 19 or int(text) >= 1 << 63:
        raise UserError("bad-after", "after 应为整数", "after must be a number")
    return int(text)
