"""Files of exhibits on the disk: `recordings/<session>/exhibits/<ulid>`, sealed with the session's key where
recordings are. Implements `signaling.exhibits.files.ExhibitFiles`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from hearing.errors import Refused, UserError
from hearing.exhibit_commands import HandedIn
from hearing.ids import is_ulid, new_ulid
from records.exhibit_kinds import HEAD_BYTES, TAIL_BYTES, kind_of
from records.private_folder import private_folder
from records.standalone.sm3 import new_hash
from records.vault.sealed_file import SealedWriter
from records.vault.unlocked import open_recorded
from yunting.record.recording_keys import RecordingKeys

FOLDER = "exhibits"


class DiskExhibits:
    """`folder_of` is a session's recording folder."""

    def __init__(self, folder_of: Callable[[str], Path], keys: RecordingKeys) -> None:
        self._folder_of = folder_of
        self._keys = keys

    async def take(self, session: str, parts: AsyncIterator[bytes], most_bytes: int) -> HandedIn:
        """See the port."""
        folder = self._folder_of(session)
        key = await self._keys.for_new(session, folder)
        draft = await asyncio.to_thread(_Draft, folder, key)
        try:
            async for part in parts:
                if draft.size_bytes + len(part) > most_bytes:
                    most = most_bytes >> 20
                    raise Refused("too-large", f"文件超过 {most} MB", f"the file is larger than {most} MB")
                await asyncio.to_thread(draft.write, part)
            return await asyncio.to_thread(draft.finish)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(draft.remove))
            raise

    async def read(self, session: str, file: str) -> bytes:
        """See the port."""
        path = self._path(session, file)
        await self._keys.unlock(session, self._folder_of(session))
        try:
            return await asyncio.to_thread(_read, path)
        except FileNotFoundError:
            raise UserError("no-file", "证据文件缺失", "the file of this exhibit is missing") from None

    async def discard(self, session: str, file: str) -> None:
        """See the port."""
        await asyncio.to_thread(self._path(session, file).unlink, missing_ok=True)

    def _path(self, session: str, file: str) -> Path:
        folder, _, name = file.partition("/")
        if folder != FOLDER or not is_ulid(name):
            raise ValueError(f"not the file of an exhibit: {file!r}")
        return self._folder_of(session) / FOLDER / name


class _Draft:
    """A file that is being taken in. Blocks."""

    def __init__(self, folder: Path, key: bytes | None) -> None:
        name = new_ulid(time.time_ns() // 1_000_000)
        self._path = folder / FOLDER / name
        private_folder(self._path.parent)
        self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._sealed = SealedWriter(self._fd, key, name) if key is not None else None
        self._hashes = {algorithm: new_hash(algorithm) for algorithm in ("sha256", "sm3")}
        self._head = self._tail = b""
        self.size_bytes = 0

    def write(self, part: bytes) -> None:
        """Append. Raises OSError."""
        for each in self._hashes.values():
            each.update(part)
        self._head += part[: HEAD_BYTES - len(self._head)]
        self._tail = (self._tail + part)[-TAIL_BYTES:]
        self.size_bytes += len(part)
        left = memoryview(part)
        while left:
            left = left[self._sealed.write(left) if self._sealed is not None else os.write(self._fd, left) :]

    def finish(self) -> HandedIn:
        """Whole and durable. Raises Refused, OSError."""
        if not self.size_bytes:
            raise Refused("no-file", "没有收到文件", "there is no file in the body")
        kind = kind_of(self._head, self._tail)
        os.fsync(self._fd)
        os.close(self._fd)
        self._fd = -1
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return HandedIn(
            file=f"{FOLDER}/{self._path.name}",
            kind=kind,
            size_bytes=self.size_bytes,
            sha256=self._hashes["sha256"].hexdigest(),
            sm3=self._hashes["sm3"].hexdigest(),
        )

    def remove(self) -> None:
        """Nothing is left of it. Idempotent."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    with open_recorded(path) as file:
        return file.read()
