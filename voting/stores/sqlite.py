"""A LeafStore in one SQLite file (see `records.sqlite_file`): WAL, synchronous=FULL, rows of (meeting, seq, leaf)."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

from records.errors import OutOfOrder
from records.sqlite_file import Schema, SqliteFile
from voting.ports import KeptHead

BALLOTS = Schema("ballots", 1, 0x59756E62, guarded=True)
"""The mark reads 'Yunb'."""
PAGE_LEAVES = 2_000
"""Leaves fetched at once: a long log never lies in memory whole."""


def _insert(rows: int) -> str:
    return "INSERT INTO leaf VALUES " + ", ".join(f"(?1, ?2 + {at}, ?{at + 3})" for at in range(rows))


# The interpreter's lock changes hands with each statement, not with each row: a busy event loop gives it back to the
# writer's thread only after a while, and hundreds of rows would each wait for it.
_INSERTS = tuple((rows, _insert(rows)) for rows in (256, 64, 16, 4, 1))


class SqliteLeafStore:
    """LeafStore."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    @classmethod
    async def open(cls, path: Path) -> SqliteLeafStore:
        """Open or make the file. Raises StoreUnavailable, or RecordError for a file that is not ours."""
        return cls(await SqliteFile.open(path, BALLOTS))

    async def commit(self, meeting: str, first: int, leaves: Sequence[bytes], head: KeptHead) -> None:
        await self._file.write(partial(_commit, meeting=meeting, first=first, leaves=leaves, head=head))

    async def size(self, meeting: str) -> int:
        return await self._file.read(partial(_size, meeting=meeting))

    async def leaves(self, meeting: str, first: int = 0) -> AsyncIterator[bytes]:
        seq = first
        while rows := await self._file.read(partial(_page, meeting=meeting, first=seq)):
            for (body,) in rows:
                yield body
            seq += len(rows)

    async def leaf(self, meeting: str, seq: int) -> bytes | None:
        rows = await self._file.read(partial(_page, meeting=meeting, first=seq, most=1))
        return rows[0][0] if rows and seq >= 0 else None

    async def heads(self, meeting: str) -> Sequence[KeptHead]:
        rows = await self._file.read(
            lambda connection: connection.execute(
                "SELECT size, body FROM head WHERE meeting = ? ORDER BY size", (meeting,)
            ).fetchall()
        )
        return tuple(KeptHead(*row) for row in rows)

    async def head_over(self, meeting: str, seq: int) -> KeptHead | None:
        row = await self._file.read(
            lambda connection: connection.execute(
                "SELECT size, body FROM head WHERE meeting = ? AND size > ? ORDER BY size LIMIT 1", (meeting, seq)
            ).fetchone()
        )
        return None if row is None else KeptHead(*row)

    async def meetings(self) -> Sequence[str]:
        rows = await self._file.read(
            lambda connection: connection.execute("SELECT meeting FROM log ORDER BY meeting").fetchall()
        )
        return tuple(meeting for (meeting,) in rows)

    async def close(self) -> None:
        await self._file.close()


def _size(connection: sqlite3.Connection, meeting: str) -> int:
    row = connection.execute("SELECT size FROM log WHERE meeting = ?", (meeting,)).fetchone()
    return 0 if row is None else int(row[0])


def _page(connection: sqlite3.Connection, meeting: str, first: int, most: int = PAGE_LEAVES) -> list[tuple[bytes]]:
    return connection.execute(
        "SELECT body FROM leaf WHERE meeting = ? AND seq >= ? ORDER BY seq LIMIT ?", (meeting, first, most)
    ).fetchall()


def _commit(
    connection: sqlite3.Connection, meeting: str, first: int, leaves: Sequence[bytes], head: KeptHead
) -> None:
    due = _size(connection, meeting)
    after = due + len(leaves)
    if first != due or head.size != after or not leaves:
        raise OutOfOrder(meeting, first, due)
    seq = first
    for rows, statement in _INSERTS:
        while after - seq >= rows:
            connection.execute(statement, (meeting, seq, *leaves[seq - first : seq - first + rows]))
            seq += rows
    connection.execute("INSERT INTO head VALUES (?, ?, ?)", (meeting, head.size, head.data))
    connection.execute("INSERT OR REPLACE INTO log VALUES (?, ?)", (meeting, after))
