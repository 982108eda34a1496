"""`/api/v1/supervision/records`, `/looks`: supervisors look things up in records of sessions that are over (随时查).

The list says that there was a session and how its record stands, as the wall does of one that runs. Everything
further is a look, in that session's log before it is answered (`hearing.record_looks`).
"""

from __future__ import annotations

import asyncio
from zoneinfo import ZoneInfo

from aiohttp import web
from msgspec.structs import replace

from hearing.errors import UserError
from hearing.record_looks import may_look_up
from hearing.roles import Right, rights
from hearing.session import state_label
from hearing.state import Hearing
from records.editions import supervised
from records.editions.supervised import Supervised
from records.search.index import Hit, Hits
from signaling.days import midnight
from signaling.http import body_of, reply
from signaling.limits import Limiter
from signaling.minutes.search_routes import find, unavailable, wanted_of
from signaling.record.exports import Exports
from signaling.record.player_routes import PLAYER, package_file
from signaling.record.seal_desk import SealDesk
from signaling.services import Services
from signaling.staff.accounts import StaffAccount
from signaling.staff.routes import StaffDesk
from signaling.supervision.record_bodies import (
    NewRecordLook,
    RecordMinutes,
    RecordOpened,
    RecordPage,
    RecordRow,
    RecordSearch,
)
from signaling.supervision.record_desk import RecordDesk

BASE = "/api/v1/supervision/records"
PAGE_ROWS = 20
LINES_AT_ONCE = 20
ROUNDS = 5
"""Of a search whose lines all turn out to be withheld, before it answers that there may be more."""
MAX_QUERY_CHARS = 100
_PLAYED = ("data/player/", "data/media/", "data/text/transcript")
"""What of a package the player needs; exhibits besides, those that the courtroom saw."""
_REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


