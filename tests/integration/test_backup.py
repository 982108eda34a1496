"""Backups: made beside a running server, restored when everything is gone, and tried out before that."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from typer.testing import CliRunner

from config import Settings, load
from hearing.errors import UserError
from hearing.ids import new_ulid
from records import verify
from records.chain import sign_head
from records.keys import CourtKey
from records.package.export import ExportOptions, export_session
from records.sqlite import SqliteStore
from records.vault.sealed_file import SealedWriter
from tests.fakes.random_meetings import random_meeting
from tests.fakes.sessions import SMALL, sources_of
from voting.leaves import leaf_bytes
from voting.merkle import MerkleTree
from voting.ports import KeptHead, LeafStore
from voting.tree_heads import head_bytes
from voting.tree_heads import sign_head as sign_tree_head
from yunting.backends import open_leaf_store
from yunting.backup.ballots import Recounted
from yunting.backup.drill import Drill, drill
from yunting.backup.folder import about, backups_in, digests, newest
from yunting.backup.make import make
from yunting.backup.restore import restore
from yunting.bench.synthetic import Log, SyntheticSession, make_session
from yunting.cli import app
from yunting.record.offline import export_offline
from yunting.record.recording_keys import open_recording_keys

pytestmark = pytest.mark.integration


def settings_of(folder: Path, **more: str) -> Settings:
    """Blocks."""
    return load(
        None,
        {
            "YUNTING_STORAGE_FOLDER": str(folder),
            "YUNTING_STORAGE_STORE": f"sqlite:///{folder / 'yunting.db'}",
            "YUNTING_COMPOSITE_WIDTH": "320",
            "YUNTING_COMPOSITE_HEIGHT": "240",
            **more,
        },
    )


class Court:
    """A folder with one recorded session, a package of it, a ballot database, keys."""

    def __init__(self, root: Path, session: SyntheticSession) -> None:
        self.folder = root / "var"
        self.backups = root / "backups"
        self.settings = settings_of(self.folder)
        self.session = session

    @property
    def tracks(self) -> Path:
        return self.folder / "recordings" / self.session.session

    async def back_up(self) -> Path:
        return await asyncio.to_thread(make, self.settings, self.backups)

    async def drilled(self) -> Drill:
        return await drill(self.settings, self.backups)


async def vote(store: LeafStore, key: CourtKey) -> None:
    """A meeting's log, of several groups."""
    held = random_meeting(7)
    tree, first, last = MerkleTree(held.alg), 0, len(held.leaves)
    for size in sorted({1, last // 2, last}):
        group = held.leaves[first:size]
        data = [leaf_bytes(leaf) for leaf in group]
        for each in data:
            tree.append(each)
        head = sign_tree_head(group[0].meeting, held.alg, size, tree.root(), group[-1].utc_ms, key)
        await store.commit(group[0].meeting, first, data, KeptHead(size, head_bytes(head)))
        first = size


async def filled(root: Path) -> SyntheticSession:
    folder = root / "var"
    key = await asyncio.to_thread(CourtKey.load_or_create, folder / "keys" / "court.pem")
    made = await asyncio.to_thread(make_session, root / "made", key, seats=2, seconds=4, size=(320, 180))
    store = await SqliteStore.open(folder / "yunting.db")
    await store.append(made.entries)
    for head in made.heads:
        await store.add_head(head)
    await store.put("accounts", "li", b"{}")
    await store.close()
    ballots = await open_leaf_store(f"sqlite:///{folder / 'ballots.sqlite'}")
    await vote(ballots, key)
    await ballots.close()
    out = folder / "packages" / new_ulid(1)
    out.mkdir(parents=True)
    await export_session(sources_of(made), out, key, ExportOptions(look=SMALL, composite=False))
    (folder / "recordings").mkdir()
    made.recordings.rename(folder / "recordings" / made.session)
    for name in ("identity.key", "storage.key"):
        (folder / "keys" / name).write_text("ab" * 32)
        (folder / "keys" / name).chmod(0o600)
    (folder / "search.sqlite").write_bytes(b"made again")
    (folder / "meetings" / "M1").mkdir(parents=True)
    (folder / "meetings" / "M1" / "plan.pdf").write_bytes(b"%PDF")
    return made


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SyntheticSession]:
    """A court that tests copy."""
    root = tmp_path_factory.mktemp("court")
    return root, asyncio.run(filled(root))


@pytest.fixture
def court(model: tuple[Path, SyntheticSession], tmp_path: Path) -> Court:
    shutil.copytree(model[0] / "var", tmp_path / "var")
    return Court(tmp_path, model[1])


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_everything_lost_and_restored_exports_a_package_that_verifies(court: Court, tmp_path: Path) -> None:
    before = await asyncio.to_thread(listing, court.folder)
    backup = await court.back_up()
    await asyncio.to_thread(shutil.rmtree, court.folder)
    told = await asyncio.to_thread(restore, backup, court.settings)
    after = await asyncio.to_thread(listing, court.folder)
    databases = {"yunting.db", "ballots.sqlite"}
    left = {"keys/identity.key", "keys/storage.key", "search.sqlite"}
    assert set(after) - databases == set(before) - databases - left
    assert all(after[name] == before[name] for name in set(after) - databases)
    assert any("identity.key" in line for line in told.left_out)
    assert (court.folder / "keys" / "court.pem").stat().st_mode & 0o777 == 0o600
    made = await export_offline(court.settings, court.session.session, tmp_path / "out", "court", Console(quiet=True))
    key = await asyncio.to_thread(CourtKey.load_or_create, court.folder / "keys" / "court.pem")
    result = await asyncio.to_thread(verify.verify_path, made.package, key.fingerprint)
    assert result["ok"], result["wrong"]


async def test_a_drill_says_that_all_is_well_and_leaves_nothing(court: Court) -> None:
    backup = await court.back_up()
    found = await court.drilled()
    assert found.wrong == ()
    assert (found.sessions, found.tracks, found.packages) == (1, 2, 1)
    assert found.entries == len(court.session.entries)
    assert found.heads == len(court.session.heads) > 0
    assert found.sample
    assert [path.name for path in court.backups.iterdir()] == [backup.name]


async def test_a_drill_names_what_was_wrong_before_the_backup(court: Court) -> None:
    def spoil() -> None:
        track = min(court.tracks.glob("*.mkv"))
        data = bytearray(track.read_bytes())
        data[len(data) // 2] ^= 1
        track.write_bytes(data)
        max(court.tracks.glob("*.mkv")).unlink()
        next((court.folder / "packages").rglob("events.jsonl")).write_bytes(b"{}\n")

    await asyncio.to_thread(spoil)
    await court.back_up()
    found = await court.drilled()
    assert any("damaged" in line for line in found.wrong)
    assert any("events.jsonl" in line for line in found.wrong)
    assert any("missing" in line for line in found.wrong)
    assert len(found.about.missing) == 1


async def test_a_drill_makes_the_ballot_trees_again(court: Court) -> None:
    await court.back_up()
    found = await court.drilled()
    leaves = len(random_meeting(7).leaves)
    assert (found.wrong, found.ballots) == ((), Recounted(meetings=1, leaves=leaves, heads=3))

    def spoil() -> None:
        with closing(sqlite3.connect(court.folder / "ballots.sqlite")) as connection, connection:
            connection.execute("DROP TRIGGER leaf_stays")
            connection.execute("UPDATE leaf SET body = x'00' WHERE seq = 1")

    await asyncio.to_thread(spoil)
    await court.back_up()
    found = await court.drilled()
    assert len([line for line in found.wrong if "another root" in line]) == 2
    assert len(found.wrong) == 2


@pytest.mark.parametrize("what", ["entry", "head"])
async def test_a_drill_finds_a_log_that_was_rewritten(court: Court, what: str) -> None:
    def rewrite() -> None:
        with closing(sqlite3.connect(court.folder / "yunting.db")) as connection, connection:
            ((body,),) = connection.execute(f"SELECT body FROM {what} WHERE seq > 2 ORDER BY seq LIMIT 1")
            changed = body.replace(b"P01", b"P09") if what == "entry" else body.replace(b'"utc_ms":1', b'"utc_ms":2')
            assert changed != body
            # Whoever can write the file can take its guards away.
            connection.execute(f"DROP TRIGGER {what}_stays")
            connection.execute(f"UPDATE {what} SET body = ? WHERE body = ?", (changed, body))

    await asyncio.to_thread(rewrite)
    await court.back_up()
    found = await court.drilled()
    assert found.wrong


async def test_a_damaged_backup_is_refused_and_named(court: Court) -> None:
    backup = await court.back_up()
    paths = await asyncio.to_thread(digests, backup)
    track = next(path for path in paths if path.endswith(".mkv"))
    await asyncio.to_thread((backup / track).write_bytes, b"x")
    await asyncio.to_thread(shutil.rmtree, court.folder)
    with pytest.raises(UserError, match="backup-damaged") as refused:
        await asyncio.to_thread(restore, backup, court.settings)
    assert track in refused.value.en
    assert not court.folder.exists()


async def test_nothing_that_is_there_is_touched(court: Court) -> None:
    backup = await court.back_up()
    before = await asyncio.to_thread(listing, court.folder)
    with pytest.raises(UserError, match="not-empty"):
        await asyncio.to_thread(restore, backup, court.settings)
    assert await asyncio.to_thread(listing, court.folder) == before


async def test_a_restore_that_was_killed_is_run_again(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = await court.back_up()
    await asyncio.to_thread(shutil.rmtree, court.folder)
    truth, left = os.fsync, 3

    class Killed(BaseException):
        pass

    def mortal(descriptor: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        truth(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", mortal)
        with pytest.raises(Killed):
            await asyncio.to_thread(restore, backup, court.settings)
    assert not court.folder.exists()
    await asyncio.to_thread(restore, backup, court.settings)
    assert (court.folder / "yunting.db").is_file()


async def test_a_backup_that_fails_leaves_nothing(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        await court.back_up()
    assert list(court.backups.iterdir()) == []


async def test_while_the_log_is_being_written_a_backup_is_one_moment_of_it(court: Court) -> None:
    store = await SqliteStore.open(court.folder / "yunting.db")
    stop = asyncio.Event()
    log = Log("01JABCDEFGHJKMNPQRSTVWXYZ1")
    told = [entry.event for entry in court.session.entries]
    key = CourtKey.generate()

    async def write() -> None:
        while not stop.is_set():
            log.add(0, told[len(log.entries) % len(told)])
            await store.append(log.entries[-1:])
            await store.add_head(sign_head(log.entries[-1], 0, key))

    task = asyncio.ensure_future(write())
    sizes = []
    try:
        for _ in range(3):
            await court.back_up()
            found = await court.drilled()
            assert [line for line in found.wrong if court.session.session in line] == []
            assert [line for line in found.wrong if "mkv" not in line] == []
            sizes.append(found.entries)
    finally:
        stop.set()
        await task
        await store.close()
    assert sizes == sorted(set(sizes))
    assert len(await asyncio.to_thread(backups_in, court.backups)) == 3


async def test_sealed_recordings_come_back_sealed_and_need_the_key(court: Court, tmp_path: Path) -> None:
    court.settings = await asyncio.to_thread(
        settings_of,
        court.folder,
        YUNTING_STORAGE_ENCRYPT="true",
        YUNTING_STORAGE_KEY_FILE=str(tmp_path / "safe" / "storage.key"),
    )
    store = await SqliteStore.open(court.folder / "yunting.db")
    keys = await open_recording_keys(court.settings, store)
    key = await keys.for_new(court.session.session, court.tracks)
    await store.close()
    assert key is not None

    def seal() -> None:
        for track in court.tracks.glob("*.mkv"):
            data = memoryview(track.read_bytes())
            track.unlink()
            descriptor = os.open(track, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            writer = SealedWriter(descriptor, key, track.name)
            while data:
                data = data[writer.write(data) :]
            os.close(descriptor)

    await asyncio.to_thread(seal)
    await court.back_up()
    found = await court.drilled()
    assert found.wrong == ()
    assert found.tracks == 2
    (tmp_path / "safe" / "storage.key").rename(tmp_path / "lost")
    found = await court.drilled()
    assert any("storage.key_file" in line for line in found.wrong)


async def test_no_backup_is_said(court: Court, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no-backup"):
        await asyncio.to_thread(newest, tmp_path / "none")
    elsewhere = await asyncio.to_thread(settings_of, tmp_path / "empty")
    with pytest.raises(UserError, match="nothing-to-back-up"):
        await asyncio.to_thread(make, elsewhere, court.backups)


async def test_backups_inside_the_folder_do_not_hold_each_other(court: Court) -> None:
    inside = court.folder / "backups"
    first = await asyncio.to_thread(make, court.settings, inside)
    second = await asyncio.to_thread(make, court.settings, inside)
    one, two = [await asyncio.to_thread(about, each) for each in (first, second)]
    assert (one.files, one.sessions) == (two.files, 1)


def test_the_commands(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUNTING_STORAGE_FOLDER", str(court.folder))
    monkeypatch.setenv("YUNTING_STORAGE_STORE", f"sqlite:///{court.folder / 'yunting.db'}")

    def run(*words: str) -> tuple[int, dict[str, object]]:
        result = CliRunner().invoke(app, [*words, "--json"])
        lines = result.stdout.strip().splitlines()
        return result.exit_code, msgspec.json.decode(lines[-1]) if lines else {}

    code, made = run("backup", str(court.backups))
    assert code == 0
    assert Path(str(made["backup"])).parent == court.backups
    code, found = run("backup", str(court.backups), "--drill")
    assert (code, found["wrong"], found["tracks"]) == (0, [], 2)
    shutil.rmtree(court.folder)
    code, restored = run("restore", str(court.backups))
    assert (code, restored["backup"]) == (0, made["backup"])
    assert CliRunner().invoke(app, ["restore", str(court.backups)]).exit_code != 0
    min(court.tracks.glob("*.mkv")).write_bytes(b"spoiled")
    run("backup", str(court.backups))
    code, found = run("backup", str(court.backups), "--drill")
    assert code == 1
    assert found["wrong"]


def test_changing_a_key_that_is_not_there_is_refused(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUNTING_STORAGE_FOLDER", str(court.folder))
    monkeypatch.setenv("YUNTING_STORAGE_STORE", f"sqlite:///{court.folder / 'yunting.db'}")
    assert CliRunner().invoke(app, ["storage", "rotate", "--json"]).exit_code == 0
    (court.folder / "keys" / "storage.key").unlink()
    refused = CliRunner().invoke(app, ["storage", "rotate"])
    assert isinstance(refused.exception, UserError)
    assert refused.exception.code == "no-storage-key"
