"""Pieces of composite and sound on disk, each written whole or not at all: what `kill -9` costs is the one in work.

    "YTP1", length of the head (4 bytes, big endian), head (JSON `Head`), body

A piece is known by its number and kind, and is good while its digest is that of what it would be made from now.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from records.errors import UNREADABLE
from records.private_folder import private_folder

MAGIC = b"YTP1"
PIECE_MS = 16_000
"""A whole number of AAC frames (750), of FLAC blocks (192) and of pictures at every whole rate."""

T = TypeVar("T")
_NONCE_BYTES = 12


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What stands before the body. `digest`: what it was made from; `sha256`: of the body, which is encrypted where
    it is `sealed`."""

    digest: str
    sha256: str
    bytes: int
    sealed: bool = False


class Packet(msgspec.Struct, frozen=True, array_like=True):
    """An encoded frame: its time in units of the stream, whether a decoder may begin here, and its bytes."""

    pts: int
    key: bool
    data: bytes


class Shelf(Generic[T]):
    """The pieces of one kind in a folder, as MessagePack of `kind`; with the key of the recordings that they were
    made from, encrypted (AES-256-GCM, a nonce for each). Blocks; OSError."""

    def __init__(self, folder: Path, name: str, kind: type[T], key: bytes | None = None) -> None:
        self._cipher = AESGCM(hashlib.sha256(b"yunting pieces" + key).digest()) if key is not None else None
        self._folder = folder
        self._name = name
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._known: dict[int, str] = {}

    def good(self, number: int, digest: str) -> bool:
        """Whether this piece is there, made from this. What is in the body is looked at by `read` only."""
        if self._known.get(number) != digest:
            head = self._head(number)
            self._known[number] = head.digest if head is not None else ""
        return self._known[number] == digest

    def any(self, number: int) -> bool:
        """Whether this piece is there, whatever it was made from."""
        self.good(number, "-")
        return self._known[number] != ""

    def write(self, number: int, digest: str, piece: T) -> None:
        """Durable and then in its place; replaces what is there."""
        body = msgspec.msgpack.encode(piece)
        if self._cipher is not None:
            nonce = os.urandom(_NONCE_BYTES)
            body = nonce + self._cipher.encrypt(nonce, body, self._bound_to(number, digest))
        sealed = self._cipher is not None
        sha256 = hashlib.sha256(body).hexdigest()
        head = msgspec.json.encode(Head(digest=digest, sha256=sha256, bytes=len(body), sealed=sealed))
        private_folder(self._folder)
        path = self._path(number)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with unfinished.open("wb") as file:
                file.write(MAGIC + struct.pack(">I", len(head)) + head + body)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        self._known[number] = digest

    def read(self, number: int) -> T | None:
        """The piece, whatever it was made from; None where there is none. One whose bytes are not what was written,
        or that the disk does not give back, is removed."""
        with contextlib.suppress(OSError, *UNREADABLE):
            data = self._path(number).read_bytes()
            head, start = _head(data)
            rest = memoryview(data)[start:]
            if head is not None and (len(rest), hashlib.sha256(rest).hexdigest()) == (head.bytes, head.sha256):
                body = self._opened(number, head, rest)
                if body is not None:
                    return self._decode(body)
        self.forget(number)
        return None

    def _opened(self, number: int, head: Head, body: memoryview) -> bytes | memoryview | None:
        """None for a body that another key has sealed, or none where one should have."""
        if head.sealed != (self._cipher is not None):
            return None
        if self._cipher is None:
            return body
        with contextlib.suppress(InvalidTag, ValueError):
            return self._cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], self._bound_to(number, head.digest))
        return None

    def look_again(self, number: int) -> None:
        """Others write here too: what is known of this piece may be old. Idempotent."""
        self._known.pop(number, None)

    def _bound_to(self, number: int, digest: str) -> bytes:
        """Sealed, no piece takes another's place, nor one that was made from something else."""
        return f"{self._path(number).name} {digest}".encode()

    def forget(self, number: int) -> None:
        """Remove a piece. Idempotent."""
        self._known.pop(number, None)
        self._path(number).unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.{self._name}"

    def _head(self, number: int) -> Head | None:
        try:
            with self._path(number).open("rb") as file:
                head, start = _head(file.read(4096))
                file.seek(0, os.SEEK_END)
                whole = head is not None and file.tell() == start + head.bytes
        except OSError:
            return None
        fits = head is not None and head.sealed == (self._cipher is not None)
        return head if whole and fits else None


def clear_unfinished(folder: Path) -> None:
    """Remove what processes that were killed left half written, below `folder` too. Idempotent."""
    for path in folder.rglob(".??????*.*"):
        pid = path.name.rpartition(".")[2]
        if pid.isdecimal() and not _runs(int(pid)):
            path.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _head(data: bytes) -> tuple[Head | None, int]:
    """The head and where the body begins."""
    if data[:4] != MAGIC or len(data) < 8:
        return None, 0
    (length,) = struct.unpack(">I", data[4:8])
    try:
        return msgspec.json.decode(data[8 : 8 + length], type=Head), 8 + length
    except UNREADABLE:
        return None, 0
