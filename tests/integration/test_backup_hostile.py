"""Backups that somebody else has had in his hands, and machines with other people on them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from config import Settings, load
from hearing.errors import UserError
from records.sqlite import SqliteStore
from yunting.backup import folder as folders
from yunting.backup.folder import ABOUT, FILES, MANIFEST, STORE, about
from yunting.backup.make import make
from yunting.backup.restore import restore

pytestmark = pytest.mark.integration


class Court:
    """A small court: a database that may lie elsewhere, a key, a document."""

    def __init__(self, root: Path, *, apart: bool = False) -> None:
        self.root = root
        self.folder = root / "var"
        self.store = (root / "elsewhere" if apart else self.folder) / "yunting.db"
        self.settings: Settings = load(
            None,
            {"YUNTING_STORAGE_FOLDER": str(self.folder), "YUNTING_STORAGE_STORE": f"sqlite:///{self.store}"},
        )

        for folder in (self.folder / "keys", self.folder / "meetings" / "M1", self.store.parent):
            folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "keys" / "court.pem").write_text("secret")
        (self.folder / "keys" / "court.pem").chmod(0o600)
        (self.folder / "meetings" / "M1" / "plan.pdf").write_bytes(b"%PDF")
        asyncio.run(self._open_store())

    async def _open_store(self) -> None:
        store = await SqliteStore.open(self.store)
        await store.put("accounts", "li", b"{}")
        await store.close()

    def back_up(self) -> Path:
        return make(self.settings, self.root / "backups")

    def lose(self) -> None:
        shutil.rmtree(self.folder)
        for suffix in ("", "-wal", "-shm"):
            self.store.with_name(f"{self.store.name}{suffix}").unlink(missing_ok=True)

    def restore(self, backup: Path) -> None:
        restore(backup, self.settings)


@pytest.fixture
def court(tmp_path: Path) -> Court:
    return Court(tmp_path)


@pytest.fixture
def apart(tmp_path: Path) -> Court:
    return Court(tmp_path, apart=True)


def slip_in(backup: Path, path: str, data: bytes) -> None:
    """As somebody who knows what a backup looks like would."""
    with (backup / MANIFEST).open("a") as manifest:
        manifest.write(f"{hashlib.sha512(data).hexdigest()}  {path}\n")
    told = about(backup)
    changed = msgspec.json.encode(msgspec.structs.replace(told, files=told.files + 1))
    text = (backup / MANIFEST).read_text()
    before = hashlib.sha512((backup / ABOUT).read_bytes()).hexdigest()
    (backup / ABOUT).write_bytes(changed)
    (backup / MANIFEST).write_text(text.replace(before, hashlib.sha512(changed).hexdigest()))


@pytest.mark.parametrize("path", ["files/../../planted", "files//{root}/planted", "files/./planted", "/etc/hostname"])
def test_no_path_leads_out_of_the_folder(court: Court, path: str) -> None:
    backup = court.back_up()
    court.lose()
    path = path.format(root=str(court.root).strip("/"))
    (backup / "planted").write_bytes(b"x")
    (court.root / "backups" / "planted").write_bytes(b"x")
    slip_in(backup, path, b"x")
    with pytest.raises(UserError, match="backup-damaged"):
        court.restore(backup)
    assert not (court.root / "planted").exists()
    assert not court.folder.exists()


def test_a_link_in_a_backup_is_not_followed(court: Court) -> None:
    backup = court.back_up()
    court.lose()
    secret = court.root / "secret"
    secret.write_bytes(b"x")
    (backup / FILES / "link").symlink_to(secret)
    slip_in(backup, f"{FILES}/link", b"x")
    with pytest.raises(UserError, match="backup-damaged"):
        court.restore(backup)


def test_a_pipe_in_a_backup_holds_nobody_up(court: Court) -> None:
    backup = court.back_up()
    court.lose()
    os.mkfifo(backup / FILES / "pipe")
    slip_in(backup, f"{FILES}/pipe", b"x")
    with pytest.raises(UserError, match="backup-damaged"):
        court.restore(backup)


def test_a_manifest_that_lost_lines_is_no_whole_backup(court: Court) -> None:
    backup = court.back_up()
    court.lose()
    lines = (backup / MANIFEST).read_text().splitlines(keepends=True)
    for at in range(len(lines)):
        (backup / MANIFEST).write_text("".join(lines[:at] + lines[at + 1 :]))
        with pytest.raises(UserError, match="backup-damaged"):
            court.restore(backup)
    (backup / MANIFEST).write_text("".join(lines).rstrip("\n"))
    with pytest.raises(UserError, match="backup-damaged"):
        court.restore(backup)
    (backup / MANIFEST).write_text("".join(lines))
    court.restore(backup)


def test_a_file_that_changes_after_it_was_checked_is_found(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = court.back_up()
    court.lose()
    truth = folders.check

    def and_then(*given: object) -> None:
        truth(*given)  # type: ignore[arg-type]
        (backup / FILES / "meetings" / "M1" / "plan.pdf").write_bytes(b"other")

    monkeypatch.setattr(folders, "check", and_then)
    with pytest.raises(UserError, match="backup-damaged"):
        court.restore(backup)
    assert not court.folder.exists()


def test_others_on_the_machine_cannot_read_a_backup(court: Court) -> None:
    before = os.umask(0o022)
    try:
        backup = court.back_up()
        court.lose()
        court.restore(backup)
    finally:
        os.umask(before)
    assert backup.stat().st_mode & 0o077 == 0
    assert court.folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in court.folder.rglob("*"))


def test_what_lies_beside_a_database_is_not_taken_for_a_part_of_it(apart: Court) -> None:
    backup = apart.back_up()
    apart.lose()
    left = apart.store.with_name("yunting.db-wal")
    left.write_bytes(b"of the database that is lost")
    with pytest.raises(UserError, match="not-empty"):
        apart.restore(backup)
    left.unlink()
    apart.restore(backup)
    assert apart.store.is_file()


def test_a_restore_killed_between_its_last_steps_is_run_again(apart: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = apart.back_up()
    apart.lose()

    class Killed(BaseException):
        pass

    def mortal(folder: Path) -> None:
        if folder == apart.store.parent:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(folders, "sync_folder", mortal)
        with pytest.raises(Killed):
            apart.restore(backup)
    assert apart.store.is_file()
    assert not apart.folder.exists()
    apart.restore(backup)
    assert (apart.folder / "keys" / "court.pem").read_text() == "secret"
    with closing(sqlite3.connect(apart.store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_another_database_outside_is_never_taken_for_the_backups(apart: Court) -> None:
    backup = apart.back_up()
    apart.lose()
    apart.store.write_bytes((backup / FILES / STORE).read_bytes() + b"x")
    with pytest.raises(UserError, match="not-empty"):
        apart.restore(backup)


def _touch(court: Court, name: bytes) -> Path:
    made = court.folder / "meetings" / "M1" / os.fsdecode(name)
    made.touch()
    return made


@pytest.mark.parametrize("name", [b"two\nlines.pdf", b"latin-\xe9.pdf"])
def test_a_name_that_no_manifest_holds_does_not_spoil_the_backup(court: Court, name: bytes) -> None:
    _touch(court, name)
    backup = court.back_up()
    court.lose()
    court.restore(backup)
    assert any("no manifest can name it" in line for line in about(backup).left_out)
    assert (court.folder / "meetings" / "M1" / "plan.pdf").is_file()


def test_a_name_with_what_other_programs_take_for_a_line_end_comes_back(court: Court) -> None:
    made = _touch(court, b"a\r\x0bb\xe2\x80\xa8c\xc2\x85.pdf")
    backup = court.back_up()
    court.lose()
    court.restore(backup)
    assert made.is_file()
