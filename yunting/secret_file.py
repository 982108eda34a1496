"""The server's secret: 32 random bytes in a file of its own, from which keys for single purposes are derived."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from records.private_folder import private_folder


def load_secret(file: Path) -> bytes:
    """The server's secret, made at first use; 0600. OSError when it cannot be kept."""
    with contextlib.suppress(FileNotFoundError):
        return file.read_bytes()
    private_folder(file.parent)
    secret = secrets.token_bytes(32)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(secret)
        out.flush()
        os.fsync(out.fileno())
    return secret
