"""Old backups: removed on request only, and never the newest ones that are whole."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from config import load
from hearing.errors import UserError
from records.sqlite import SqliteStore
from yunting.backup.folder import STORE, backups_in
from yunting.backup.make import make
from yunting.backup.prune import prune
from yunting.cli import app

pytestmark = pytest.mark.integration


@pytest.fixture
def court(tmp_path: Path) -> Any:
    """Its settings, a store without sessions, and where its backups lie."""
    folder = tmp_path / "var"

    async def empty() -> None:
        await (await SqliteStore.open(folder / "yunting.db")).close()

    asyncio.run(empty())
    told = {"YUNTING_STORAGE_FOLDER": str(folder), "YUNTING_STORAGE_STORE": f"sqlite:///{folder / 'yunting.db'}"}
    return SimpleNamespace(settings=load(None, told), backups=tmp_path / "backups")


def test_old_backups_go_and_the_newest_whole_ones_never(court: Any) -> None:
    made = [make(court.settings, court.backups) for _ in range(4)]

    def spoil(backup: Path) -> None:
        (backup / "files" / STORE).write_bytes(b"x")

    spoil(made[3])
    told = prune(court.backups, 2, remove=False)
    assert told.kept == (str(made[2]), str(made[1]))
    assert (told.damaged, told.old) == ((str(made[3]),), (str(made[0]),))
    assert backups_in(court.backups) == made
    assert prune(court.backups, 2, remove=True) == msgspec.structs.replace(told, removed=True)
    assert backups_in(court.backups) == made[1:]
    # Fewer are whole than should stay: nothing is old.
    assert (prune(court.backups, 3, remove=True)).old == ()
    for backup in made[1:3]:
        spoil(backup)
    with pytest.raises(UserError, match="no-whole-backup"):
        prune(court.backups, 1, remove=True)
    assert backups_in(court.backups) == made[1:]


def test_the_command_removes_only_when_told_to(court: Any) -> None:
    made = [make(court.settings, court.backups) for _ in range(2)]
    words = ["backup", str(court.backups), "--prune", "--keep", "1", "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0
    assert msgspec.json.decode(result.stdout)["old"] == [str(made[0])]
    assert backups_in(court.backups) == made
    assert CliRunner().invoke(app, [*words, "--yes"]).exit_code == 0
    assert backups_in(court.backups) == made[1:]
    assert CliRunner().invoke(app, ["backup", str(court.backups), "--prune", "--keep", "0"]).exit_code == 2
