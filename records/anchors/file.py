"""An anchor that is a file: on a disk that others administer, or that can only be written once (WORM)."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path

from records.anchors.port import AnchorFailed, Kind


class FileAnchor:
    """Anchor. One line for each head, only ever added, synced before it counts. Several servers may share it."""

    kind: Kind = "file"

    def __init__(self, path: Path) -> None:
        self._path = path
        self.where = str(path)

    async def submit(self, head: bytes) -> bytes:
        try:
            await asyncio.to_thread(_append, self._path, head)
        except OSError as problem:
            raise AnchorFailed(f"无法写入 / cannot write {self.where}: {problem.strerror}") from problem
        return head


def _append(path: Path, line: bytes) -> None:
    fresh = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        # What a crash cut off stays as it is, on a line of its own.
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        rest = memoryview((b"\n" if torn else b"") + line + b"\n")
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if fresh:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
