"""Putting a backup where the settings say the court's data lies. Nothing that is there is touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from config import Settings
from hearing.errors import UserError
from yunting.backup import folder as folders
from yunting.backup.folder import BALLOTS, FILES, STORE, About
from yunting.backup.make import ballots_file, sqlite_file


def restore(backup: Path, settings: Settings, copied: Callable[[int], object] = lambda count: None) -> About:
    """Check the backup, then copy it; what it says of itself. Blocks; `copied` gets bytes hashed and copied.

    The storage folder appears whole or not at all; killed, it is simply run again. Raises UserError `backup-damaged`
    (naming the file), `not-empty`, `store-elsewhere`; OSError.
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
    for place in (target, *places.values()):
        if place.is_file() or (place.is_dir() and any(place.iterdir())):
            raise UserError("not-empty", f"{place} 已有数据，未恢复", f"{place} holds data: nothing was restored")
    folders.check(backup, copied)
    staging = target.with_name(f".{target.name}.restoring")
    shutil.rmtree(staging, ignore_errors=True)
    outside = []
    for path in folders.digests(backup):
        inside = path.removeprefix(f"{FILES}/")
        if inside == path:
            continue
        place = places.get(inside, target / inside)
        if place.is_relative_to(target):
            place = staging / place.relative_to(target)
        else:
            outside.append(place)
            place = _draft(place)
        _copy(backup / path, place, copied)
    staging.mkdir(exist_ok=True, parents=True)
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


def _copy(source: Path, target: Path, copied: Callable[[int], object]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reader, target.open("wb") as writer:
        for block in folders.blocks(reader, copied):
            writer.write(block)
        writer.flush()
        os.fsync(writer.fileno())
    target.chmod(source.stat().st_mode & 0o700)
