"""Bytes of a store that the disk has changed: told as what they are, with the place, and never as a fault of ours."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearing.clock import Sources
from records.errors import BrokenChain, StoreUnavailable
from records.keys import CourtKey
from records.sqlite import SqliteStore
from tests.contracts.leaf_store import head, some
from tests.fakes.hearings import chained
from voting.roll_shelf import RollShelf
from voting.sequencer import BrokenLog, Sequencer
from voting.stores.sqlite import SqliteLeafStore

pytestmark = pytest.mark.integration

NO_TEXT = b'{"session":"\xff\xfe"}'
WRONG = [NO_TEXT, b"", b"\xff", b"[" * 100_000, b'{"event":' + b"[" * 100_000, b"null", b"7"]


def changed(file: Path, table: str, body: bytes) -> None:
    """As a bad disk does it, which asks no guard."""
    with closing(sqlite3.connect(file)) as disk, disk:
        for (name,) in disk.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            disk.execute(f"DROP TRIGGER {name}")
        disk.execute(f"UPDATE {table} SET body = ?", (body,))


async def read(file: Path) -> None:
    store = await SqliteStore.open(file)
    try:
        with pytest.raises(BrokenChain, match=r"S1.*unreadable"):
            [entry async for entry in store.read("S1")]
        with pytest.raises(BrokenChain, match="unreadable"):
            await store.last("S1")
    finally:
        await store.close()


async def filled(file: Path) -> None:
    store = await SqliteStore.open(file)
    await store.append(chained("S1", 3))
    await store.close()


@pytest.mark.parametrize("body", WRONG)
def test_an_entry_that_is_none_is_a_broken_log(tmp_path: Path, body: bytes) -> None:
    file = tmp_path / "yunting.db"
    asyncio.run(filled(file))
    changed(file, "entry", body)
    asyncio.run(read(file))


@settings(max_examples=20)
@given(at=st.integers(0, 500), flip=st.integers(0x80, 0xFF))
def test_any_byte_of_an_entry(tmp_path_factory: pytest.TempPathFactory, at: int, flip: int) -> None:
    """With the highest bit turned ASCII is no text any more."""
    file = tmp_path_factory.mktemp("court") / "yunting.db"
    asyncio.run(filled(file))
    with closing(sqlite3.connect(file)) as disk:
        (body,) = disk.execute("SELECT body FROM entry WHERE seq = 1").fetchone()
    data = bytearray(body)
    data[at % len(data)] ^= flip | 0x80
    changed(file, "entry", bytes(data))
    asyncio.run(read(file))


async def replayed(file: Path) -> None:
    store = await SqliteLeafStore.open(file)
    try:
        with pytest.raises(BrokenLog, match="unreadable"):
            await Sequencer.open(store, "m", CourtKey.generate(), Sources(lambda: 0, lambda: 0), lambda leaf: None)
    finally:
        await store.close()


async def voted(file: Path) -> None:
    store = await SqliteLeafStore.open(file)
    await store.commit("m", 0, some(0, 2), head(2))
    await store.close()


@pytest.mark.parametrize("body", WRONG)
def test_a_leaf_that_is_none_is_a_broken_log(tmp_path: Path, body: bytes) -> None:
    file = tmp_path / "ballots.sqlite"
    asyncio.run(voted(file))
    changed(file, "leaf", body)
    asyncio.run(replayed(file))


@pytest.mark.parametrize("body", [b"\xa5\xff\xfe\xff\xff\xff", b"", b"\x91" * 100_000])
def test_a_roll_that_is_none_is_named(tmp_path: Path, body: bytes) -> None:
    folder = tmp_path / "M"
    folder.mkdir()
    (folder / "01J.roll").write_bytes(body)
    with pytest.raises(StoreUnavailable, match=r"01J\.roll"):
        RollShelf(tmp_path).get("M", "01J")
