"""Making a backup while the server runs: databases by SQLite's own backup, then the files that their logs name.

The databases come first. Track files only grow, and a package appears whole: what is copied after the log holds all
that the log speaks of, and what came later is left to the next backup."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from importlib import metadata
from pathlib import Path

import msgspec

from config import Settings
from hearing.errors import UserError
from hearing.events import Entry, TrackOpened
from hearing.exhibit_events import ExhibitSubmitted
from records.address import shown
from records.file_names import is_safe_path
from records.private_folder import private_folder
from yunting.backup import folder as folders
from yunting.backup.folder import ABOUT, BALLOTS, FILES, FORMAT, MANIFEST, STORE, About
from yunting.record.recording_keys import operator_key

_MADE_AGAIN = (
    "models",
    "composites",
    "search.sqlite",
    "search.sqlite-wal",
    "search.sqlite-shm",
    "packages",
    "recordings",
)
"""Of the storage folder: what can be made or installed again, and what is copied by list."""
_BLOCK_PAGES = -1
"""All in one step: in WAL mode that is one moment of the log, and nobody who writes waits for it."""

_entries = msgspec.json.Decoder(Entry)


def sqlite_file(url: str) -> Path | None:
    """The file of a `sqlite:///` address."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def ballots_file(settings: Settings) -> Path | None:
    """The file of the ballot logs, where they are in one."""
    own = Path(settings.storage.folder) / "ballots.sqlite"
    return sqlite_file(settings.storage.ballots) if settings.storage.ballots else own


