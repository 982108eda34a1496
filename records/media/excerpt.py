"""Parts of a recorded file, read as if they were the whole: what the log says is sealed, and nothing else.

Sealed bytes are on disk, hashed and end between two clusters, so a file that is still being written gives its past
like a finished one, and gives the same afterwards.
"""

from __future__ import annotations

import hashlib
import itertools
import mmap
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import av
import msgspec
from av.container import InputContainer

from hearing.events import RangeSealed
from records.vault.unlocked import open_recorded

_CLUSTER = b"\x1f\x43\xb6\x75"
_SEGMENT = b"\x18\x53\x80\x67"
_TIMESTAMP = b"\xe7"
_CHECKSUM, _CHECKSUM_BYTES = b"\xbf", 6
"""What a muxer may put first into a cluster (RFC 8794 11.3.1)."""
_RANGE_MS = 5_000
_MAX_HEADER_BYTES = 64 * 1024
_QUICK = {"probesize": "32", "analyzeduration": "0"}
"""The header says all that a decoder needs; looking for more would decode each beginning twice."""


class Held(msgspec.Struct, frozen=True):
    """Bytes first..end (exclusive) of a file, which hold media of `from_ms` to `to_ms`. `vouched` stands for these
    bytes and all before them."""

    from_ms: int
    to_ms: int
    first_byte: int
    end_byte: int
    vouched: str


def held_of(ranges: Iterable[RangeSealed]) -> tuple[Held, ...]:
    """The ranges of one file in order, without those that would say its bytes twice."""
    found: list[Held] = []
    for sealed in ranges:
        if not found or sealed.first_byte >= found[-1].end_byte:
            found.append(Held(sealed.from_ms, sealed.to_ms, sealed.first_byte, sealed.end_byte, sealed.sha512))
    return tuple(found)


class Excerpt:
    """A file that consists of these stretches (first byte, end byte) of another. Closed by `close`. OSError."""

    def __init__(self, path: Path, spans: Sequence[tuple[int, int]]) -> None:
        self._file = open_recorded(path)
        self._spans = spans
        self._size = sum(end - first for first, end in spans)
        self._at = 0

    def read(self, count: int = -1) -> bytes:
        """At most `count` bytes; fewer where the file is shorter than the log says."""
        left = self._size - self._at if count < 0 else min(count, self._size - self._at)
        parts: list[bytes] = []
        start = 0
        for first, end in self._spans:
            length = end - first
            if left > 0 and start <= self._at < start + length:
                self._file.seek(first + self._at - start)
                data = self._file.read(min(left, start + length - self._at))
                parts.append(data)
                self._at += len(data)
                left -= len(data)
            start += length
        return b"".join(parts)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As files have it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """As files have it."""
        return self._at

    def close(self) -> None:
        """Give the file back. Idempotent."""
        self._file.close()


class Reader:
    """Opens parts of one file, each with the file's header before it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._head: int | None = None

    def open(self, ranges: Sequence[Held]) -> tuple[InputContainer, Excerpt] | None:
        """These ranges as a container; None where they hold no media. FileNotFoundError, OSError."""
        if not ranges:
            return None
        first = ranges[0].first_byte
        spans = [(held.first_byte, held.end_byte) for held in ranges]
        head_bytes = self._head_bytes()
        if first > 0:
            spans.insert(0, (0, min(first, head_bytes)))
        excerpt = Excerpt(self._path, spans)
        try:
            return av.open(excerpt, mode="r", format="matroska", container_options=_QUICK), excerpt
        except av.FFmpegError:
            excerpt.close()
            return None

    def _head_bytes(self) -> int:
        if self._head is None:
            with open_recorded(self._path) as file:
                self._head = max(0, file.read(_MAX_HEADER_BYTES).find(_CLUSTER))
        return self._head


def between(ranges: Sequence[Held], from_ms: int, to_ms: int) -> Sequence[Held]:
    """Those that reach into this span of session time, in a row."""
    inside = [n for n, held in enumerate(ranges) if held.to_ms > from_ms and held.from_ms < to_ms]
    return ranges[inside[0] : inside[-1] + 1] if inside else ()


def looked_through(path: Path, to_ms: int) -> tuple[Held, ...]:
    """The ranges of a finished file that no log has the bytes of, which holds media up to `to_ms`. OSError."""
    size = path.stat().st_size
    if not size:
        return ()
    with path.open("rb") as file:
        vouched = hashlib.file_digest(file, "sha256").hexdigest()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            begun = [(0, 0)]
            for at_ms, first in _clusters(data):
                if at_ms >= begun[-1][0] + _RANGE_MS:
                    begun.append((at_ms, first))
    pairs = itertools.pairwise([*begun, (max(to_ms, begun[-1][0] + 1), size)])
    return tuple(Held(from_ms, until_ms, first, end, vouched) for (from_ms, first), (until_ms, end) in pairs)


def _clusters(data: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Session ms and place of each cluster of a Matroska file in which every element has a size (RFC 9559 5)."""
    at = 0
    while at < len(data) - 12:
        identity = data[at : at + _vint_bytes(data[at])]
        size_at = at + len(identity)
        length = _vint_bytes(data[size_at])
        size = int.from_bytes(data[size_at : size_at + length], "big") & (1 << 7 * length) - 1
        inside = size_at + length
        first = inside + _CHECKSUM_BYTES if data[inside : inside + 1] == _CHECKSUM else inside
        if identity == _CLUSTER and data[first : first + 1] == _TIMESTAMP:
            count = data[first + 1] & 0x7F
            yield int.from_bytes(data[first + 2 : first + 2 + count], "big"), at
        at = inside if identity == _SEGMENT else inside + size


def _vint_bytes(first: int) -> int:
    return 9 - first.bit_length() if first else 1
