"""An index of all transcripts: which line of which session says a phrase, and at which moment.

It is derived from the logs and lies in a file of its own; `records.search.indexing` fills it. Who may read what is
part of the question: no line of another session is looked at.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import structlog

from hearing.state import Hearing
from hearing.transcript import Line
from records.errors import RecordError
from records.search.wanted import Piece, comparable, marked, phrases_of
from records.sqlite_file import Schema, SqliteFile

HITS_AT_ONCE = 50
SCHEMA = Schema("search", 1, 0x59756E53)
"""The mark reads 'YunS'."""

_PLACES_OF_SESSION = 39
"""Bits of a place within its session: 31 for its time in ms, 8 for lines of one millisecond."""
_LAST_SESSION = (1 << 24) - 1

log = structlog.get_logger(__name__)
_moments = msgspec.msgpack.Decoder(list[int])


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A question. `sessions` are those that the asker may read, None for all; every other part may be empty."""

    query: str
    sessions: tuple[str, ...] | None
    speaker: str = ""
    case_no: str = ""
    """A part of it is enough."""
    from_utc_ms: int = 0
    to_utc_ms: int = 1 << 48
    """When the session was to be held, up to but without this moment."""
    after: int = -1
    """`Hits.next` of the answer that this one goes on from."""
    at_once: int = HITS_AT_ONCE
    """Lines of one answer at most."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `at_ms` is when the first of the phrases is said (session ms)."""

    session: str
    court: str
    case_no: str
    hearing_no: str
    title: str
    scheduled_utc_ms: int
    line: str
    track: str
    speaker: str
    from_ms: int
    to_ms: int
    at_ms: int
    pieces: tuple[Piece, ...]


class Hits(msgspec.Struct, frozen=True, kw_only=True):
    """At most so many lines as were wanted at once, the newest session first, its lines by time."""

    hits: tuple[Hit, ...]
    next: str = ""
    """Where the rest begins (a number that scripts of pages could not hold); empty when this is all."""


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """A line for the index, with the words that name its speaker."""

    line: Line
    speaker: str


class SearchIndex:
    """See the module text. `indexing.Indexer` is the only writer."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    @classmethod
    async def open(cls, path: Path) -> SearchIndex:
        """Open or make the index; one that is damaged or of another version is made anew. Raises StoreUnavailable,
        and OSError when it cannot be replaced."""
        try:
            file = await SqliteFile.open(path, SCHEMA)
            if await file.read(_is_whole):
                return cls(file)
            await file.close()
        except RecordError as problem:
            log.warning("the search index is made anew", reason=str(problem))
        await asyncio.to_thread(_remove, path)
        return cls(await SqliteFile.open(path, SCHEMA))

    async def indexed(self) -> dict[str, int]:
        """How far each session's log is in the index. Raises StoreUnavailable."""
        rows = await self._file.read(
            lambda connection: connection.execute("SELECT id, indexed_seq FROM session").fetchall()
        )
        return dict(rows)

    async def put(self, hearing: Hearing, lines: Sequence[Spoken], seq: int) -> None:
        """The session's lines that changed up to entry `seq`. Idempotent. Raises StoreUnavailable."""
        await self._file.write(partial(_put, hearing=hearing, lines=lines, seq=seq))

    async def forget(self, sessions: Iterable[str]) -> None:
        """Take whole sessions out. Idempotent. Raises StoreUnavailable."""
        for session in sessions:
            await self._file.write(partial(_forget, session=session))

    async def find(self, wanted: Wanted) -> Hits:
        """Raises UserError `bad-query`, StoreUnavailable."""
        phrases = phrases_of(wanted.query)
        rows = await self._file.read(partial(_find, wanted=wanted, phrases=phrases))
        shown = rows[: wanted.at_once]
        return Hits(
            hits=tuple(_hit(row, phrases) for row in shown),
            next=str(shown[-1][0]) if len(rows) > wanted.at_once else "",
        )

    async def close(self) -> None:
        """Idempotent."""
        await self._file.close()


def _is_whole(connection: sqlite3.Connection) -> bool:
    try:
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        return bool(said == "ok")
    except sqlite3.DatabaseError as problem:
        if type(problem) is not sqlite3.DatabaseError:
            raise
        # "Malformed": the disk answered, and what it gave is no database.
        return False


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


# --- writing ------------------------------------------------------------------------------------------------


def _put(connection: sqlite3.Connection, hearing: Hearing, lines: Sequence[Spoken], seq: int) -> None:
    facts = (
        seq,
        hearing.court,
        hearing.case_no,
        comparable(hearing.case_no).characters,
        hearing.hearing_no,
        hearing.title,
        hearing.scheduled_utc_ms,
        hearing.session,
    )
    (number,) = connection.execute(
        "INSERT INTO session (indexed_seq, court, case_no, case_key, hearing_no, title, scheduled_utc_ms, id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET indexed_seq = excluded.indexed_seq, "
        "court = excluded.court, case_no = excluded.case_no, case_key = excluded.case_key, "
        "hearing_no = excluded.hearing_no, title = excluded.title, scheduled_utc_ms = excluded.scheduled_utc_ms "
        "RETURNING number",
        facts,
    ).fetchone()
    for spoken in lines:
        _take_out(connection, "session = ? AND id = ?", number, spoken.line.id)
        if spoken.line.shown and spoken.line.text:
            _add(connection, number, spoken)


