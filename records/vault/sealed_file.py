"""A file that can be read only with its case's key, written from front to back, read from anywhere.

    "YTSEAL1\\n" | salt (32 bytes) | records
    record: length (4 bytes, big-endian) | AES-256-GCM of so many bytes | tag (16 bytes)

The file's key is HKDF-SHA256 (RFC 5869) of the case's key with the file's own salt and name: no file can take
another's place, no nonce is ever used twice. The nonce is the record's number, the additional data its length and the
position of its first byte: records can be neither moved nor left out. What a crash or a full disk leaves ends with
its last whole record. How long the whole is to be says the log, as it does of every recording."""

from __future__ import annotations

import bisect
import contextlib
import io
import os
import threading
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"YTSEAL1\n"
RECORD_BYTES = 64 << 10
"""At most; what is written at once makes a record of its own, so that it is on disk when the write returns."""
SALT_BYTES = 32
FILES_KNOWN = 64
"""Files whose records' places stay in memory, the newest used: 160 kB for an hour of one."""
_HEAD_BYTES = len(MAGIC) + SALT_BYTES
_LENGTH_BYTES = 4
_TAG_BYTES = 16


class SealedWriter:
    """Appends to an empty file that is open for writing at `descriptor`; it stays the caller's."""

    def __init__(self, descriptor: int, key: bytes, name: str) -> None:
        """Raises OSError."""
        salt = os.urandom(SALT_BYTES)
        self._fd = descriptor
        self._cipher = AESGCM(_file_key(key, salt, name))
        self._records = 0
        self._position = 0
        self._file_bytes = 0
        self._put(MAGIC + salt)

    def write(self, data: bytes | memoryview) -> int:
        """Append at most RECORD_BYTES of `data` as one record; returns how many. Raises OSError: nothing of them is
        in the file then, and nothing more may be written."""
        plain = data[:RECORD_BYTES]
        length = len(plain).to_bytes(_LENGTH_BYTES)
        box = self._cipher.encrypt(_nonce(self._records), bytes(plain), _bound_to(self._position, length))
        self._records += 1
        self._put(length + box)
        self._position += len(plain)
        return len(plain)

    def _put(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError:
            # A record that is not whole can be read by nobody.
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._file_bytes)
            raise
        self._file_bytes += len(data)


class SealedReader(io.RawIOBase):
    """The plain bytes of a sealed file, as far as its records were whole when it was opened.

    A record that was changed reads as zeros and counts in `damaged`: the hashes in the log name what is wrong, as
    they do of a file that is not sealed. Not thread-safe."""

    def __init__(self, path: Path, key: bytes, name: str) -> None:
        """Blocks: reads four bytes of each record. Raises OSError; ValueError for a file that is not sealed."""
        super().__init__()
        self.damaged = 0
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            head = os.pread(self._fd, _HEAD_BYTES, 0)
            if not head.startswith(MAGIC):
                raise ValueError(f"{path}: not a sealed file")
            self._cipher = AESGCM(_file_key(key, head[len(MAGIC) :], name))
            # Grows with the file; `size` stays.
            self._starts, self.size = _scan(self._fd)
        except BaseException:
            os.close(self._fd)
            raise
        self._at = 0
        self._held_number = -1
        self._held = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._at >= self.size:
            return 0
        number = bisect.bisect_right(self._starts, self._at) - 1
        plain = self._record(number)
        offset = self._at - self._starts[number]
        count = min(len(buffer), len(plain) - offset)
        memoryview(buffer)[:count] = plain[offset : offset + count]
        self._at += count
        return count

    def close(self) -> None:
        if not self.closed:
            os.close(self._fd)
        super().close()

    def _record(self, number: int) -> bytes:
        if number == self._held_number:
            return self._held
        start = self._starts[number]
        end = self._starts[number + 1] if number + 1 < len(self._starts) else self.size
        length = end - start
        place = _HEAD_BYTES + start + number * (_LENGTH_BYTES + _TAG_BYTES) + _LENGTH_BYTES
        box = os.pread(self._fd, length + _TAG_BYTES, place)
        try:
            plain = self._cipher.decrypt(_nonce(number), box, _bound_to(start, length.to_bytes(_LENGTH_BYTES)))
        except InvalidTag:
            self.damaged += 1
            plain = bytes(length)
        self._held_number, self._held = number, plain
        return plain


def is_sealed(path: Path) -> bool:
    """Whether the file begins as a sealed one. Blocks. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def plain_bytes(path: Path) -> int:
    """Length of what a sealed file holds; needs no key. Blocks. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _scan(descriptor)[1]
    finally:
        os.close(descriptor)


class _Places:
    """Where each whole record's plain bytes begin, as far as a file was looked through."""

    def __init__(self) -> None:
        self.starts = array("q")
        self.size = 0
        self.place = _HEAD_BYTES

    def go_on(self, descriptor: int, total: int) -> None:
        """Look through what came since."""
        while self.place + _LENGTH_BYTES + _TAG_BYTES < total:
            length = int.from_bytes(os.pread(descriptor, _LENGTH_BYTES, self.place))
            after = self.place + _LENGTH_BYTES + length + _TAG_BYTES
            if not 0 < length <= RECORD_BYTES or after > total:
                break
            self.starts.append(self.size)
            self.size += length
            self.place = after


_known: OrderedDict[bytes, _Places] = OrderedDict()
_looking = threading.Lock()


def _scan(descriptor: int) -> tuple[Sequence[int], int]:
    """Starts of the whole records, and the length of all of them. A file that is opened again and again while it
    grows is not looked through from its beginning each time: two microseconds a record, 40 ms after an hour."""
    total = os.fstat(descriptor).st_size
    head = os.pread(descriptor, _HEAD_BYTES, 0)
    with _looking:
        places = _known.pop(head, None)
        if places is None or places.place > total:
            places = _Places()
        places.go_on(descriptor, total)
        _known[head] = places
        if len(_known) > FILES_KNOWN:
            _known.popitem(last=False)
        return places.starts, places.size


def _file_key(key: bytes, salt: bytes, name: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=salt, info=b"yunting/sealed file/" + name.encode()).derive(key)


def _nonce(number: int) -> bytes:
    return number.to_bytes(12)


def _bound_to(position: int, length: bytes) -> bytes:
    return position.to_bytes(8) + length
