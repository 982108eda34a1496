"""Blobs as files below one folder: another disk, a network mount, a WORM volume.

A blob grows as `.uploads/<hash of its key>` and gets its name, fsynced, when all of it is there and hashed. Two
servers may share a folder only if they put different keys.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import BinaryIO

from records.blobs.keys import check_deletable, check_key, check_range, other_bytes
from records.errors import FULL, BlobMismatch, BlobMissing, BlobUnavailable

BLOCK_BYTES = 1 << 20
_UPLOADS = ".uploads"


class FilesystemBlobs:
    """BlobStore in `folder`, which is made when its parent exists: an unmounted disk must not be taken for an empty
    one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, source: Path | bytes, sha512: str) -> None:
        check_key(key)
        await asyncio.to_thread(self._put, key, source, sha512)

    async def size_bytes(self, key: str) -> int | None:
        check_key(key)
        return await asyncio.to_thread(self._size, key)

    async def read(self, key: str, first_byte: int = 0, end_byte: int | None = None) -> AsyncIterator[bytes]:
        check_key(key)
        check_range(first_byte, end_byte)
        file = await asyncio.to_thread(self._open, key)
        try:
            await asyncio.to_thread(file.seek, first_byte)
            left = None if end_byte is None else end_byte - first_byte
            while left is None or left > 0:
                try:
                    block = await asyncio.to_thread(
                        file.read, BLOCK_BYTES if left is None else min(BLOCK_BYTES, left)
                    )
                except OSError as error:
                    raise _unavailable(error) from error
                if not block:
                    return
                left = None if left is None else left - len(block)
                yield block
        finally:
            await asyncio.to_thread(file.close)

    async def keys(self, prefix: str) -> Sequence[str]:
        return await asyncio.to_thread(self._keys, prefix)

    async def delete(self, key: str) -> None:
        check_deletable(key)
        await asyncio.to_thread(self._delete, key)

    async def close(self) -> None:
        """Nothing is held open."""

    def _put(self, key: str, source: Path | bytes, sha512: str) -> None:
        with _opened(source) as reader:
            try:
                self._store(key, reader, sha512)
            except OSError as error:
                raise _unavailable(error) from error

    def _store(self, key: str, reader: BinaryIO, sha512: str) -> None:
        target = self._place(key)
        if target.exists():
            self._check_same(key, target, sha512)
            return
        draft = self._place(f"{_UPLOADS}/{hashlib.sha256(key.encode()).hexdigest()}")
        self._folder.mkdir(mode=0o700, exist_ok=True)
        draft.parent.mkdir(mode=0o700, exist_ok=True)
        digest = hashlib.sha512()
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600), "a+b") as writer:
            done = _same_so_far(reader, writer, digest)
            writer.truncate(done)
            while block := reader.read(BLOCK_BYTES):
                digest.update(block)
                writer.write(block)
            writer.flush()
            os.fsync(writer.fileno())
        if digest.hexdigest() != sha512:
            draft.unlink()
            raise BlobMismatch(key, "the source")
        _make_folders(self._folder.resolve(), target.parent)
        try:
            # A link, not a rename: it never takes the place of another file.
            os.link(draft, target)
        except FileExistsError:
            self._check_same(key, target, sha512)
        _sync(target.parent)
        draft.unlink(missing_ok=True)

    def _check_same(self, key: str, target: Path, sha512: str) -> None:
        with target.open("rb") as file:
            if hashlib.file_digest(file, "sha512").hexdigest() != sha512:
                raise other_bytes(key)

    def _size(self, key: str) -> int | None:
        self._check_there()
        target = self._place(key)
        return target.stat().st_size if target.is_file() else None

    def _open(self, key: str) -> BinaryIO:
        self._check_there()
        try:
            return self._place(key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise BlobMissing(key) from None
        except OSError as error:
            raise _unavailable(error) from error

    def _keys(self, prefix: str) -> Sequence[str]:
        self._check_there()
        # Of the prefix its whole folders are gone into; the rest is part of a name.
        root = self._folder / prefix.rpartition("/")[0]
        found = (path.relative_to(self._folder).as_posix() for path in root.rglob("*") if path.is_file())
        return sorted(key for key in found if key.startswith(prefix) and not key.startswith(f"{_UPLOADS}/"))

    def _delete(self, key: str) -> None:
        try:
            self._place(key).unlink(missing_ok=True)
        except OSError as error:
            raise _unavailable(error) from error

    def _place(self, key: str) -> Path:
        """Where the bytes of `key` lie. A link in the place is nobody's copy: it would make the court's own file a
        copy of itself, or have an upload written over a file elsewhere. Raises BlobUnavailable."""
        place = self._folder.resolve() / key
        if place.resolve() != place:
            raise BlobUnavailable(f"{place}: 不应是链接 / is a link, or lies behind one")
        return place

    def _check_there(self) -> None:
        if not self._folder.is_dir() and not self._folder.parent.is_dir():
            raise BlobUnavailable(f"{self._folder.parent}: no such folder")


def _opened(source: Path | bytes) -> BinaryIO:
    return source.open("rb") if isinstance(source, Path) else io.BytesIO(source)


def _same_so_far(reader: BinaryIO, draft: BinaryIO, digest: hashlib._Hash) -> int:
    """Bytes at the draft's beginning that are the source's too: an earlier upload is gone on with from there."""
    draft.seek(0)
    done = 0
    while block := draft.read(BLOCK_BYTES):
        if reader.read(len(block)) != block:
            break
        digest.update(block)
        done += len(block)
    reader.seek(done)
    return done


def _make_folders(root: Path, folder: Path) -> None:
    """Each new folder's name durable, down from `root`."""
    steps = folder.relative_to(root).parts
    for count in range(1, len(steps) + 1):
        step = root.joinpath(*steps[:count])
        with contextlib.suppress(FileExistsError):
            step.mkdir(mode=0o700)
            _sync(step.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unavailable(error: OSError) -> BlobUnavailable:
    why = "存储空间不足 / the disk is full" if error.errno in FULL else error.strerror or error
    return BlobUnavailable(f"{error.filename or ''} {why}".strip())
