"""Keeps the search index up to what the logs say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from hearing.state import Hearing
from hearing.tasks import log_fault
from hearing.transcript import Line, Transcript
from records.book import LedgerBook
from records.errors import StoreUnavailable
from records.search.index import Spoken
from records.writing import narrate
from records.writing.legible import legible

INTERVAL_S = 1.0
QUIET_S = 60.0
"""A transcript that did not grow for so long is not kept in memory; it is folded anew when it does."""
LINES_AT_ONCE = 200

_log = structlog.get_logger(__name__)


class Index(Protocol):
    """What is filled (`records.search.index.SearchIndex`)."""

    async def indexed(self) -> dict[str, int]: ...

    async def put(self, hearing: Hearing, lines: Sequence[Spoken], seq: int) -> None: ...

    async def forget(self, sessions: Iterable[str]) -> None: ...


@dataclass(slots=True)
class _Open:
    changed_s: float
    transcript: Transcript = field(default_factory=Transcript)


class Indexer:
    """Follows every ledger of `book`: what is said is found a second or two later. `monotonic_s` is any clock."""

    def __init__(self, book: LedgerBook, index: Index, monotonic_s: Callable[[], float]) -> None:
        self._book = book
        self._index = index
        self._monotonic_s = monotonic_s
        self._indexed: dict[str, int] | None = None
        self._folded: dict[str, int] = {}
        self._open: dict[str, _Open] = {}

    async def run(self) -> None:
        """Until cancelled. An index that cannot be written holds nothing else up: it is tried again."""
        failing = False
        while True:
            try:
                await self.catch_up()
                failing = False
            except StoreUnavailable as problem:
                if not failing:
                    _log.error("the search index cannot be written", error=str(problem))
                failing = True
            await asyncio.sleep(INTERVAL_S)

    async def catch_up(self) -> None:
        """Index what the logs hold now, and take out the sessions that have no log. Raises StoreUnavailable."""
        hearings = self._book.hearings()
        if self._indexed is None:
            indexed = await self._index.indexed()
            await self._index.forget(sorted(indexed.keys() - {hearing.session for hearing in hearings}))
            self._folded = dict(indexed)
            self._indexed = indexed
        for hearing in hearings:
            if hearing.last_seq <= self._folded.get(hearing.session, 0):
                await self._rest(hearing, self._indexed)
                continue
            try:
                await self._follow(hearing, self._indexed)
            except StoreUnavailable:
                raise
            except Exception as fault:
                # One log that cannot be read must not keep the others out; it is tried again when it grows.
                log_fault("a transcript was not indexed", fault, session=hearing.session)
                self._folded[hearing.session] = hearing.last_seq
                self._open.pop(hearing.session, None)

    async def _follow(self, hearing: Hearing, indexed: dict[str, int]) -> None:
        now_s = self._monotonic_s()
        open_ = self._open.setdefault(hearing.session, _Open(now_s))
        open_.changed_s = now_s
        transcript = open_.transcript
        ledger = await self._book.get(hearing.session)
        while transcript.last_seq < ledger.hearing.last_seq:
            async for entry in ledger.entries(transcript.last_seq):
                transcript.apply(entry)
        changed = tuple(transcript.changed_after(indexed.get(hearing.session, 0)))
        for start in range(0, len(changed), LINES_AT_ONCE):
            lines = changed[start : start + LINES_AT_ONCE]
            spoken = [Spoken(line=line, speaker=_speaker(ledger.hearing, line)) for line in lines]
            await self._put(ledger.hearing, spoken, lines[-1].seq - 1, indexed)
        if changed:
            await self._put(ledger.hearing, (), transcript.last_seq, indexed)
        self._folded[hearing.session] = transcript.last_seq

    async def _rest(self, hearing: Hearing, indexed: dict[str, int]) -> None:
        """Let go of a transcript that has not grown for a while, and remember how far its log was read."""
        open_ = self._open.get(hearing.session)
        if open_ is None or self._monotonic_s() - open_.changed_s < QUIET_S:
            return
        if indexed.get(hearing.session, 0) < open_.transcript.last_seq:
            await self._put(hearing, (), open_.transcript.last_seq, indexed)
        del self._open[hearing.session]

    async def _put(self, hearing: Hearing, lines: Sequence[Spoken], seq: int, indexed: dict[str, int]) -> None:
        await self._index.put(hearing, lines, seq)
        indexed[hearing.session] = seq


def _speaker(hearing: Hearing, line: Line) -> str:
    person = hearing.people.get(line.participant or "")
    seats = {} if person is None else {person.seat.participant: person.seat}
    return legible(narrate.person(seats, line.participant)[0])
