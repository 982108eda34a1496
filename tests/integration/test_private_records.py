"""Others on the court's machine: what the server and its commands make is for its own account, and `yunting doctor`
names what was made before, with the command that ends it."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import yunting.loop
from config import Settings, load
from records.blobs.filesystem import FilesystemBlobs
from records.composite.piece_files import Shelf
from records.private_folder import private_file
from yunting.app import assembled
from yunting.cli import app
from yunting.doctor.checks import Finding
from yunting.doctor.modes import modes

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def settings(folder: Path, store: Path | None = None, **more: str) -> Settings:
    told = {"STORAGE_FOLDER": str(folder), "STORAGE_STORE": f"sqlite:///{store or folder / 'yunting.db'}", **more}
    return load(None, {f"YUNTING_{key}": value for key, value in told.items()})


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def assembled_once(told: Settings) -> None:
    async with assembled(told, listening=True) as services:
        await services.store.put("accounts", "li", b"{}")


def test_what_a_server_makes_is_for_its_own_account(tmp_path: Path) -> None:
    folder = tmp_path / "court" / "var"
    asyncio.run(assembled_once(settings(folder)))
    made = [tmp_path / "court", folder, *folder.rglob("*")]
    assert {path.name for path in made} >= {"var", "yunting.db", "ballots.sqlite", "search.sqlite", "keys"}
    assert {str(path): oct(mode(path)) for path in made if mode(path) & 0o077} == {}


def test_databases_are_closed_where_the_folder_was_there_already(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "var", tmp_path / "db"
    for each in (folder, elsewhere):
        each.mkdir(mode=0o755)
    asyncio.run(assembled_once(settings(folder, elsewhere / "yunting.db")))
    files = [*folder.rglob("*.sqlite*"), *elsewhere.iterdir()]
    assert len(files) >= 3
    assert all(mode(path) == 0o600 for path in files)
    assert mode(folder) == 0o755, "what is there keeps its mode"


@pytest.mark.parametrize(
    "make",
    [
        lambda place: asyncio.to_thread(Shelf(place / "session", "kind", bytes).write, 1, "d", b"x"),
        lambda place: FilesystemBlobs(place).put("P/data/a.txt", b"", EMPTY),
    ],
)
async def test_pieces_and_copies_are_too(tmp_path: Path, make: Callable[[Path], Awaitable[None]]) -> None:
    await make(tmp_path / "place")
    made = [tmp_path / "place", *(tmp_path / "place").rglob("*")]
    assert len(made) > 2
    assert all(not mode(path) & 0o077 for path in made if path.is_dir())


EMPTY = (
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
)


def test_a_server_and_its_processes_make_nothing_for_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recordings, packages and what a composer writes take their modes from it."""
    monkeypatch.setenv("YUNTING_STORAGE_FOLDER", str(tmp_path / "var"))

    def run(serving: object) -> None:
        serving.close()  # type: ignore[attr-defined]
        (tmp_path / "made").mkdir()
        subprocess.run(["/usr/bin/touch", str(tmp_path / "made by a child")], check=True)

    monkeypatch.setattr(yunting.loop, "run", run)
    done = CliRunner().invoke(app, ["serve"])
    assert done.exit_code == 0, done.output
    assert mode(tmp_path / "made") == 0o700
    assert mode(tmp_path / "made by a child") == 0o600


def test_a_database_that_is_there_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "yunting.db"
    file.write_bytes(b"court")
    file.chmod(0o640)
    private_file(file)
    assert (file.read_bytes(), mode(file)) == (b"court", 0o640)


def told(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(each.grade, each.advice or "") for each in found]


def test_doctor_names_what_was_made_before_and_its_command_ends_it(tmp_path: Path) -> None:
    folder, elsewhere, copies = tmp_path / "the court's", tmp_path / "db", tmp_path / "copies"
    for each in (folder, elsewhere, copies):
        each.mkdir(mode=0o755)
    for file in (folder / "ballots.sqlite", elsewhere / "yunting.db", elsewhere / "yunting.db-wal"):
        file.write_bytes(b"")
    now = settings(folder, elsewhere / "yunting.db", STORAGE_BLOBS=f"file://{copies}")
    found = tuple(modes(now))
    assert {each.grade for each in found} == {"warn"}
    assert len(found) == 5
    for each in found:
        subprocess.run(each.advice, shell=True, check=True)
    assert told(tuple(modes(now))) == [("good", "")]
    folder.chmod(0o750)
    assert [grade for grade, _ in told(tuple(modes(now)))] == ["warn"]
