"""What a backup looks like: `<DIR>/<UTC time>/` with `backup.json`, `files/`, and `manifest-sha512.txt` over both.

It is there whole or not at all: it grows as `.<UTC time>.partial`.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from hearing.errors import UserError
from records.errors import UNREADABLE

FILES = "files"
ABOUT = "backup.json"
MANIFEST = "manifest-sha512.txt"
STORE = "store.sqlite"
BALLOTS = "ballots.sqlite"
FORMAT = 1
BLOCK_BYTES = 1 << 20
_LINE = re.compile(r"([0-9a-f]{128})  (.+)")


class About(msgspec.Struct, frozen=True, kw_only=True):
    """`backup.json`. `left_out` says in words what a restored court has to bring by itself."""

    format: int
    software: str
    utc_ms: int
    sessions: int
    ballots: bool
    """Whether the ballot logs are in it."""
    files: int
    bytes: int
    missing: tuple[str, ...] = ()
    """Track files that a log names and the server no longer has."""
    left_out: tuple[str, ...] = ()


def backups_in(folder: Path) -> list[Path]:
    """Finished backups, the oldest first. Blocks."""
    return sorted(each.parent for each in folder.glob(f"*/{MANIFEST}") if not each.parent.name.startswith("."))


def newest(folder: Path) -> Path:
    """`folder` when it is a backup, else the newest backup in it. Blocks. Raises UserError `no-backup`."""
    if (folder / MANIFEST).is_file():
        return folder
    found = backups_in(folder)
    if not found:
        raise UserError("no-backup", f"{folder} 里没有备份", f"there is no finished backup in {folder}")
    return found[-1]


def about(backup: Path) -> About:
    """Blocks. Raises UserError `backup-damaged`, also for one of a newer program."""
    try:
        told = msgspec.json.decode((backup / ABOUT).read_bytes(), type=About)
    except (OSError, *UNREADABLE):
        raise damaged(ABOUT) from None
    if told.format != FORMAT:
        raise UserError("backup-newer", "备份由更新的版本生成", "the backup was made by a newer version of Yunting")
    return told


def digests(backup: Path) -> dict[str, str]:
    """SHA-512 by path, as the manifest says: whoever wrote it, every path stays in the backup. Blocks. Raises
    UserError `backup-damaged`."""
    try:
        text = (backup / MANIFEST).read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        raise damaged(MANIFEST) from None
    *lines, rest = text.split("\n")
    found = [match.groups() for match in map(_LINE.fullmatch, lines) if match is not None and is_listable(match[2])]
    listed = {path: digest for digest, path in found}
    if rest or len(listed) != len(lines):
        raise damaged(MANIFEST)
    return listed


def is_listable(path: str) -> bool:
    """Whether a manifest can name it: below its folder, on one line, in UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return not {"", ".", ".."} & set(path.split("/")) and not {"\n", "\0"} & set(path)


def check(backup: Path, hashed: Callable[[int], object] = lambda count: None) -> None:
    """Every file is there and as it was, and none is missing from the manifest. Blocks. Raises UserError
    `backup-damaged`, naming the first that is not."""
    listed, told = digests(backup), about(backup)
    if ABOUT not in listed or len([path for path in listed if path.startswith(f"{FILES}/")]) != told.files:
        raise damaged(MANIFEST)
    for path, digest in listed.items():
        try:
            with opened(backup, path) as file:
                found = sha512(blocks(file, hashed))
        except OSError:
            raise damaged(path) from None
        if found != digest:
            raise damaged(path)


def opened(backup: Path, path: str) -> BinaryIO:
    """A file of the backup itself: never one outside that a link in it leads to, nor a pipe, which would wait for
    ever. OSError."""
    whole = backup.resolve() / path
    if whole.resolve() != whole or not stat.S_ISREG(whole.lstat().st_mode):
        raise OSError(f"{path}: not a plain file")
    return whole.open("rb")


def sha512(parts: Iterator[bytes]) -> str:
    """Of all parts together, lower-case hex."""
    digest = hashlib.sha512()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def blocks(file: object, told: Callable[[int], object] = lambda count: None) -> Iterator[bytes]:
    """The rest of an open file, block by block; `told` gets the bytes of each."""
    while block := file.read(BLOCK_BYTES):  # type: ignore[attr-defined]
        told(len(block))
        yield block


def sync_folder(folder: Path) -> None:
    """The names in it are durable. Blocks."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def damaged(path: str) -> UserError:
    """The error of a backup that is not what was made."""
    return UserError("backup-damaged", f"备份已损坏：{path}", f"the backup is damaged: {path} is not what was made")
