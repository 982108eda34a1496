"""What a search over many hearings costs: an index of sessions that nobody held, asked on disk."""

from __future__ import annotations

import asyncio
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from hearing.state import Hearing, apply
from hearing.transcript import Transcript
from records.search.index import SearchIndex, Spoken, Wanted
from records.search.indexing import LINES_AT_ONCE
from yunting.bench.spoken import spoken_log

_LINES_OF_SESSION = 2_000


class SearchOptions(msgspec.Struct, frozen=True, kw_only=True):
    """So many utterances in sessions of 2,000, and each question asked so often."""

    utterances: int = 200_000
    times: int = 50


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One question: what the asker waits, and how many lines the first page has (50 at most)."""

    query: str
    of: str
    wall_ms_p50: float
    wall_ms_worst: float
    cpu_ms: float
    hits: int


class SearchResult(msgspec.Struct, frozen=True, kw_only=True):
    """CPU is user + system of the process, its database threads too."""

    utterances: int
    characters: int
    index_cpu_s: float
    index_bytes: int
    asked: tuple[Asked, ...]
    cpus: int
    python: str


async def run(options: SearchOptions) -> SearchResult:
    """Fill an index in a folder of its own and ask it. Raises StoreUnavailable, OSError."""
    with tempfile.TemporaryDirectory(prefix="yunting-bench-") as folder:
        path = Path(folder) / "search.sqlite"
        index = await SearchIndex.open(path)
        try:
            cpu_s, lines, characters = 0.0, 0, 0
            for hearing, spoken in _sessions(options.utterances):
                before = time.process_time()
                for start in range(0, len(spoken), LINES_AT_ONCE):
                    await index.put(hearing, spoken[start : start + LINES_AT_ONCE], hearing.last_seq)
                cpu_s += time.process_time() - before
                lines += len(spoken)
                characters += sum(len(each.line.text) for each in spoken)
            asked = [await _ask(index, of, wanted, options.times) for of, wanted in _questions()]
        finally:
            await index.close()
        size_bytes = await asyncio.to_thread(lambda: path.stat().st_size)
    return SearchResult(
        utterances=lines,
        characters=characters,
        index_cpu_s=round(cpu_s, 2),
        index_bytes=size_bytes,
        asked=tuple(asked),
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
    )


def _sessions(utterances: int) -> Iterator[tuple[Hearing, list[Spoken]]]:
    for number, start in enumerate(range(0, utterances, _LINES_OF_SESSION)):
        name = f"S{number:05d}"
        hearing, transcript = Hearing(session=name), Transcript()
        for entry in spoken_log(min(_LINES_OF_SESSION, utterances - start), name):
            hearing = apply(hearing, entry)
            transcript.apply(entry)
        yield (
            hearing,
            [
                Spoken(line=line, speaker=hearing.people[line.participant or ""].seat.name)
                for line in transcript.shown()
            ],
        )


def _questions() -> Iterator[tuple[str, Wanted]]:
    for query in ("异议", "开庭", "开庭前双方曾经协商过三次", "没有这样的话"):
        yield "all", Wanted(query=query, sessions=None)
    yield "all, two phrases", Wanted(query="异议 违约责任", sessions=None)
    yield "all, one speaker", Wanted(query="异议", sessions=None, speaker="吴思敏")
    yield "three oldest sessions", Wanted(query="异议", sessions=("S00000", "S00001", "S00002"))


async def _ask(index: SearchIndex, of: str, wanted: Wanted, times: int) -> Asked:
    waits: list[float] = []
    before = time.process_time()
    for _ in range(times):
        begun = time.perf_counter()
        found = await index.find(wanted)
        waits.append((time.perf_counter() - begun) * 1000)
    return Asked(
        query=wanted.query,
        of=of,
        wall_ms_p50=round(statistics.median(waits), 2),
        wall_ms_worst=round(max(waits), 2),
        cpu_ms=round((time.process_time() - before) * 1000 / times, 2),
        hits=len(found.hits),
    )