def _forget(connection: sqlite3.Connection, session: str) -> None:
    row = connection.execute("SELECT number FROM session WHERE id = ?", (session,)).fetchone()
    if row is not None:
        _take_out(connection, "session = ?", row[0])
        connection.execute("DELETE FROM session WHERE number = ?", row)


def _take_out(connection: sqlite3.Connection, where: str, *values: object) -> None:
    for place, text, speaker in connection.execute(f"SELECT place, text, speaker FROM line WHERE {where}", values):
        # The index keeps no text: it has to be told what it held.
        connection.execute(
            "INSERT INTO heard (heard, rowid, text, speaker) VALUES ('delete', ?, ?, ?)",
            (place, comparable(text).words, comparable(speaker).words),
        )
    connection.execute(f"DELETE FROM line WHERE {where}", values)


def _add(connection: sqlite3.Connection, number: int, spoken: Spoken) -> None:
    line = spoken.line
    first = (_LAST_SESSION - number) << _PLACES_OF_SESSION | min(line.from_ms, (1 << 31) - 1) << 8
    (last,) = connection.execute(
        "SELECT max(place) FROM line WHERE place BETWEEN ? AND ?", (first, first + 255)
    ).fetchone()
    place = first if last is None else last + 1
    compared = comparable(line.text)
    starts = [word.from_ms - line.from_ms for word in line.words for _ in word.text]
    moments = [starts[at] for at in compared.places] if len(starts) == len(line.text) else []
    connection.execute(
        "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            place,
            number,
            line.id,
            line.track,
            spoken.speaker,
            line.from_ms,
            line.to_ms,
            line.text,
            msgspec.msgpack.encode(moments),
        ),
    )
    connection.execute(
        "INSERT INTO heard (rowid, text, speaker) VALUES (?, ?, ?)",
        (place, compared.words, comparable(spoken.speaker).words),
    )


# --- reading ------------------------------------------------------------------------------------------------


def _find(connection: sqlite3.Connection, wanted: Wanted, phrases: Sequence[str]) -> list[tuple[Any, ...]]:
    match = [f'text : "{" ".join(phrase)}"' for phrase in phrases]
    if speaker := comparable(wanted.speaker).words:
        match.append(f'speaker : "{speaker}"')
    found: list[tuple[Any, ...]] = []
    for newest, oldest in _runs(_readable(connection, wanted)):
        first = max(wanted.after + 1, (_LAST_SESSION - newest) << _PLACES_OF_SESSION)
        end = (_LAST_SESSION - oldest + 1) << _PLACES_OF_SESSION
        if first >= end:
            continue
        found += connection.execute(
            "SELECT place, s.id, court, case_no, hearing_no, title, scheduled_utc_ms, l.id, track, speaker, from_ms, "
            "to_ms, text, moments FROM (SELECT rowid AS found FROM heard WHERE heard MATCH ? AND rowid >= ? "
            "AND rowid < ? ORDER BY rowid LIMIT ?) JOIN line l ON l.place = found "
            "JOIN session s ON s.number = l.session ORDER BY place",
            (" AND ".join(match), first, end, wanted.at_once + 1 - len(found)),
        ).fetchall()
        if len(found) > wanted.at_once:
            break
    return found


def _readable(connection: sqlite3.Connection, wanted: Wanted) -> list[int]:
    """Numbers of the sessions that the question is about and the asker may read, the newest first."""
    where = "scheduled_utc_ms >= ? AND scheduled_utc_ms < ? AND instr(case_key, ?) > 0"
    values: list[object] = [wanted.from_utc_ms, wanted.to_utc_ms, comparable(wanted.case_no).characters]
    if wanted.sessions is not None:
        where += " AND id IN (SELECT value FROM json_each(?))"
        values.append(msgspec.json.encode(wanted.sessions).decode())
    rows = connection.execute(f"SELECT number FROM session WHERE {where} ORDER BY number DESC", values)
    return [number for (number,) in rows]


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Falling numbers as stretches (first, last) without a hole: one look into the index for each."""
    run: tuple[int, int] | None = None
    for number in numbers:
        if run is not None and number != run[1] - 1:
            yield run
            run = None
        run = (run[0] if run else number, number)
    if run is not None:
        yield run


def _hit(row: tuple[Any, ...], phrases: Sequence[str]) -> Hit:
    _, *facts, text, packed = row
    known = dict(zip(Hit.__struct_fields__, facts, strict=False))
    marks = marked(text, phrases)
    moments = _moments.decode(packed)
    at_ms = known["from_ms"] + (moments[marks.first] if marks.first < len(moments) else 0)
    return Hit(**known, at_ms=at_ms, pieces=marks.pieces)
