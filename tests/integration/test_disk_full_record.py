"""A disk that is too small for the record, and grows: at every size a person is told that it is full, nothing
half-made is left, and what was done stays done."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hearing.errors import UserError
from records import verify
from records.blobs.filesystem import FilesystemBlobs
from records.composite.encoding import Look
from records.keys import CourtKey
from records.memory import MemoryStore
from records.package.build import SessionSources
from records.package.export import ExportOptions, PackageResult, export_session
from signaling.record.copies import CopyState, PackageCopy
from tests.fakes.small_package import SESSION, small_package
from yunting.bench.synthetic import make_session
from yunting.record.copies import Copies, Place

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

TINY = Look(width=320, height=240, fps=5, preset="ultrafast")
FIRST_BYTES = 48 << 10
MOST_SIZES = 8


@dataclass
class Disk:
    """A file system of its own, which can be made larger."""

    folder: Path
    size_bytes: int

    def grow(self) -> None:
        self.size_bytes = self.size_bytes * 3
        words = ["mount", "-o", f"remount,size={self.size_bytes}", str(self.folder)]
        subprocess.run(words, check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={FIRST_BYTES}", "tmpfs", str(folder)]
    mounted = subprocess.run(words, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"cannot mount a small tmpfs here: {mounted.stderr.strip()}")
    try:
        yield Disk(folder, FIRST_BYTES)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_package_is_made_as_soon_as_there_is_room(disk: Disk, tmp_path: Path) -> None:
    """Pieces of the composite, the composite itself, tracks, texts and manifests, whatever comes first."""
    key = CourtKey.generate()
    made = make_session(tmp_path / "recordings", key, seats=2, seconds=20, recess=(6_000, 8_000), size=(160, 90))
    out, pieces = disk.folder / "out", disk.folder / "pieces"
    sources = SessionSources(made.entries, made.heads, made.recordings, pieces=pieces)
    told: list[str] = []
    known: set[str] = set()
    for _ in range(MOST_SIZES):
        done, problem = tried(sources, out, key)
        if problem is not None:
            told.append(problem.code)
            assert "存储空间不足" in problem.zh
            assert not out.exists() or not list(out.iterdir()), "nothing half-made"
            there = {path.relative_to(pieces).as_posix() for path in pieces.rglob("*.*") if path.is_file()}
            assert not [path for path in there if path.rpartition("/")[2].startswith(".")]
            assert known <= there, "what was done stays done"
            known = there
            disk.grow()
        else:
            break
    assert set(told) == {"disk-full"}
    assert len(told) > 2
    assert known, "it went on from these"
    assert done is not None
    result = verify.verify_path(str(done.folder), key.fingerprint)
    assert result["ok"], result["wrong"]


def tried(sources: SessionSources, out: Path, key: CourtKey) -> tuple[PackageResult | None, UserError | None]:
    """The package, or why there is none."""
    try:
        return asyncio.run(export_session(sources, out, key, ExportOptions(look=TINY))), None
    except UserError as problem:
        return None, problem


async def test_a_copy_goes_on_as_soon_as_there_is_room(disk: Disk, tmp_path: Path) -> None:
    await asyncio.to_thread(small_package, tmp_path / "packages", CourtKey.generate())
    now_ms = 1_000_000
    place = Place("second", "file:///disk", FilesystemBlobs(disk.folder / "copies"))
    copies = Copies(tmp_path / "packages", MemoryStore(), [place], lambda: now_ms, pauses_s=(10,))
    running = asyncio.ensure_future(copies.run())
    tries = 0
    try:
        while True:
            row = await _ended(copies, tries)
            tries = row.tries
            if row.state is CopyState.VERIFIED:
                break
            assert "存储空间不足" in row.reason_zh
            assert "full" in row.reason_en
            assert row.again_utc_ms is not None
            await asyncio.to_thread(disk.grow)
            now_ms = row.again_utc_ms
            copies.wake()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert tries > 1
    assert row.reason_zh == ""


async def _ended(copies: Copies, tries: int) -> PackageCopy:
    """The copy when another try has ended."""
    async with asyncio.timeout(30):
        while True:
            for row in await copies.of(SESSION):
                if row.tries > tries and row.state in {CopyState.FAILED, CopyState.VERIFIED}:
                    return row
            await asyncio.sleep(0.01)
