"""Copies of packages: sent, read back, gone on with after failures and restarts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from records.blobs.filesystem import FilesystemBlobs
from records.errors import BlobUnavailable
from records.keys import CourtKey
from records.memory import MemoryStore
from records.package.seal_files import TAG_STAMP
from signaling.record.copies import CopyState, PackageCopy
from tests.fakes.small_package import SESSION, small_package
from yunting.record.copies import Copies, Place

pytestmark = pytest.mark.unit

KEY = CourtKey.generate()


async def made(packages: Path, key: CourtKey, number: int = 1) -> Path:
    return await asyncio.to_thread(small_package, packages, key, number)


class Flaky(FilesystemBlobs):
    """Refuses the first `failures` files that are put."""

    def __init__(self, folder: Path, failures: int) -> None:
        super().__init__(folder)
        self.failures = failures
        self.tried: list[str] = []

    async def put(self, key: str, source: Path | bytes, sha512: str) -> None:
        self.tried.append(key)
        if self.failures > 0:
            self.failures -= 1
            raise BlobUnavailable("the line is cut")
        await super().put(key, source, sha512)


class Office:
    """A folder of packages, a store, and what runs over them."""

    def __init__(self, folder: Path) -> None:
        self.packages = folder / "var" / "packages"
        self.store = MemoryStore()
        self.now_ms = 1_000_000

    def copies(self, *places: Place) -> Copies:
        return Copies(self.packages, self.store, places, lambda: self.now_ms, pauses_s=(10, 60))


@contextlib.asynccontextmanager
async def at_work(copies: Copies) -> AsyncIterator[None]:
    task = asyncio.ensure_future(copies.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(copies: Copies, holds: Callable[[list[PackageCopy]], bool]) -> list[PackageCopy]:
    async with asyncio.timeout(20):
        while True:
            rows = list(await copies.of(SESSION))
            if rows and holds(rows):
                return rows
            await asyncio.sleep(0.01)


def all_are(state: CopyState) -> Callable[[list[PackageCopy]], bool]:
    return lambda rows: all(row.state is state for row in rows)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


async def test_two_places_get_every_package_and_each_copy_verifies(office: Office, tmp_path: Path) -> None:
    folders = [await made(office.packages, KEY, number) for number in (1, 2)]
    first, second = (Place(name, f"file:///{name}", FilesystemBlobs(tmp_path / name)) for name in ("first", "second"))
    copies = office.copies(first, second)
    async with at_work(copies):
        rows = await until(copies, lambda rows: len(rows) == 4 and all_are(CopyState.VERIFIED)(rows))
    assert {row.place for row in rows} == {"first", "second"} == set(copies.places)
    assert all(row.files_done == row.files_total > 5 and row.bytes_done == row.bytes_total for row in rows)
    for place in ("first", "second"):
        for folder in folders:
            copied = tmp_path / place / "packages" / folder.parent.name / folder.name
            there = {path.relative_to(copied) for path in copied.rglob("*")}
            assert there == {path.relative_to(folder) for path in folder.rglob("*")}
            assert all(
                path.read_bytes() == (copied / path.relative_to(folder)).read_bytes()
                for path in folder.rglob("*")
                if path.is_file()
            )


async def test_a_package_that_is_made_later_is_found(office: Office, tmp_path: Path) -> None:
    copies = office.copies(Place("first", "file:///a", FilesystemBlobs(tmp_path / "a")))
    async with at_work(copies):
        await made(office.packages, KEY)
        copies.wake()
        await until(copies, all_are(CopyState.VERIFIED))


async def test_a_place_that_fails_says_why_and_is_tried_again_after_a_pause(office: Office, tmp_path: Path) -> None:
    await made(office.packages, KEY)
    place = Flaky(tmp_path / "a", failures=1)
    copies = office.copies(Place("first", "file:///a", place))
    async with at_work(copies):
        [failed] = await until(copies, all_are(CopyState.FAILED))
        assert "the line is cut" in failed.reason_en
        assert failed.again_utc_ms == office.now_ms + 10_000
        office.now_ms += 10_000
        copies.wake()
        [done] = await until(copies, all_are(CopyState.VERIFIED))
    assert done.tries == 2
    assert done.reason_en == ""


async def test_one_place_down_does_not_hold_up_the_other(office: Office, tmp_path: Path) -> None:
    await made(office.packages, KEY)
    down = Place("first", "file:///a", Flaky(tmp_path / "a", failures=10**6))
    up = Place("second", "file:///b", FilesystemBlobs(tmp_path / "b"))
    copies = office.copies(down, up)
    async with at_work(copies):
        rows = await until(copies, lambda rows: {row.state for row in rows} == {CopyState.FAILED, CopyState.VERIFIED})
    assert {row.place: row.state for row in rows}["second"] is CopyState.VERIFIED


async def test_the_state_survives_a_restart_and_nothing_verified_is_sent_again(
    office: Office, tmp_path: Path
) -> None:
    await made(office.packages, KEY)
    place = Flaky(tmp_path / "a", failures=1)
    copies = office.copies(Place("first", "file:///a", place))
    async with at_work(copies):
        await until(copies, all_are(CopyState.FAILED))
    again = office.copies(Place("first", "file:///a", place))
    [row] = await again.of(SESSION)
    assert (row.state, row.tries) == (CopyState.FAILED, 1)
    office.now_ms += 10_000
    async with at_work(again):
        await until(again, all_are(CopyState.VERIFIED))
    sent = len(place.tried)
    third = office.copies(Place("first", "file:///a", place))
    async with at_work(third):
        await made(office.packages, KEY, 2)
        third.wake()
        await until(third, lambda rows: len(rows) == 2 and all_are(CopyState.VERIFIED)(rows))
    assert place.tried[sent:]
    assert all(f"/{office_id(office, 1)}/" in key for key in place.tried[sent:])


def office_id(office: Office, index: int) -> str:
    return sorted(path.name for path in office.packages.iterdir())[index]


async def test_a_package_that_was_changed_is_not_sent_and_waits_for_somebody(office: Office, tmp_path: Path) -> None:
    folder = await made(office.packages, KEY)
    track = folder / "data/media/tracks/原告_1.mkv"
    original = track.read_bytes()
    track.write_bytes(original[:-1] + b"x")
    copies = office.copies(Place("first", "file:///a", FilesystemBlobs(tmp_path / "a")))
    async with at_work(copies):
        [failed] = await until(copies, all_are(CopyState.FAILED))
        assert "原告_1.mkv" in failed.reason_zh
        assert failed.again_utc_ms is None
        track.write_bytes(original)
        assert await copies.retry(failed.package) == 1
        await until(copies, all_are(CopyState.VERIFIED))


async def test_a_copy_that_is_damaged_there_is_not_verified(office: Office, tmp_path: Path) -> None:
    class Rotten(FilesystemBlobs):
        async def keys(self, prefix: str) -> list[str]:
            await asyncio.to_thread(self.rot)
            return list(await super().keys(prefix))

        def rot(self) -> None:
            for file in (tmp_path / "a" / "packages").rglob("*.mkv"):
                file.write_bytes(b"x")

    await made(office.packages, KEY)
    copies = office.copies(Place("first", "file:///a", Rotten(tmp_path / "a")))
    async with at_work(copies):
        [failed] = await until(copies, all_are(CopyState.FAILED))
    assert "原告_1.mkv" in failed.reason_zh
    assert failed.again_utc_ms is None


async def test_a_place_that_moved_gets_everything_anew(office: Office, tmp_path: Path) -> None:
    await made(office.packages, KEY)
    copies = office.copies(Place("first", "file:///a", FilesystemBlobs(tmp_path / "a")))
    async with at_work(copies):
        await until(copies, all_are(CopyState.VERIFIED))
    moved = office.copies(Place("first", "file:///b", FilesystemBlobs(tmp_path / "b")))
    async with at_work(moved):
        await until(moved, lambda rows: rows[0].address == "file:///b" and rows[0].state is CopyState.VERIFIED)
    assert (tmp_path / "b" / "packages").is_dir()


async def test_a_time_stamp_that_comes_later_is_copied_too(office: Office, tmp_path: Path) -> None:
    folder = await made(office.packages, KEY)
    copies = office.copies(Place("first", "file:///a", FilesystemBlobs(tmp_path / "a")))
    async with at_work(copies):
        [row] = await until(copies, all_are(CopyState.VERIFIED))
        assert not row.stamped
        await asyncio.to_thread((folder / TAG_STAMP).write_bytes, b"a stamp")
        copies.wake()
        await until(copies, lambda rows: rows[0].state is CopyState.VERIFIED and rows[0].stamped)
    copied = tmp_path / "a" / "packages" / folder.parent.name / folder.name / TAG_STAMP
    assert copied.read_bytes() == b"a stamp"
