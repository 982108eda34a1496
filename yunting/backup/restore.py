"""Putting a backup where the settings say the court's data lies. Nothing that is there is touched."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from config import Settings
from hearing.errors import UserError
from yunting.backup import folder as folders
from yunting.backup.folder import BALLOTS, FILES, STORE, About
from yunting.backup.make import ballots_file, sqlite_file


def restore(backup: Path, settings: Settings, copied: Callable[[int], object] = lambda count: None) -> About:
    """Check the backup, then copy it; what it says of itself. Blocks; `copied` gets bytes hashed and copied.

    The storage folder appears whole or not at all; killed, it is simply run again. Raises UserError `backup-damaged`
    (naming the file), `not-empty`, `store-elsewhere`, `two-for-one-place`; OSError.
    """
    told = folders.about(backup)
    target = Path(settings.storage.folder).absolute()
    store = sqlite_file(settings.storage.store)
    if store is None:
        raise UserError("store-elsewhere", "storage.store 须为 sqlite:///", "storage.store must be sqlite:///")
    places = {STORE: store.absolute()}
    if told.ballots:
        ballots = ballots_file(settings)
        if ballots is None:
            raise UserError(
                "store-elsewhere",
                "备份含表决日志，storage.ballots 须为 sqlite:/// 或空",
                "the backup holds ballot logs: storage.ballots must be sqlite:/// or empty",
            )
        places[BALLOTS] = ballots.absolute()
    folders.check(backup, copied)
    listed = folders.digests(backup)
    if f"{FILES}/{STORE}" not in listed or (told.ballots and f"{FILES}/{BALLOTS}" not in listed):
        raise folders.damaged(folders.MANIFEST)
    # A restore that was killed between its last steps has put databases outside the folder in their place.
    done = {
        name
        for name, place in places.items()
        if not place.is_relative_to(target) and _is(place, listed[f"{FILES}/{name}"])
    }
    _check_apart(listed, places, target)
    _check_empty([target, *(place for name, place in places.items() if name not in done)])
    staging = target.with_name(f".{target.name}.restoring")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700, parents=True)
    outside = []
    for path, digest in listed.items():
        inside = path.removeprefix(f"{FILES}/")
        if inside == path or inside in done:
            continue
        place = places.get(inside, target / inside)
        if place.is_relative_to(target):
            place = staging / place.relative_to(target)
        else:
            outside.append(place)
            place = _draft(place)
        _copy(backup, path, place, digest, copied)
    for item in (staging, *(each for each in staging.rglob("*") if each.is_dir())):
        item.chmod(0o700)
        folders.sync_folder(item)
    for place in outside:
        _draft(place).rename(place)
        folders.sync_folder(place.parent)
    if target.is_dir():
        target.rmdir()
    staging.rename(target)
    folders.sync_folder(target.parent)
    return told


def _draft(place: Path) -> Path:
    return place.with_name(f".{place.name}.restoring")


def _check_apart(listed: Iterable[str], places: dict[str, Path], target: Path) -> None:
    """A court that had its database elsewhere may have kept an old one where the settings want this one now."""
    for path in listed:
        inside = path.removeprefix(f"{FILES}/")
        mine = {target / inside, *(target / inside).parents}
        if inside not in places and mine & set(places.values()):
            raise UserError(
                "two-for-one-place",
                f"备份中的 {path} 与数据库同占 {target / inside}：请在设置中把数据库指到别处再恢复",
                f"{path} of the backup and a database would both be {target / inside}: set another place for the "
                "database (storage.store, storage.ballots), then restore",
            )


def _check_empty(places: Iterable[Path]) -> None:
    for place in places:
        # What SQLite finds beside a database it takes for the newest part of it, whichever database that was of.
        beside = [place.with_name(f"{place.name}{suffix}") for suffix in ("-wal", "-shm", "-journal")]
        if place.is_file() or (place.is_dir() and any(place.iterdir())) or any(map(_holds_something, beside)):
            raise UserError("not-empty", f"{place} 已有数据，未恢复", f"{place} holds data: nothing was restored")


def _holds_something(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0


def _is(place: Path, digest: str) -> bool:
    if not place.is_file():
        return False
    with place.open("rb") as file:
        return folders.sha512(folders.blocks(file)) == digest


def _copy(backup: Path, path: str, target: Path, digest: str, copied: Callable[[int], object]) -> None:
    """Hashed again on the way: the file may be another than the one that was looked at."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    hashed = hashlib.sha512()
    with (
        folders.opened(backup, path) as reader,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as writer,
    ):
        for block in folders.blocks(reader, copied):
            hashed.update(block)
            writer.write(block)
        if hashed.hexdigest() != digest:
            raise folders.damaged(path)
        writer.flush()
        os.fsync(writer.fileno())
        mode = os.fstat(reader.fileno()).st_mode
    target.chmod(mode & 0o700)
