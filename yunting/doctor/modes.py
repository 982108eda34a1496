"""`yunting doctor` about who else on the machine may read the court's records: folders and databases from before they
were made for the server's own account, or that somebody has opened since."""

from __future__ import annotations

import shlex
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from config import Settings
from records.private_folder import OTHERS
from yunting.backup.make import ballots_file, sqlite_file
from yunting.doctor.checks import Finding

_NAME = "folders and databases"
_BESIDE = ("", "-wal", "-shm")


def modes(settings: Settings) -> Sequence[Finding]:
    """A finding for each that others may read, with the command that ends it. Blocks."""
    found = [
        Finding(
            name=_NAME,
            grade="warn",
            fact=f"{path}: mode {mode:03o}: others on this machine may read it",
            advice=f"chmod {'700' if path.is_dir() else '600'} {shlex.quote(str(path))}",
        )
        for path, mode in _open_to_others(settings)
    ]
    return found or (Finding(name=_NAME, grade="good", fact=f"{settings.storage.folder}: for this account only"),)


def _open_to_others(settings: Settings) -> Iterator[tuple[Path, int]]:
    told = settings.storage
    places = [url.removeprefix("file://") for url in (told.blobs, told.second) if url.startswith("file:///")]
    for folder in (Path(told.folder), *map(Path, places)):
        if folder.is_dir() and (mode := _mode(folder)) & OTHERS:
            yield folder, mode
    for database in (sqlite_file(told.store), ballots_file(settings), Path(told.folder) / "search.sqlite"):
        for file in () if database is None else (database.with_name(database.name + end) for end in _BESIDE):
            # Behind a closed door nobody reads it.
            if file.is_file() and (mode := _mode(file)) & OTHERS and _mode(file.parent) & OTHERS:
                yield file, mode


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
