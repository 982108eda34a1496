"""随时查: what supervisors may have of finished records, and each look in the log before anything is shown."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from hearing.errors import Refused
from hearing.events import Entry
from hearing.record_looks import RecentLooks, look_up, may_look_up
from hearing.supervision_events import RecordLooked, RecordPart
from hearing.tasks import log_fault
from records.editions import supervised
from records.editions.supervised import Said, Supervised
from records.errors import StoreUnavailable
from records.ledger import Ledger
from records.search.index import Hit
from records.search.wanted import comparable, marked, phrases_of
from signaling.bodies import ExportJob
from signaling.record.exports import Exports
from signaling.services import Services
from signaling.staff.accounts import StaffAccount
from signaling.supervision.record_bodies import OwnLook, OwnLooks

KEPT = 256
"""Sessions whose withheld parts are known without reading their logs again."""
OWN_LOOKS = 50
TABLE = "supervision_looks"
"""By account: their newest looks, for their own page. The logs are the record of them."""


@dataclass(frozen=True, slots=True)
class _Known:
    seq: int
    record: Supervised


class RecordDesk:
    """One for the server. Nothing here changes a record: looks are additions to its log."""

    def __init__(self, services: Services, exports: Exports) -> None:
        self._services = services
        self._exports = exports
        self._looks = RecentLooks()
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._reading = asyncio.Lock()
        self._noting = asyncio.Lock()

    async def record(self, session: str) -> tuple[Ledger, Supervised]:
        """The session, and what of it there is for supervisors. Raises UserError `unknown-session`; Refused
        `not-over`, `record-closed`."""
        ledger = await self._services.book.get(session)
        if not may_look_up(ledger.hearing):
            raise Refused(
                "not-over", "庭审尚未结束，请到“正在进行”中察看", "the session is not over: look into it live"
            )
        found = await self.supervised(ledger)
        if found.shut:
            raise Refused("record-closed", "本庭次记录依法不公开，不能查阅", "this record is closed to supervisors")
        return ledger, found

    async def supervised(self, ledger: Ledger) -> Supervised:
        """What there is of a session that is over; its log is read once, and then what was added to it."""
        # One at a time: logs are long, and two questions ask for the same ones.
        async with self._reading:
            known = self._known.get(ledger.session)
            fresh = [entry async for entry in ledger.entries(known.seq if known else 0)]
            if known is None or any(map(supervised.changes, fresh)):
                whole = fresh if known is None else [entry async for entry in ledger.entries()]
                known = _Known(whole[-1].seq, await asyncio.to_thread(supervised.read, whole))
            elif fresh:
                known = _Known(fresh[-1].seq, known.record)
            self._known[ledger.session] = known
            self._known.move_to_end(ledger.session)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
            return known.record

    async def show(
        self, account: StaffAccount, hits: Iterable[Hit], words: str, speaker: str, reason: str
    ) -> tuple[Hit, ...]:
        """Those of `hits` that this supervisor may see, as they may see them; one look for each session of which
        there is a line, in its log when this returns. Raises StoreUnavailable, and then nothing may be shown."""
        by_session: dict[str, list[Hit]] = {}
        for hit in hits:
            by_session.setdefault(hit.session, []).append(hit)
        shown: list[Hit] = []
        for session, found in by_session.items():
            try:
                ledger, record = await self.record(session)
                lines = [line for hit in found if (line := _as_seen(hit, record, words, speaker)) is not None]
                if lines:
                    await self._tell(ledger, record, _look(account, "lines", reason, words.strip(), len(lines)))
            except Refused:
                # Closed, or open again, since it was asked for.
                continue
            shown += lines
        return tuple(shown)

    async def open(self, account: StaffAccount, session: str, what: RecordPart, reason: str) -> None:
        """The look is in the log; `what` is open for a while. Raises as `record`, StoreUnavailable."""
        ledger, record = await self.record(session)
        await self._tell(ledger, record, _look(account, what, reason))

    async def opened(self, account: StaffAccount, session: str, what: RecordPart) -> tuple[Ledger, Supervised]:
        """For whoever asks for what a look opened. Raises as `record`, Refused `look-first`."""
        ledger, record = await self.record(session)
        if not self._looks.is_open(session, account.account, what, self._now_ms()):
            raise Refused(
                "look-first", "请从督察页面打开，查阅须先记入日志", "open it from your page: a look is logged first"
            )
        return ledger, record

    async def packages(self, session: str, record: Supervised) -> list[ExportJob]:
        """Packages that may be played, the oldest first: the whole one where nothing is withheld, else those made for
        the public since the last restriction, which show no more than a supervisor may see."""
        made = [job for job in await self._exports.of(session) if job.done and job.error is None]
        if record.whole:
            return [job for job in made if job.edition == "court" and job.case_no is None]
        return [job for job in made if job.edition == "public" and job.begun_utc_ms > record.restricted_utc_ms]

    async def own(self, account: str) -> OwnLooks:
        """The account's newest looks."""
        raw = await self._services.store.get(TABLE, account)
        return msgspec.json.decode(raw, type=OwnLooks) if raw is not None else OwnLooks()

    async def entries(self, ledger: Ledger) -> list[Entry]:
        """The whole log."""
        return [entry async for entry in ledger.entries()]

    async def _tell(self, ledger: Ledger, record: Supervised, look: RecordLooked) -> None:
        now_ms = self._now_ms()
        if not self._looks.is_new(ledger.session, look, now_ms):
            return
        await ledger.change(look.account, lambda hearing, _: look_up(hearing, look))
        self._looks.told(ledger.session, look, now_ms)
        try:
            await self._note(ledger.session, record.created.case_no, look)
        except StoreUnavailable as problem:
            log_fault("a supervisor's own list lacks a look", problem, session=ledger.session)

    async def _note(self, session: str, case_no: str, look: RecordLooked) -> None:
        row = OwnLook(
            session=session,
            case_no=case_no,
            what=look.what,
            reason=look.reason,
            words=look.words,
            lines=look.lines,
            utc_ms=self._services.sources.utc_ms(),
        )
        async with self._noting:
            looks = (row, *(await self.own(look.account)).looks)[:OWN_LOOKS]
            await self._services.store.put(TABLE, look.account, msgspec.json.encode(OwnLooks(looks=looks)))

    def _now_ms(self) -> int:
        return self._services.sources.monotonic_us() // 1000


def _look(account: StaffAccount, what: RecordPart, reason: str, words: str = "", lines: int = 0) -> RecordLooked:
    return RecordLooked(
        account=account.account, name=account.name, what=what, reason=reason.strip(), words=words, lines=lines
    )


def _as_seen(hit: Hit, record: Supervised, words: str, speaker: str) -> Hit | None:
    """The hit as a supervisor may see it. None for a withheld line, and for one that was found by what is withheld of
    it: that it was found would tell."""
    if hit.line in record.hidden:
        return None
    facts: Mapping[str, str] = {name: getattr(record.created, name) for name in ("case_no", "hearing_no", "title")}
    said: Said | None = record.changed.get(hit.line)
    if said is None:
        return msgspec.structs.replace(hit, **facts)
    phrases = phrases_of(words)
    text, who = comparable(said.text).characters, comparable(said.speaker).characters
    if not all(phrase in text for phrase in phrases) or comparable(speaker).characters not in who:
        return None
    pieces = marked(said.text, phrases).pieces
    return msgspec.structs.replace(hit, **facts, speaker=said.speaker, pieces=pieces)
