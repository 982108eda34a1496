"""The event and key-value stores in one SQLite file (see `records.sqlite_file`)."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

import msgspec

from hearing.events import Entry, Head
from records.canonical import canonical
from records.chain import GENESIS
from records.errors import UNREADABLE, BrokenChain, OutOfOrder
from records.sqlite_file import SqliteFile

PAGE_ENTRIES = 500
"""Entries fetched at once by `read`: a long log never lies in memory whole."""

_AFTER_ALL = "\U0010ffff"
"""Sorts after whatever may follow a prefix: the last code point, in UTF-8 as SQLite compares."""

_entries = msgspec.json.Decoder(Entry)
_heads = msgspec.json.Decoder(Head)


class SqliteStore:
    """EventStore and KeyValueStore. Everything is durable (fsync) before its call returns."""

    def __init__(self, file: SqliteFile) -> None:
        self.file = file

    @classmethod
    async def open(cls, path: Path) -> SqliteStore:
        """Open or make the file. Raises StoreUnavailable, or RecordError for a file that is not ours."""
        return cls(await SqliteFile.open(path))

    async def append(self, entries: Sequence[Entry]) -> None:
        rows = [(entry, canonical(entry)) for entry in entries]
        if rows:
            await self.file.write(lambda connection: _append(connection, rows))

    async def read(self, session: str, after_seq: int = 0) -> AsyncIterator[Entry]:
        seq = after_seq
        while True:
            rows = await self.file.read(partial(_page, session=session, after_seq=seq))
            for seq, body in rows:
                yield _decoded(session, seq, body)
            if len(rows) < PAGE_ENTRIES:
                return

    async def last(self, session: str) -> Entry | None:
        row = await self.file.read(
            lambda connection: connection.execute(
                "SELECT seq, body FROM entry WHERE session = ? ORDER BY seq DESC LIMIT 1", (session,)
            ).fetchone()
        )
        return None if row is None else _decoded(session, *row)

    async def sessions(self) -> Sequence[str]:
        rows = await self.file.read(
            lambda connection: connection.execute("SELECT session FROM log ORDER BY position").fetchall()
        )
        return tuple(session for (session,) in rows)

    async def add_head(self, head: Head) -> None:
        row = (head.session, head.seq, head.utc_ms, head.signature, canonical(head))
        await self.file.write(
            lambda connection: connection.execute("INSERT OR IGNORE INTO head VALUES (?, ?, ?, ?, ?)", row)
        )

    async def heads(self, session: str) -> Sequence[Head]:
        rows = await self.file.read(
            lambda connection: connection.execute(
                "SELECT body FROM head WHERE session = ? ORDER BY seq, utc_ms", (session,)
            ).fetchall()
        )
        return tuple(_heads.decode(body) for (body,) in rows)

    async def put(self, table: str, key: str, value: bytes) -> None:
        await self.file.write(
            lambda connection: connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?, ?)", (table, key, value))
        )

    async def add(self, table: str, key: str, value: bytes) -> bool:
        return await self.file.write(
            lambda connection: (
                connection.execute("INSERT OR IGNORE INTO fact VALUES (?, ?, ?)", (table, key, value)).rowcount == 1
            )
        )

    async def get(self, table: str, key: str) -> bytes | None:
        row = await self.file.read(
            lambda connection: connection.execute(
                "SELECT value FROM fact WHERE kind = ? AND key = ?", (table, key)
            ).fetchone()
        )
        return None if row is None else bytes(row[0])

    async def delete(self, table: str, key: str) -> None:
        await self.file.write(
            lambda connection: connection.execute("DELETE FROM fact WHERE kind = ? AND key = ?", (table, key))
        )

    async def items(self, table: str) -> Sequence[tuple[str, bytes]]:
        rows = await self.file.read(
            lambda connection: connection.execute(
                "SELECT key, value FROM fact WHERE kind = ? ORDER BY key", (table,)
            ).fetchall()
        )
        return tuple((str(key), bytes(value)) for key, value in rows)

    async def keys(self, table: str, prefix: str = "") -> Sequence[str]:
        rows = await self.file.read(
            lambda connection: connection.execute(
                "SELECT key FROM fact WHERE kind = ? AND key >= ? AND key < ? ORDER BY key",
                (table, prefix, prefix + _AFTER_ALL),
            ).fetchall()
        )
        return tuple(key for (key,) in rows)

    async def scrub(self) -> None:
        """The write-ahead log, which still holds what was there before, is copied into the file and emptied; in
        the file itself deleted bytes were overwritten (`secure_delete`)."""
        await self.file.empty_log()

    async def close(self) -> None:
        """Finish what waits, then close the file. Idempotent."""
        await self.file.close()


def _append(connection: sqlite3.Connection, rows: Sequence[tuple[Entry, bytes]]) -> None:
    for entry, body in rows:
        known = connection.execute(
            "SELECT last_seq, last_hash FROM log WHERE session = ?", (entry.session,)
        ).fetchone()
        last_seq, last_hash = known or (0, GENESIS)
        if entry.seq != last_seq + 1 or entry.prev != last_hash:
            raise OutOfOrder(entry.session, entry.seq, last_seq + 1)
        connection.execute("INSERT INTO entry VALUES (?, ?, ?)", (entry.session, entry.seq, body))
        connection.execute(
            "INSERT INTO log (session, last_seq, last_hash) VALUES (?1, ?2, ?3) "
            "ON CONFLICT (session) DO UPDATE SET last_seq = ?2, last_hash = ?3",
            (entry.session, entry.seq, entry.hash),
        )


def _page(connection: sqlite3.Connection, session: str, after_seq: int) -> list[tuple[int, bytes]]:
    return connection.execute(
        "SELECT seq, body FROM entry WHERE session = ? AND seq > ? ORDER BY seq LIMIT ?",
        (session, after_seq, PAGE_ENTRIES),
    ).fetchall()


def _decoded(session: str, seq: int, body: bytes) -> Entry:
    try:
        return _entries.decode(body)
    except UNREADABLE as error:
        raise BrokenChain(session, seq, f"it is unreadable: {error}") from error
