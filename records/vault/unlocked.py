"""Folders of recordings that this process may read, as a disk that is mounted: opened once, then read like any other.

Readers of track files (`open_recorded`, `recorded_bytes`, `for_av`) need not know whether a file is sealed; who
begins the work unlocks the folder. A process of its own (`records.composite.render`) is given the key with its job
and does the same."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from hearing.errors import UserError
from records.vault.sealed_file import MAGIC, SealedReader, is_sealed, plain_bytes

_keys: dict[str, bytes] = {}


def unlock(folder: Path, key: bytes) -> None:
    """From now on sealed files that lie in `folder` are readable in this process. Idempotent."""
    _keys[str(folder.absolute())] = key


def key_of(folder: Path) -> bytes | None:
    """To be handed to a process of one's own that is to read there."""
    return _keys.get(str(folder.absolute()))


def open_recorded(path: Path) -> BinaryIO:
    """The plain bytes of a recorded file, sealed or not; seekable. Blocks. Raises OSError, UserError
    `recording-locked` for a sealed one whose folder is not unlocked."""
    file = path.open("rb")
    if file.peek(len(MAGIC))[: len(MAGIC)] != MAGIC:
        return file
    file.close()
    # Exhibits lie in a folder of their own below.
    key = key_of(path.parent) or key_of(path.parent.parent)
    if key is None:
        raise UserError(
            "recording-locked",
            f"录音录像 {path.name} 已加密，没有可用的密钥（storage.key_file）",
            f"the recording {path.name} is sealed and there is no key for it (storage.key_file)",
        )
    return io.BufferedReader(SealedReader(path, key, path.name), 64 << 10)


def recorded_bytes(path: Path) -> int:
    """Length of its plain bytes; needs no key. Blocks. Raises OSError."""
    return plain_bytes(path) if is_sealed(path) else path.stat().st_size


def for_av(path: Path) -> str | BinaryIO:
    """What PyAV opens: the name of a file that is not sealed, which it reads by itself, else the plain bytes. Raises
    as `open_recorded`."""
    return open_recorded(path) if is_sealed(path) else str(path)
