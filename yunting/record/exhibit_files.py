"""Files of exhibits on the disk: `recordings/<session>/exhibits/<ulid>`, sealed with the session's key where
recordings are. Implements `signaling.exhibits.files.ExhibitFiles`."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path

import msgspec

from hearing.errors import Refused, UserError
from hearing.exhibit_commands import HandedIn
from hearing.ids import is_ulid, new_ulid
from records.exhibit_kinds import HEAD_BYTES, TAIL_BYTES, kind_of
from records.private_folder import private_folder
from records.standalone.sm3 import new_hash
from records.vault.sealed_file import SealedWriter
from records.vault.unlocked import open_recorded
from yunting.record.page_pictures import PagePictures
from yunting.record.recording_keys import RecordingKeys

FOLDER = "exhibits"
PART_BYTES = 256 << 10
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class DiskExhibits:
    """`folder_of` is a session's recording folder."""

    def __init__(self, folder_of: Callable[[str], Path], keys: RecordingKeys) -> None:
        self._folder_of = folder_of
        self._keys = keys
        self._drafts: set[Path] = set()
        self._pictures = PagePictures()

    async def take(self, session: str, parts: AsyncIterator[bytes], most_bytes: int) -> HandedIn:
        """See the port."""
        folder = self._folder_of(session)
        key = await self._keys.for_new(session, folder)
        try:
            draft = await asyncio.to_thread(_Draft, folder, key, self._drafts)
            try:
                async for part in parts:
                    if draft.size_bytes + len(part) > most_bytes:
                        most = most_bytes >> 20
                        raise Refused("too-large", f"文件超过 {most} MB", f"the file is larger than {most} MB")
                    await asyncio.to_thread(draft.write, part)
                taken = await asyncio.to_thread(draft.finish)
            finally:
                await asyncio.shield(asyncio.to_thread(draft.end))
        except OSError as problem:
            if problem.errno not in NO_ROOM:
                raise
            zh, en = "服务器存储空间不足，文件未接收；请联系法庭", "the court's disk is full: nothing was taken in"
            raise UserError("disk-full", zh, en) from problem
        if taken.kind != "pdf":
            return taken
        try:
            await self._keys.unlock(session, folder)
            pages = await self._pictures.count(session, self._path(session, taken.file))
        except BaseException:
            # Nobody is told of the file, so nobody would ever remove it.
            await asyncio.shield(self.discard(session, taken.file))
            raise
        return msgspec.structs.replace(taken, pages=pages)

    async def page(self, session: str, file: str, page: int) -> bytes:
        """See the port."""
        await self._keys.unlock(session, self._folder_of(session))
        try:
            jpeg = await self._pictures.draw(session, self._path(session, file), page)
        except FileNotFoundError:
            raise _missing() from None
        if jpeg is None:
            raise UserError("exhibit-page", "这一页无法显示，请下载原文件查看", "this page cannot be drawn")
        return jpeg

    async def read(self, session: str, file: str) -> AsyncGenerator[bytes, None]:
        """See the port."""
        path = self._path(session, file)
        await self._keys.unlock(session, self._folder_of(session))
        try:
            opened = await asyncio.to_thread(open_recorded, path)
        except FileNotFoundError:
            raise _missing() from None
        try:
            while part := await asyncio.to_thread(opened.read, PART_BYTES):
                yield part
        finally:
            opened.close()

    async def discard(self, session: str, file: str) -> None:
        """See the port."""
        await asyncio.to_thread(self._path(session, file).unlink, missing_ok=True)

    def _path(self, session: str, file: str) -> Path:
        folder, _, name = file.partition("/")
        if folder != FOLDER or not is_ulid(name):
            raise ValueError(f"not the file of an exhibit: {file!r}")
        return self._folder_of(session) / FOLDER / name


def _missing() -> UserError:
    return UserError("no-file", "证据文件缺失", "the file of this exhibit is missing")


class _Draft:
    """A file that is being taken in, hidden until it is whole. Blocks."""

    def __init__(self, folder: Path, key: bytes | None, drafts: set[Path]) -> None:
        """`drafts` are those of this process: any other in the folder was left by one that was killed, and goes."""
        name = new_ulid(time.time_ns() // 1_000_000)
        self._path = folder / FOLDER / name
        self._draft = self._path.with_name(f".{name}")
        self._drafts = drafts
        private_folder(self._path.parent)
        drafts.add(self._draft)
        for left in {*self._path.parent.glob(".*")} - drafts:
            left.unlink(missing_ok=True)
        self._fd = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
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
        self._draft.rename(self._path)
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

    def end(self) -> None:
        """Of what is not whole nothing is left. Idempotent."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        with contextlib.suppress(OSError):
            self._draft.unlink(missing_ok=True)
        self._drafts.discard(self._draft)