class RecordRoutes:
    """Handlers; accounts of supervisors only."""

    def __init__(self, services: Services, desk: StaffDesk, exports: Exports, seal: SealDesk) -> None:
        self._services = services
        self._desk = desk
        self._exports = exports
        self._seal = seal
        self._records = RecordDesk(services, exports)
        self._asked = Limiter(1.0, 20, services.sources.monotonic_us)
        # A document of 2,000 lines takes half a second of CPU.
        self._documents = Limiter(0.5, 6, services.sources.monotonic_us)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        one = f"{BASE}/{{session}}"
        return [
            web.get(BASE, self.listed),
            web.post(f"{BASE}/search", self.search),
            web.post(f"{one}/look", self.look),
            web.get(f"{one}/minutes", self.minutes),
            web.get(f"{one}/report", self.report),
            web.get(f"{one}/seal", self.seal),
            web.get(f"{one}/packages/{{job}}/files/{{path:.+}}", self.file),
            web.get("/api/v1/supervision/looks", self.own),
        ]

    async def listed(self, request: web.Request) -> web.Response:
        """Sessions that are over, the newest first; looks at none of them. `?q=` words that all stand in case number,
        title, cause, court or judge; `from_day=`, `to_day=`; `after=` goes on behind a session."""
        await self._asks(request)
        words = request.query.get("q", "")[:MAX_QUERY_CHARS].casefold().split()
        # In a thread: the first use of a zone reads its file.
        zone = await asyncio.to_thread(ZoneInfo, self._services.settings.court.time_zone)
        from_ms = midnight(request, "from_day", zone) or 0
        to_ms = midnight(request, "to_day", zone, days=1) or 1 << 48
        found = [h for h in self._over() if from_ms <= h.scheduled_utc_ms < to_ms and _says(words, _facts(h))]
        found.sort(key=lambda hearing: (hearing.scheduled_utc_ms, hearing.session), reverse=True)
        after = request.query.get("after", "")
        begin = next((place + 1 for place, hearing in enumerate(found) if hearing.session == after), 0)
        rows: list[RecordRow] = []
        last = begin
        while len(rows) < PAGE_ROWS and last < len(found):
            row = await self._row(found[last])
            last += 1
            # A withheld name is no way to find a session either.
            if row is not None and _says(
                words, (row.case_no, row.hearing_no, row.title, row.cause, row.court, row.judge)
            ):
                rows.append(row)
        return reply(RecordPage(rows=tuple(rows), next=found[last - 1].session if last < len(found) else ""))

    async def search(self, request: web.Request) -> web.Response:
        """Lines of finished sessions that hold every phrase of `?q=`, as `GET search` finds them; each session of
        which one is shown has the look in its log."""
        account = await self._asks(request)
        body = await body_of(request, RecordSearch)
        if self._services.search is None:
            raise unavailable()
        only = request.query.get("session", "")
        sessions = tuple(each.session for each in self._over() if only in ("", each.session))
        wanted = await wanted_of(request, self._services.settings.court.time_zone, sessions)
        wanted = replace(wanted, at_once=LINES_AT_ONCE)
        shown: tuple[Hit, ...] = ()
        hits = Hits(hits=(), next="")
        for _ in range(ROUNDS):
            hits = await find(self._services.search, wanted)
            shown = await self._records.show(account, hits.hits, wanted.query, wanted.speaker, body.reason)
            if shown or not hits.next:
                break
            wanted = replace(wanted, after=int(hits.next))
        return reply(Hits(hits=shown, next=hits.next))

    async def look(self, request: web.Request) -> web.Response:
        """Open a part of a record; the log has who, what and why before there is an address. `no-package` and
        `parts-closed` where there is nothing to play, and then no look."""
        account = await self._asks(request)
        session = request.match_info["session"]
        body = await body_of(request, NewRecordLook)
        _, record = await self._records.record(session)
        url = f"{BASE}/{session}/{body.what}"
        if body.what == "player":
            made = await self._records.packages(session, record)
            if not made:
                raise _nothing_to_play(record)
            url = f"{BASE}/{session}/packages/{made[-1].job}/files/{PLAYER}#t={body.at_ms}"
        await self._records.open(account, session, body.what, body.reason)
        return reply(RecordOpened(url=url))

    async def minutes(self, request: web.Request) -> web.Response:
        """The minutes, after a look at them."""
        account = await self._asks(request, costly=True)
        ledger, record = await self._records.opened(account, request.match_info["session"], "minutes")
        entries = await self._records.entries(ledger)
        zone = self._services.settings.court.time_zone
        made = await asyncio.to_thread(lambda: supervised.minutes_of(entries, ZoneInfo(zone)))
        return _unkept(
            reply(
                RecordMinutes(
                    session=made.session,
                    court=made.court,
                    case_no=made.case_no,
                    title=made.title,
                    draft=made.draft,
                    partly=not record.whole,
                    fields=made.fields,
                    paragraphs=made.paragraphs,
                )
            )
        )

    async def report(self, request: web.Request) -> web.Response:
        """The 录音录像情况记录 as a page, after a look at it."""
        account = await self._asks(request, costly=True)
        ledger, _ = await self._records.opened(account, request.match_info["session"], "report")
        entries = await self._records.entries(ledger)
        own = self._services.court_key.fingerprint
        keys = tuple(dict.fromkeys((own, *(head.key for head in await ledger.heads()))))
        zone = self._services.settings.court.time_zone
        body = await asyncio.to_thread(lambda: supervised.report_of(entries, ZoneInfo(zone), keys))
        response = web.Response(body=body, content_type="text/html", charset="utf-8")
        response.headers["Content-Security-Policy"] = _REPORT_POLICY
        return _unkept(response)

    async def seal(self, request: web.Request) -> web.Response:
        """How the seals stand, after a look at them; without the addresses of packages, which are not theirs."""
        account = await self._asks(request)
        session = request.match_info["session"]
        await self._records.opened(account, session, "seal")
        view = await self._seal.view(session)
        seals = [replace(each, url="") for each in view.seals]
        return _unkept(reply(replace(view, seals=seals, job=None, may_seal=False)))

    async def file(self, request: web.Request) -> web.StreamResponse:
        """One file of a package that a look at the player opened."""
        account = await self._desk.require(request, "supervisor")
        session, job, path = (request.match_info[name] for name in ("session", "job", "path"))
        _, record = await self._records.opened(account, session, "player")
        if job not in {each.job for each in await self._records.packages(session, record)}:
            raise UserError("unknown-job", "没有这个案卷包", "there is no such package")
        if not (path.startswith(_PLAYED) or path in record.exhibits):
            raise UserError("not-found", "督察不能打开此文件", "this file is not for supervisors")
        return await package_file(self._exports.package(job).folder, path)

    async def own(self, request: web.Request) -> web.Response:
        """One's own newest looks."""
        account = await self._desk.require(request, "supervisor")
        return reply(await self._records.own(account.account))

    async def _asks(self, request: web.Request, *, costly: bool = False) -> StaffAccount:
        account = await self._desk.require(request, "supervisor")
        if not (self._documents if costly else self._asked).take(account.account):
            raise UserError("too-many", "操作过于频繁，请稍候", "too many requests: slow down")
        return account

    def _over(self) -> list[Hearing]:
        return [hearing for hearing in self._services.book.hearings() if may_look_up(hearing)]

    async def _row(self, hearing: Hearing) -> RecordRow | None:
        """None where all of it is withheld."""
        record = await self._records.supervised(await self._services.book.get(hearing.session))
        if record.shut:
            return None
        created = record.created
        return RecordRow(
            id=hearing.session,
            court=created.court,
            case_no=created.case_no,
            hearing_no=created.hearing_no,
            title=created.title,
            cause=created.cause,
            public=created.public,
            state=hearing.state,
            state_label=state_label(hearing.state),
            scheduled_utc_ms=hearing.scheduled_utc_ms,
            opened_utc_ms=hearing.opened_utc_ms,
            judge=next((seat.name for seat in record.seats if Right.RUN_SESSION in rights(seat.role)), ""),
            partly=not record.whole,
            playable=bool(await self._records.packages(hearing.session, record)),
        )


def _facts(hearing: Hearing) -> tuple[str, ...]:
    people = hearing.people.values()
    judge = next((person.seat.name for person in people if Right.RUN_SESSION in rights(person.role)), "")
    return (hearing.case_no, hearing.hearing_no, hearing.title, hearing.cause, hearing.court, judge)


def _says(words: list[str], facts: tuple[str, ...]) -> bool:
    text = " ".join(facts).casefold()
    return all(word in text for word in words)


def _nothing_to_play(record: Supervised) -> UserError:
    if record.whole:
        return UserError(
            "no-package", "该庭次尚未制作案卷包，可查阅笔录", "no package was made yet: read the minutes"
        )
    return UserError(
        "parts-closed",
        "本庭次有依法不公开的部分，须由书记员另制公众版后方可播放；可查阅已隐去该部分的笔录",
        "parts of this session are closed: it plays once the clerk has made the public edition; the minutes are here",
    )


def _unkept(response: web.Response) -> web.Response:
    response.headers["Cache-Control"] = "no-store"
    return response
