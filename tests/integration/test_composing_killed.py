"""`kill -9` while a session is composed and while it is exported: what goes on ends with the same bytes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from hearing.session import State
from hearing.tasks import TaskSet
from records.book import LedgerBook
from records.composite.follow import Follow, Followed
from records.composite.painter import Look
from records.keys import CourtKey
from records.package.build import SessionSources
from records.package.export import ExportOptions, export_session
from records.sqlite import SqliteStore
from tests.fakes.hearings import FakeTime
from yunting.bench.synthetic import SyntheticSession, make_session
from yunting.record.composites import Composites, folder_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

TINY = Look(width=320, height=240, fps=5, preset="ultrafast")
SECONDS = 52
PIECES = 4
DEADLINE_S = 120.0

EXPORT = """
import asyncio, sys
from pathlib import Path
import msgspec
from hearing.events import Entry, Head
from records.keys import CourtKey
from records.package.export import ExportOptions, SessionSources, export_session
from records.composite.painter import Look
folder = Path(sys.argv[1])
entries = msgspec.json.decode((folder / "log.json").read_bytes(), type=list[Entry])
sources = SessionSources(entries, [], Path(sys.argv[2]), pieces=folder / "pieces")
look = Look(width=320, height=240, fps=5, preset="ultrafast")
asyncio.run(export_session(sources, folder / "out", CourtKey.generate(), ExportOptions(look=look)))
"""


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> SyntheticSession:
    folder = tmp_path_factory.mktemp("held")
    return make_session(
        folder / "recordings", CourtKey.generate(), seats=2, seconds=SECONDS, recess=(18_000, 24_000), size=(160, 90)
    )


def media(package: Path) -> dict[str, str]:
    """Hashes of what was composed."""
    folder = package / "data/media"
    files = [folder / "composite.mp4", folder / "audio-mix.m4a", *sorted((folder / "audio-seats").iterdir())]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def export(held: SyntheticSession, folder: Path) -> dict[str, str]:
    """The same bytes whether `folder` has pieces already or not."""
    sources = SessionSources(held.entries, held.heads, held.recordings, pieces=folder / "pieces")
    result = asyncio.run(export_session(sources, folder / "again", CourtKey.generate(), ExportOptions(look=TINY)))
    return media(result.folder)


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it was exported undisturbed; its pieces are there still."""
    return tmp_path_factory.mktemp("undisturbed")


@pytest.fixture(scope="module")
def undisturbed(held: SyntheticSession, in_peace: Path) -> dict[str, str]:
    return export(held, in_peace)


def wait_for(condition: Callable[[], bool]) -> None:
    until_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < until_s
        time.sleep(0.01)


def made(folder: Path, kind: str) -> int:
    return len(list((folder / "pieces").rglob(f"*.{kind}")))


def test_killed_while_it_was_composed(held: SyntheticSession, undisturbed: dict[str, str], tmp_path: Path) -> None:
    job = Follow(recordings=str(held.recordings), pieces=str(tmp_path / "pieces"), look=TINY, budget=1.0, again_s=0.1)
    lines = [msgspec.json.encode(job), *(msgspec.json.encode(entry) for entry in held.entries[:-1])]
    for due in (1, 2):
        child = subprocess.Popen(
            [sys.executable, "-m", "records.composite.follow"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdin is not None
        child.stdin.write(b"\n".join(lines) + b"\n")
        child.stdin.flush()
        wait_for(lambda due=due: made(tmp_path, "picture") >= due)  # type: ignore[misc]
        child.kill()
        child.wait()
        child.stdin.close()
        assert child.stdout is not None
        reports = [msgspec.json.decode(line, type=Followed) for line in child.stdout if line.endswith(b"\n")]
        child.stdout.close()
        assert reports[0].made == ("sound" if due == 1 else "picture"), "what was there was not made again"
    assert export(held, tmp_path) == undisturbed


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("sound", 2),
        pytest.param("picture", 1, marks=pytest.mark.long),
        pytest.param("picture", PIECES, marks=pytest.mark.long),
    ],
)
def test_killed_while_it_was_exported(
    held: SyntheticSession, undisturbed: dict[str, str], tmp_path: Path, kind: str, count: int
) -> None:
    (tmp_path / "log.json").write_bytes(msgspec.json.encode(held.entries))
    child = subprocess.Popen(
        [sys.executable, "-c", EXPORT, str(tmp_path), str(held.recordings)], cwd=Path(__file__).parents[2]
    )
    wait_for(lambda: made(tmp_path, kind) >= count)
    renderers = children_of(child.pid)
    child.kill()
    child.wait()
    for pid in renderers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert not list((tmp_path / "out").glob("(*")), "nothing that looks finished"
    assert export(held, tmp_path) == undisturbed


def test_pieces_that_changed_on_the_disk_are_made_again(
    held: SyntheticSession, undisturbed: dict[str, str], in_peace: Path, tmp_path: Path
) -> None:
    """All of them, more than are tried one by one; their heads and lengths stay."""
    shutil.copytree(in_peace / "pieces", tmp_path / "pieces")
    pieces = [path for path in (tmp_path / "pieces").rglob("*.*") if path.is_file()]
    assert {path.suffix for path in pieces} == {".sound", ".heard", ".level", ".picture"}
    for path in pieces:
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    assert export(held, tmp_path) == undisturbed


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in listed] + [one for each in listed for one in children_of(int(each))]


async def test_an_open_session_is_composed_and_left_alone_when_it_is_stopped(
    held: SyntheticSession, tmp_path: Path
) -> None:
    store = await SqliteStore.open(tmp_path / "yunting.db")
    tasks = TaskSet()
    try:
        await store.append(held.entries[:-1])
        book = LedgerBook(store, CourtKey.generate(), FakeTime().sources(), "test")
        ledger = await book.get(held.session)
        assert ledger.hearing.state is not State.CLOSED
        composites = Composites(tmp_path, TINY, 1.0, tasks)
        composites.follow(ledger, held.recordings)
        composites.follow(ledger, held.recordings)
        folder = folder_of(tmp_path, held.session)
        async with asyncio.timeout(DEADLINE_S):
            while len(list(folder.rglob("*.picture"))) < 2:
                await asyncio.sleep(0.02)
            await composites.stop(held.session)
        there = {path: path.stat().st_mtime_ns for path in folder.rglob("*.*") if path.is_file()}
        assert not [path for path in there if path.name.startswith(".")]
        await composites.stop(held.session)
        assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.*") if path.is_file()} == there
    finally:
        await tasks.close()
        await store.close()
