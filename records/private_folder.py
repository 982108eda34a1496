"""Folders and files of the court's records are for the server's own account, whatever the umask that it was started
with: nobody else on the machine reads them. What is there already keeps its mode; `yunting doctor` tells of it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

OTHERS = 0o077
"""Bits of a mode by which somebody else may read, write or enter."""


def private_folder(folder: Path) -> None:
    """Make a folder, and those above that are missing, mode 0700. Idempotent. Blocks; OSError."""
    if not folder.is_dir():
        private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def private_file(file: Path) -> None:
    """Make an empty file, mode 0600, where there is none. Idempotent: one that is there is not even opened, which
    would give up this process's locks on it when it is closed. Blocks; OSError."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
