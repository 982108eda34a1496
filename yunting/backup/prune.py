"""Removing old backups: those older than the newest few that are whole, which are read through first."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from hearing.errors import UserError
from yunting.backup import folder as folders

_GOING = ".removing"


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What `yunting backup --prune --json` prints; paths, the newest first."""

    kept: tuple[str, ...]
    """Whole: each file has the digest that it was backed up with."""
    damaged: tuple[str, ...]
    """Newer than the oldest of `kept`, and not whole. Not removed: somebody has to look."""
    old: tuple[str, ...]
    """Removed, or to be."""
    removed: bool


def prune(folder: Path, keep: int, *, remove: bool, hashed: Callable[[int], object] = lambda count: None) -> Pruned:
    """Keep the newest `keep` backups that are whole and name, or remove, all older ones. Blocks; `hashed` gets bytes.

    While fewer than `keep` are whole nothing is old. What a kill leaves half removed no longer counts as a backup and
    goes with the next call. Raises UserError `keep-one`, `no-whole-backup`; OSError.
    """
    if keep < 1:
        raise UserError("keep-one", "至少保留一份备份", "keep at least one backup")
    kept: list[Path] = []
    damaged: list[Path] = []
    found = folders.backups_in(folder)
    while found and len(kept) < keep:
        newest = found.pop()
        try:
            folders.check(newest, hashed)
        except UserError:
            damaged.append(newest)
        else:
            kept.append(newest)
    if not kept and damaged:
        raise UserError(
            "no-whole-backup",
            f"{folder} 里没有完好的备份，未删除任何一份",
            f"no backup in {folder} is whole: nothing was removed",
        )
    old = found[::-1]
    if remove:
        for backup in reversed(old):
            # The name first: what is half removed must not be taken for a backup.
            backup.rename(backup.with_name(f".{backup.name}{_GOING}"))
        for rest in folder.glob(f".*{_GOING}"):
            shutil.rmtree(rest)
        folders.sync_folder(folder)
    told = (tuple(map(str, kept)), tuple(map(str, damaged)), tuple(map(str, old)))
    return Pruned(kept=told[0], damaged=told[1], old=told[2], removed=remove)