def make(settings: Settings, target: Path, copied: Callable[[int], object] = lambda count: None) -> Path:
    """A whole backup below `target`; its folder. `copied` gets the bytes of each block. Blocks.

    Nothing of the server is changed. Raises UserError `nothing-to-back-up`, OSError (disk full: nothing is left
    behind)."""
    store = sqlite_file(settings.storage.store)
    if store is None or not store.is_file():
        raise UserError("nothing-to-back-up", f"没有数据库：{store}", f"there is no database to back up: {store}")
    utc_ms = time.time_ns() // 1_000_000
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(utc_ms // 1000))
    done = target / f"{stamp}.{utc_ms % 1000:03d}Z"
    staging = target / f".{done.name}.partial"
    private_folder(target)
    # Databases and the court's key are in it: its own files' modes do not keep others out while they are copied.
    staging.mkdir(mode=0o700)
    try:
        _fill(_Copier(staging, copied), settings, store, utc_ms)
        staging.rename(done)
        folders.sync_folder(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return done


def _fill(copier: _Copier, settings: Settings, store: Path, utc_ms: int) -> None:
    folder = Path(settings.storage.folder)
    left_out = []
    copier.database(store, STORE)
    ballots = ballots_file(settings)
    if ballots is None:
        left_out.append(f"ballots: {shown(settings.storage.ballots)} (back it up with its own tools)")
    elif ballots.is_file():
        copier.database(ballots, BALLOTS)
    sessions, missing = 0, []
    for session, files in _tracks(copier.staging / FILES / STORE):
        sessions += 1
        for name in files:
            if not copier.file(folder / "recordings" / session / name, f"recordings/{session}/{name}"):
                missing.append(f"{session}/{name}")
    for package in sorted((folder / "packages").glob("*/*")):
        if not package.name.startswith("."):
            copier.tree(package, f"packages/{package.parent.name}/{package.name}")
    copier.never = _never(settings, [path for path in (store, ballots) if path is not None])
    for item in sorted(folder.iterdir()):
        if item.name not in _MADE_AGAIN and not _holds(item, copier.staging, settings):
            copier.tree(item, item.name)
    left_out += _keys_left_out(settings)
    left_out += [f"{name}: no manifest can name it" for name in copier.unlistable]
    told = About(
        format=FORMAT,
        software=f"yunting {metadata.version('yunting')}",
        utc_ms=utc_ms,
        sessions=sessions,
        ballots=ballots is not None and ballots.is_file(),
        files=len(copier.digests),
        bytes=copier.bytes_total,
        missing=tuple(missing),
        left_out=tuple(left_out),
    )
    copier.finish(told)


def _keys_left_out(settings: Settings) -> Iterator[str]:
    """A backup with these would undo what they are for: erasing faces, and sealing recordings against thieves."""
    folder = Path(settings.storage.folder)
    told = {
        "identity key": ""
        if settings.identity.key
        else settings.identity.key_file or str(folder / "keys/identity.key"),
        "operator's key of recordings": settings.storage.key_file or str(folder / "keys/storage.key"),
    }
    for name, file in told.items():
        if file and Path(file).exists():
            yield f"{name}: {file} (keep a copy elsewhere, put it back by hand)"


def _tracks(store: Path) -> Iterator[tuple[str, list[str]]]:
    """Each session of the copied log with the files of tracks and exhibits that it names."""
    with closing(sqlite3.connect(store)) as connection:
        sessions = [row[0] for row in connection.execute("SELECT session FROM log ORDER BY position")]
        for session in sessions:
            rows = connection.execute("SELECT body FROM entry WHERE session = ? ORDER BY seq", (session,))
            entries = (_entries.decode(body) for (body,) in rows)
            files = [entry.event.file for entry in entries if isinstance(entry.event, TrackOpened | ExhibitSubmitted)]
            yield session, [name for name in files if is_safe_path(name)]


def _never(settings: Settings, databases: Iterable[Path]) -> frozenset[Path]:
    """Files that are not copied as they lie: databases, and keys that wrap others (see `_keys_left_out`)."""
    files = [path.with_name(f"{path.name}{suffix}") for path in databases for suffix in ("", "-wal", "-shm")]
    wrapping = [Path(settings.storage.folder) / "keys" / "identity.key", operator_key(settings).file]
    wrapping += [Path(settings.identity.key_file)] if settings.identity.key_file else []
    files += [path.with_name(f"{path.name}{suffix}") for path in wrapping for suffix in ("", ".next", ".former")]
    return frozenset(path.resolve() for path in files)


def _holds(item: Path, staging: Path, settings: Settings) -> bool:
    """Whether backups or copies of packages lie in it: they are not backed up into themselves."""
    places = [staging.resolve()]
    places += [
        Path("/" + url.removeprefix("file:///")).resolve()
        for url in (settings.storage.blobs, settings.storage.second)
        if url.startswith("file:///")
    ]
    root = item.resolve()
    return any(root == place or root in place.parents for place in places)


class _Copier:
    """Copies into `files/` of a backup in the making and keeps what the manifest will say."""

    def __init__(self, staging: Path, copied: Callable[[int], object]) -> None:
        self.staging = staging
        self.digests: dict[str, str] = {}
        self.bytes_total = 0
        self.unlistable: list[str] = []
        self.never: frozenset[Path] = frozenset()
        self._copied = copied

    def database(self, source: Path, name: str) -> None:
        """One moment of a SQLite file that others may be writing."""
        target = self._target(name)
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reader,
            closing(sqlite3.connect(target)) as writer,
        ):
            reader.backup(writer, pages=_BLOCK_PAGES)
            # One file, without a write-ahead log beside it.
            writer.execute("PRAGMA journal_mode = DELETE")
        with target.open("rb") as file:
            self._note(name, target, folders.sha512(folders.blocks(file, self._copied)))

    def tree(self, source: Path, name: str) -> None:
        """A file, or a folder with all in it but unfinished work, links and what is `never` copied."""
        if source.is_symlink() or source.resolve() in self.never:
            return
        if not folders.is_listable(name):
            self.unlistable.append(ascii(name))
            return
        if source.is_file():
            self.file(source, name)
            return
        for item in sorted(source.iterdir()) if source.is_dir() else ():
            unfinished = item.name.startswith(".") or item.name.endswith((".partial", ".part"))
            if not unfinished:
                self.tree(item, f"{name}/{item.name}")

    def file(self, source: Path, name: str) -> bool:
        """As long as it was when it was opened; False when it is not there."""
        target = self._target(name)
        try:
            with source.open("rb") as reader:
                status = os.fstat(reader.fileno())
                with target.open("xb") as writer:
                    digest = folders.sha512(self._through(folders.blocks(_Cut(reader, status.st_size)), writer))
                    writer.flush()
                    os.fsync(writer.fileno())
        except FileNotFoundError:
            return False
        target.chmod(status.st_mode & 0o700)
        self._note(name, target, digest)
        return True

    def finish(self, told: About) -> None:
        """Write what it is, and the manifest, and make all names durable."""
        (self.staging / ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n")
        with (self.staging / ABOUT).open("rb") as file:
            lines = {ABOUT: folders.sha512(folders.blocks(file)), **self.digests}
        text = "".join(f"{digest}  {path}\n" for path, digest in sorted(lines.items()))
        (self.staging / MANIFEST).write_text(text, encoding="utf-8")
        for name in (ABOUT, MANIFEST):
            with (self.staging / name).open("rb") as file:
                os.fsync(file.fileno())
        for item in (self.staging, *(each for each in self.staging.rglob("*") if each.is_dir())):
            folders.sync_folder(item)

    def _through(self, parts: Iterator[bytes], writer: object) -> Iterator[bytes]:
        for part in parts:
            writer.write(part)  # type: ignore[attr-defined]
            self._copied(len(part))
            yield part

    def _target(self, name: str) -> Path:
        target = self.staging / FILES / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _note(self, name: str, target: Path, digest: str) -> None:
        self.digests[f"{FILES}/{name}"] = digest
        self.bytes_total += target.stat().st_size


class _Cut:
    """The first bytes of a file that may be growing."""

    def __init__(self, file: object, left: int) -> None:
        self._file = file
        self._left = left

    def read(self, count: int) -> bytes:
        data: bytes = self._file.read(min(count, self._left))  # type: ignore[attr-defined]
        self._left -= len(data)
        return data
