"""The SQLite file in a hostile environment: full disk, locks, strange files, many waiting callers."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import ctypes.util
import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from records.chain import check_chain
from records.errors import RecordError, StoreUnavailable
from records.sqlite import SqliteStore
from records.sqlite_file import LOGS, MAX_WAITING
from tests.fakes.hearings import chained

pytestmark = pytest.mark.integration


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "records.sqlite"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(path)
    yield store
    await store.close()


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """The kernel refuses every write to a file by this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_refuses_and_recovers(store: SqliteStore) -> None:
    entries = chained("s", 60)
    await store.append(entries[:10])
    assert await store.last("s") == entries[9]
    with full_disk():
        for _ in range(2):
            with pytest.raises(StoreUnavailable) as refusal:
                await store.append(entries[10:])
            assert refusal.value.code == "record-unavailable"
            assert refusal.value.zh
            assert refusal.value.en
            assert [entry.seq async for entry in store.read("s")] == list(range(1, 11)), "reading goes on"
    await store.append(entries[10:])
    check_chain("s", [entry async for entry in store.read("s")])
    last = await store.last("s")
    assert last is not None
    assert last.seq == 60


async def test_a_file_locked_by_another_program_refuses_and_recovers(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.sqlite_file.BUSY_TIMEOUT_S", 0.05)
    await store.close()
    store = await SqliteStore.open(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        await store.put("t", "k", b"1")
    assert await store.get("t", "k") is None
    other.execute("ROLLBACK")
    other.close()
    await store.put("t", "k", b"1")
    assert await store.get("t", "k") == b"1"
    await store.close()


async def test_two_stores_on_one_file_see_each_other(store: SqliteStore, path: Path) -> None:
    other = await SqliteStore.open(path)
    await store.append(chained("s", 3))
    assert (await other.last("s")) == (await store.last("s"))
    won = await asyncio.gather(*(side.add("tickets", "t", b"") for side in (store, other) for _ in range(10)))
    assert sum(won) == 1
    await other.close()


async def test_what_was_written_is_there_after_reopening(store: SqliteStore, path: Path) -> None:
    entries = chained("s", 5)
    await store.append(entries)
    await store.put("t", "k", b"v")
    await store.close()
    again = await SqliteStore.open(path)
    assert [entry async for entry in again.read("s")] == entries
    assert await again.get("t", "k") == b"v"
    await again.close()


async def test_a_commit_is_on_the_disk_before_the_answer(store: SqliteStore) -> None:
    modes = await store.file.write(
        lambda c: (c.execute("PRAGMA journal_mode").fetchone(), c.execute("PRAGMA synchronous").fetchone())
    )
    assert modes == (("wal",), (2,))


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to look at" * 50, b"\xff" * 5000])
async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(RecordError, match="other"):
        await SqliteStore.open(path)
    assert path.read_bytes() == content


async def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE mail (body TEXT)")
    with pytest.raises(RecordError, match="another program"):
        await SqliteStore.open(path)


async def test_a_newer_schema_is_refused(store: SqliteStore, path: Path) -> None:
    await store.close()
    with contextlib.closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {LOGS.version + 1}")
    with pytest.raises(RecordError, match="newer"):
        await SqliteStore.open(path)


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable, match="file"):
        await SqliteStore.open(tmp_path / "file" / "records.sqlite")


async def test_a_job_that_fails_takes_no_neighbour_with_it(store: SqliteStore) -> None:
    def bad(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO fact VALUES ('half', 'k', x'00')")
        connection.execute("INSERT INTO fact VALUES ('t', NULL, x'00')")

    results = await asyncio.gather(
        store.put("t", "before", b""),
        store.file.write(bad),
        store.put("t", "text instead of bytes", "x"),  # type: ignore[arg-type]
        store.put("t", "\ud800", b""),
        store.append(chained("s", 3)[1:]),
        store.put("t", "after", b""),
        return_exceptions=True,
    )
    assert [result is None for result in results] == [True, False, False, False, False, True]
    assert [key for key, _ in await store.items("t")] == ["after", "before"]
    assert await store.items("half") == ()


async def test_waiting_callers_share_transactions_and_beyond_the_bound_they_wait(store: SqliteStore) -> None:
    count = MAX_WAITING * 2
    commits = 0

    def counting(connection: sqlite3.Connection) -> None:
        def seen(statement: str) -> None:
            nonlocal commits
            commits += statement == "COMMIT"

        connection.set_trace_callback(seen)

    await store.file.write(counting)
    await asyncio.gather(*(store.put("t", str(n), b"") for n in range(count)))
    assert len(await store.items("t")) == count
    assert commits < count / 50


async def test_a_cancelled_caller_leaves_the_others_alone(store: SqliteStore) -> None:
    entries = chained("s", 2)
    cancelled = asyncio.ensure_future(store.append(entries[:1]))
    await asyncio.sleep(0)
    cancelled.cancel()
    await store.append(entries[1:])
    assert [entry.seq async for entry in store.read("s")] == [1, 2]


async def test_closing_answers_everybody(path: Path) -> None:
    store = await SqliteStore.open(path)
    waiting = [asyncio.ensure_future(store.put("t", str(n), b"")) for n in range(MAX_WAITING + 100)]
    await asyncio.sleep(0)
    await store.close()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    written = sum(result is None for result in results)
    assert all(result is None or isinstance(result, StoreUnavailable) for result in results)
    again = await SqliteStore.open(path)
    assert len(await again.items("t")) == written
    await again.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.get("t", "0")


def sqlite_bytes() -> int:
    """What SQLite has allocated in this process; 0 when Python does not use the system's library."""
    return int(ctypes.CDLL(ctypes.util.find_library("sqlite3")).sqlite3_memory_used())


async def test_a_file_that_grows_takes_no_more_memory(store: SqliteStore) -> None:
    used = []
    for session in range(60):
        await store.append(chained(f"s{session}", 100))
        if session >= 20:
            assert len([entry async for entry in store.read(f"s{session - 20}")]) == 100
            used.append(sqlite_bytes())
    if not used[-1]:
        pytest.skip("SQLite is linked into Python: what it uses cannot be seen")
    assert used[-1] < 2 * 1024 * 1024
    assert used[-1] - used[0] < 200 * 1024
