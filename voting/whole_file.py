"""A file that is there whole or not at all: written beside its place, synced, and then put there."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO


@asynccontextmanager
async def whole_file(path: Path) -> AsyncIterator[BinaryIO]:
    """What is written into it is `path` once the block ends well, over what was there; otherwise `path` stays as it
    was. Raises OSError."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        out = await asyncio.to_thread(_new, draft)
        try:
            yield out
            await asyncio.to_thread(_sync, out)
        finally:
            await asyncio.to_thread(out.close)
        await asyncio.to_thread(_put, draft, path)
    finally:
        await asyncio.to_thread(draft.unlink, missing_ok=True)


def _new(draft: Path) -> BinaryIO:
    return os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _sync(out: BinaryIO) -> None:
    out.flush()
    os.fsync(out.fileno())


def _put(draft: Path, path: Path) -> None:
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
