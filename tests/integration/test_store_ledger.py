"""A hearing on a real SQLite file: crash without closing, recovery, and a check with the standard library alone."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from hearing import commands as cmd
from hearing.clock import Sources
from hearing.participant import Presence
from hearing.session import Move, State
from records.book import LedgerBook
from records.keys import CourtKey
from records.ledger import Ledger
from records.sqlite import SqliteStore
from tests.fakes.hearings import created

pytestmark = pytest.mark.integration

SOURCES = Sources(lambda: time.monotonic_ns() // 1000, lambda: time.time_ns() // 1_000_000)
KEY = CourtKey.generate()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.sqlite"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(path)
    yield store
    await store.close()


async def a_hearing(book: LedgerBook) -> Ledger:
    ledger = await book.create(created(), "li")
    await ledger.arrived("judge", "ws")
    await ledger.do("judge", cmd.MoveSession(move=Move.GATHER))
    await ledger.arrived("plaintiff", "ws")
    await ledger.do("judge", cmd.MoveSession(move=Move.OPEN, override="被告线下核实"))
    await ledger.do("plaintiff", cmd.RaiseHand(raised=True))
    await ledger.sign()
    return ledger


async def test_a_crashed_hearing_goes_on_where_it_was(store: SqliteStore, path: Path) -> None:
    before = await a_hearing(LedgerBook(store, KEY, SOURCES, "0.1"))
    again_store = await SqliteStore.open(path)
    book = LedgerBook(again_store, KEY, SOURCES, "0.1")
    assert await book.recover() == []
    again = await book.get(before.session)
    assert again.hearing.state is State.IN_SESSION
    assert again.hearing.people["plaintiff"].presence is Presence.DROPPED
    assert again.hearing.people["plaintiff"].hand_raised_ms is not None
    assert again.clock.now_ms() >= before.hearing.last_at_ms
    await again.arrived("judge", "resumed")
    await again.do("judge", cmd.MoveSession(move=Move.CLOSE))
    await book.close()
    await again_store.close()


async def test_what_lies_in_the_file_verifies_with_the_standard_library(store: SqliteStore, path: Path) -> None:
    ledger = await a_hearing(LedgerBook(store, KEY, SOURCES, "0.1"))
    with closing(sqlite3.connect(path)) as reader:
        bodies = [body for (body,) in reader.execute("SELECT body FROM entry ORDER BY seq")]
        (head,) = (json.loads(body) for (body,) in reader.execute("SELECT body FROM head"))
    prev = "0" * 64
    for body in bodies:
        entry = json.loads(body)
        digest = entry.pop("hash")
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        assert entry["prev"] == prev
        assert hashlib.sha256(text).hexdigest() == digest
        prev = digest
    assert (head["hash"], head["seq"]) == (prev, ledger.hearing.last_seq)


@pytest.mark.parametrize("table", ["entry", "head"])
async def test_the_file_refuses_to_change_or_remove_what_a_log_holds(
    store: SqliteStore, path: Path, table: str
) -> None:
    ledger = await a_hearing(LedgerBook(store, KEY, SOURCES, "0.1"))
    await ledger.sign()
    with closing(sqlite3.connect(path)) as other:
        (before,) = other.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert before
        for act in (f"UPDATE {table} SET body = x''", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                other.execute(act)
        assert other.execute(f"SELECT count(*) FROM {table}").fetchone() == (before,)


async def test_an_altered_body_in_the_file_is_found_at_recovery(store: SqliteStore, path: Path) -> None:
    ledger = await a_hearing(LedgerBook(store, KEY, SOURCES, "0.1"))
    for seq, (old, new) in {3: ("ws", "sw"), 5: ("{", "")}.items():
        with closing(sqlite3.connect(path)) as mallory, mallory:
            (body,) = mallory.execute("SELECT body FROM entry WHERE seq = ?", (seq,)).fetchone()
            changed = body.decode().replace(old, new, 1).encode()
            assert changed != body
            # Whoever can write the file can take its guards away.
            mallory.execute("DROP TRIGGER IF EXISTS entry_stays")
            mallory.execute("UPDATE entry SET body = ? WHERE seq = ?", (changed, seq))
        again = LedgerBook(store, KEY, SOURCES, "0.1")
        assert [(broken.session, broken.seq) for broken in await again.recover()] == [(ledger.session, seq)]
        with closing(sqlite3.connect(path)) as mallory, mallory:
            mallory.execute("UPDATE entry SET body = ? WHERE seq = ?", (body, seq))
