"""Sound out of a track file that may still grow: the frames of its sealed ranges, from a moment on.

Only sealed ranges are read: they are whole clusters, durable, and what they hold never changes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import av
from av.container import InputContainer

from hearing.events import RangeSealed
from records.vault.unlocked import open_recorded

_CLUSTER = b"\x1f\x43\xb6\x75"
_HEAD_BYTES = 1 << 16


def opus_frames(file: Path, ranges: Sequence[RangeSealed], from_ms: int) -> Iterator[tuple[int, bytes]]:
    """(time in session ms, Opus packet) of the first stream of sound, from `from_ms` on, in order.

    `ranges` are those of the file, in order, from its beginning. A file without sound gives nothing; one that is
    damaged ends early. Raises OSError when it cannot be read.
    """
    if not ranges:
        return
    # What an earlier range holds ends where this one begins, or before.
    first = max((n for n, each in enumerate(ranges) if each.from_ms < from_ms), default=0)
    with open_recorded(file) as raw:
        head = b""
        if first:
            # From a later range on the file is read as if it began there: its head, then whole clusters.
            head = raw.read(min(_HEAD_BYTES, ranges[0].end_byte))
            head = head[: max(head.find(_CLUSTER), 0)]
        raw.seek(ranges[first].first_byte)
        yield from _frames(_Bytes(head, raw, ranges[-1].end_byte - ranges[first].first_byte), from_ms)


def _frames(source: _Bytes, from_ms: int) -> Iterator[tuple[int, bytes]]:
    container: InputContainer | None = None
    with contextlib.suppress(av.FFmpegError):
        container = av.open(source, "r", format="matroska")
    if container is None:
        return
    with container, contextlib.suppress(av.FFmpegError):
        stream = next(iter(container.streams.audio), None)
        if stream is None:
            return
        for packet in container.demux(stream):
            if packet.pts is None or packet.time_base is None:
                continue
            at_ms = round(packet.pts * packet.time_base * 1000)
            if at_ms >= from_ms:
                yield at_ms, bytes(packet)


class _Bytes:
    """What libavformat reads: a head, then so many bytes of the file. It cannot seek."""

    def __init__(self, head: bytes, file: BinaryIO, count: int) -> None:
        self._head = head
        self._file = file
        self._left = count

    def read(self, count: int) -> bytes:
        if self._head:
            data, self._head = self._head[:count], self._head[count:]
            return data
        data = self._file.read(min(count, self._left))
        self._left -= len(data)
        return data
