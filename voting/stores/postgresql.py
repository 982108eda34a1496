"""A LeafStore in PostgreSQL 14 or newer, by `asyncpg`; its tables are `records/schema/ballots_postgresql.sql`.

A group is one statement: it looks where the log ends, that nothing can be lost, and adds leaves and head, or does
nothing. PostgreSQL answers once the transaction is synced, unless it was told not to: with `fsync`,
`full_page_writes` or `synchronous_commit` off a crash or power failure would lose ballots whose receipts were given,
so it is refused, when the store is opened and with each group. To be reached directly, not through a pooler that
changes connections between statements.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from importlib import resources

import asyncpg
import structlog

from records.address import shown
from records.errors import OutOfOrder, StoreUnavailable
from voting.ports import KeptHead
from voting.stores.postgresql_link import Link

PAGE_LEAVES = 2_000
NEEDED = {
    "fsync": "a power failure breaks the whole database",
    "full_page_writes": "a power failure leaves pages half written",
    "synchronous_commit": "a crash loses ballots whose receipts were given",
}
"""Settings that must not be off, and why. All other values of `synchronous_commit` sync the local disk first."""
_SETTINGS = ", ".join(f"current_setting('{name}')" for name in NEEDED)
_COMMIT = f"""
WITH due AS MATERIALIZED (SELECT coalesce(max(seq) + 1, 0) AS size FROM yunting_leaf WHERE meeting = $1),
given AS MATERIALIZED (SELECT size FROM due WHERE size = $2 AND 'off' NOT IN ({_SETTINGS})),
leaf AS (
    INSERT INTO yunting_leaf (meeting, seq, body)
    SELECT $1, $2 + place - 1, body FROM given, unnest($3::bytea[]) WITH ORDINALITY AS new (body, place)
),
head AS (INSERT INTO yunting_head (meeting, size, body) SELECT $1, $4, $5 FROM given)
SELECT (SELECT size FROM due), (SELECT count(*) FROM given), {_SETTINGS}
"""
_SIZE = "SELECT coalesce(max(seq) + 1, 0) FROM yunting_leaf WHERE meeting = $1"
_PAGE = "SELECT body FROM yunting_leaf WHERE meeting = $1 AND seq >= $2 ORDER BY seq LIMIT $3"
_LEAF = "SELECT body FROM yunting_leaf WHERE meeting = $1 AND seq = $2"
_HEADS = "SELECT size, body FROM yunting_head WHERE meeting = $1 ORDER BY size"
_HEAD_OVER = "SELECT size, body FROM yunting_head WHERE meeting = $1 AND size > $2 ORDER BY size LIMIT 1"
_MEETINGS = "SELECT meeting FROM yunting_leaf WHERE seq = 0 ORDER BY meeting"
_SCHEMA = resources.files("records").joinpath("schema")
_TABLES, _GUARDS = (_SCHEMA.joinpath(f"ballots_postgresql{part}.sql") for part in ("", "_guards"))
_UNGUARDED = """
SELECT count(*) FILTER (WHERE NOT guarded), bool_and(pg_has_role(relowner, 'USAGE'))
FROM (
    SELECT relowner, EXISTS (
        SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgname = relname || '_stays' AND tgenabled = 'A'
    ) AS guarded
    FROM pg_class WHERE oid IN (to_regclass('yunting_leaf'), to_regclass('yunting_head'))
) AS found
"""
_MAKING = 0x59756E62
"""Held while the tables are made: servers that start together make them once."""

_log = structlog.get_logger(__name__)


class PostgresqlLeafStore:
    """LeafStore. Reading does not wait for a group that is being written."""

    def __init__(self, url: str) -> None:
        self._name = shown(url)
        self._writer = Link(url, self._name)
        self._reader = Link(url, self._name)

    @classmethod
    async def open(cls, url: str) -> PostgresqlLeafStore:
        """Connect, check the settings, and make the tables where there are none. `url` is what libpq takes:
        `postgresql://user:password@host:port/database?sslmode=verify-full`; without a password `PGPASSWORD` or
        `~/.pgpass`. Raises StoreUnavailable, also for settings that could lose a ballot."""
        store = cls(url)
        try:
            ((found, *settings),) = await store._writer.ask(f"SELECT to_regclass('yunting_head'), {_SETTINGS}")
            store._check(settings)
            if found is None:
                tables = await asyncio.to_thread(_TABLES.read_text, "utf-8")
                await store._writer.run(f"BEGIN; SELECT pg_advisory_xact_lock({_MAKING}); {tables} COMMIT")
            await store._guard()
        except BaseException:
            await store.close()
            raise
        return store

    async def commit(self, meeting: str, first: int, leaves: Sequence[bytes], head: KeptHead) -> None:
        if head.size != first + len(leaves) or not leaves:
            raise OutOfOrder(meeting, first, await self.size(meeting))
        try:
            ((due, added, *settings),) = await self._writer.ask(_COMMIT, meeting, first, leaves, head.size, head.data)
        except asyncpg.UniqueViolationError as problem:
            # Another writer was faster by less than a statement.
            raise OutOfOrder(meeting, first, await self.size(meeting)) from problem
        if due != first:
            raise OutOfOrder(meeting, first, due)
        self._check(settings)
        if not added:
            raise StoreUnavailable(f"{self._name}: nothing was added")

    async def size(self, meeting: str) -> int:
        ((found,),) = await self._read(_SIZE, meeting)
        return int(found)

    async def leaves(self, meeting: str, first: int = 0) -> AsyncIterator[bytes]:
        seq = first
        while rows := await self._read(_PAGE, meeting, seq, PAGE_LEAVES):
            for (body,) in rows:
                yield body
            seq += len(rows)

    async def leaf(self, meeting: str, seq: int) -> bytes | None:
        rows = await self._read(_LEAF, meeting, seq)
        return rows[0][0] if rows else None

    async def heads(self, meeting: str) -> Sequence[KeptHead]:
        return tuple(KeptHead(*row) for row in await self._read(_HEADS, meeting))

    async def head_over(self, meeting: str, seq: int) -> KeptHead | None:
        rows = await self._read(_HEAD_OVER, meeting, seq)
        return KeptHead(*rows[0]) if rows else None

    async def meetings(self) -> Sequence[str]:
        return tuple(meeting for (meeting,) in await self._read(_MEETINGS))

    async def close(self) -> None:
        await self._writer.close()
        await self._reader.close()

    async def _guard(self) -> None:
        """Tables from before get what refuses changes; a role that does not own them is told to ask who does."""
        ((unguarded, owner),) = await self._writer.ask(_UNGUARDED)
        if unguarded and owner:
            guards = await asyncio.to_thread(_GUARDS.read_text, "utf-8")
            await self._writer.run(f"BEGIN; SELECT pg_advisory_xact_lock({_MAKING}); {guards} COMMIT")
        elif unguarded:
            _log.warning(
                "the tables of ballot logs would take changes: let their owner run ballots_postgresql_guards.sql",
                store=self._name,
            )

    async def _read(self, statement: str, *values: object) -> Sequence[asyncpg.Record]:
        if self._writer.lost:
            # The group that was being written may be done or not: that must be settled before anybody reads the log.
            await self._writer.ready()
        return await self._reader.ask(statement, *values)

    def _check(self, settings: Sequence[str]) -> None:
        """Raises StoreUnavailable unless each answer of this PostgreSQL is synced first."""
        for (name, reason), value in zip(NEEDED.items(), settings, strict=True):
            if value == "off":
                raise StoreUnavailable(
                    f"{self._name}: 不能关闭 {name}，否则断电或崩溃会丢失已出具回执的表决票 / "
                    f"{name} must not be off: {reason}"
                )
