"""The pictures of one recorded file from a moment on, in order of time.

What is handed out depends on the file's sealed bytes alone and not on where decoding began: a decoder that has run
since the last piece and one that begins anew at the last keyframe give the same pictures.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import av
from av.codec.context import Flags
from av.container import InputContainer

from records.media.excerpt import Excerpt, Held, Reader

AnyPacket: TypeAlias = "av.Packet[Any]"

FAR_MS = 30_000
"""Beyond so much that nobody wants it is sooner to look for a keyframe than to decode."""


class Pictures:
    """Holds one decoded frame and one ahead. OSError when the file cannot be read."""

    def __init__(self, path: Path, ranges: Sequence[Held], from_ms: int) -> None:
        self.errors = 0
        self.has_video = False
        self.frame: av.VideoFrame | None = None
        """The newest that was due."""
        self.shown_ms: int | None = None
        """Its time."""
        self.at_ms = from_ms
        """How far this was asked for."""
        self._reader = Reader(path)
        self._codec: av.VideoCodecContext | None = None
        self._waiting: deque[Held] = deque()
        self._ready: deque[tuple[int, av.VideoFrame]] = deque()
        self._open: tuple[InputContainer, Excerpt] | None = None
        start, self._skip_until_ms = self._entry(ranges, from_ms)
        self._taken = tuple(ranges[:start])
        self._packets: Iterator[AnyPacket] = iter(())
        self.extend(ranges)

    def continues(self, ranges: Sequence[Held], from_ms: int) -> bool:
        """Whether this can go on with these ranges at this moment, and sooner than a new one."""
        return 0 <= from_ms - self.at_ms <= FAR_MS and tuple(ranges[: len(self._taken)]) == self._taken

    def extend(self, ranges: Sequence[Held]) -> None:
        """All ranges of the file known by now."""
        self._waiting.extend(ranges[len(self._taken) :])
        self._taken = tuple(ranges)

    def advance(self, session_ms: int) -> bool:
        """Move on to this moment, which may not go back; whether there is a new picture."""
        self.at_ms = session_ms
        fresh = False
        while self._fill() and self._ready[0][0] <= session_ms:
            self.shown_ms, self.frame = self._ready.popleft()
            fresh = True
        return fresh

    def close(self) -> None:
        """Give the file back. Idempotent."""
        if self._open is not None:
            container, excerpt = self._open
            container.close()
            excerpt.close()
            self._open = None

    def _fill(self) -> bool:
        while not self._ready:
            packet = next(self._packets, None)
            if packet is not None:
                self._decode(packet)
            elif self._waiting:
                self._next_container()
            else:
                return False
        return True

    def _next_container(self) -> None:
        self.close()
        ranges = tuple(self._waiting)
        self._waiting.clear()
        self._open = self._reader.open(ranges)
        self._packets = iter(()) if self._open is None else _video_packets(self._open[0])
        if self._open is not None and self._open[0].streams.video:
            self.has_video = True
            if self._codec is None:
                self._codec = _decoder(self._open[0])

    def _decode(self, packet: AnyPacket) -> None:
        at_ms = _ms(packet)
        if at_ms is None or self._codec is None:
            return
        if self._skip_until_ms is not None:
            if not packet.is_keyframe or at_ms < self._skip_until_ms:
                return
            self._skip_until_ms = None
        try:
            frames = self._codec.decode(packet)
        except av.FFmpegError:
            self.errors += 1
            return
        for frame in frames:
            if frame.time is not None:
                self._ready.append((round(frame.time * 1000), frame))

    def _entry(self, ranges: Sequence[Held], from_ms: int) -> tuple[int, int | None]:
        """The range to begin with, and the time of the last keyframe at or before `from_ms`; None when there is
        none: then whatever comes is tried."""
        begun = [n for n, held in enumerate(ranges) if held.from_ms <= from_ms]
        for number in reversed(begun):
            opened = self._reader.open(ranges[number : number + 1])
            if opened is None:
                continue
            container, excerpt = opened
            try:
                times = [_ms(packet) for packet in _video_packets(container) if packet.is_keyframe]
            finally:
                container.close()
                excerpt.close()
            keys = [at_ms for at_ms in times if at_ms is not None and at_ms <= from_ms]
            if keys:
                return number, max(keys)
        return 0, None


def _decoder(container: InputContainer) -> av.VideoCodecContext:
    source = container.streams.video[0].codec_context
    codec = av.CodecContext.create(source.codec.name, "r")
    assert isinstance(codec, av.VideoCodecContext)
    codec.extradata = source.extradata
    codec.thread_count = 1
    # What was recorded live has no pictures that come out of turn: none is held back for one.
    codec.flags |= Flags.low_delay
    return codec


def _video_packets(container: InputContainer) -> Iterator[AnyPacket]:
    """Without the empty one that ends them; the end of a file that was cut off is the end."""
    if container.streams.video:
        with contextlib.suppress(av.FFmpegError):
            for packet in container.demux(container.streams.video[0]):
                if packet.size:
                    yield packet


def _ms(packet: AnyPacket) -> int | None:
    if packet.pts is None or packet.time_base is None:
        return None
    return round(packet.pts * packet.time_base * 1000)
