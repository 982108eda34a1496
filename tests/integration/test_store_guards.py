"""Logs and their heads are only ever added to, in files from before too: the file refuses the rest by itself."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hearing.events import Head
from records.sqlite import SqliteStore
from records.sqlite_file import LOGS, Schema
from tests.contracts.leaf_store import head, some
from tests.fakes.hearings import chained
from voting.stores.sqlite import BALLOTS, SqliteLeafStore

pytestmark = pytest.mark.integration

FORBIDDEN = {
    "change": "UPDATE {table} SET body = x'00'",
    "remove": "DELETE FROM {table}",
    "replace": "INSERT OR REPLACE INTO {table} SELECT {keys}, x'00' FROM {table}",
    "replace by an update": (
        "INSERT INTO {table} SELECT {keys}, x'00' FROM {table} WHERE true ON CONFLICT DO UPDATE SET body = x'00'"
    ),
}
KEYS = {
    ("logs", "entry"): "session, seq",
    ("logs", "head"): "session, seq, utc_ms, signature",
    ("ballots", "leaf"): "meeting, seq",
    ("ballots", "head"): "meeting, size",
}


async def _filled(path: Path, schema: Schema) -> None:
    """Opened, added to, and closed."""
    if schema is LOGS:
        store = await SqliteStore.open(path)
        if await store.last("S1") is None:
            await store.append(chained("S1", 3))
        last = await store.last("S1")
        assert last is not None
        signed = Head(session="S1", seq=3, hash=last.hash, utc_ms=1, key="k", signature="s")
        # Again the same head: nobody minds.
        for _ in range(2):
            await store.add_head(signed)
        await store.close()
    else:
        leaves = await SqliteLeafStore.open(path)
        if not await leaves.size("m"):
            await leaves.commit("m", 0, some(0, 3), head(3))
        await leaves.close()


def _tried(path: Path, statement: str) -> str:
    with closing(sqlite3.connect(path)) as mallory, pytest.raises(sqlite3.IntegrityError) as refused:
        mallory.execute(statement)
    return str(refused.value)


def _from_before(path: Path) -> None:
    with closing(sqlite3.connect(path)) as old, old:
        for (name,) in old.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            old.execute(f"DROP TRIGGER {name}")


@pytest.mark.parametrize("how", FORBIDDEN)
@pytest.mark.parametrize(("schema", "table"), [(LOGS, "entry"), (LOGS, "head"), (BALLOTS, "leaf"), (BALLOTS, "head")])
async def test_a_file_refuses_by_itself(schema: Schema, table: str, how: str, tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    await _filled(path, schema)
    statement = FORBIDDEN[how].format(table=table, keys=KEYS[schema.name, table])
    assert "never" in await asyncio.to_thread(_tried, path, statement)
    await asyncio.to_thread(_from_before, path)
    await _filled(path, schema)
    assert "never" in await asyncio.to_thread(_tried, path, statement)
