"""Something that voice detectors take for speech, as Opus; and a recording of it that is kept in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import av
import numpy as np

from hearing.events import RangeSealed

FRAME_MS = 20


@cache
def voice(seconds: int = 4) -> tuple[bytes, ...]:
    """A buzz with syllables, in frames of 20 ms, without a pause that would close the gate."""
    times = np.arange(48_000 * seconds) / 48_000
    glottis = sum(np.sin(2 * np.pi * 140 * n * times) / n for n in range(1, 20))
    sound = (6000 * glottis * np.clip(np.sin(2 * np.pi * 4 * times), 0, 1)).astype(np.int16)
    return encoded(sound)


@cache
def hush(seconds: int = 4) -> tuple[bytes, ...]:
    """Silence."""
    return encoded(np.zeros(48_000 * seconds, dtype=np.int16))


def encoded(sound: np.ndarray) -> tuple[bytes, ...]:
    """48 kHz mono as whole frames of 20 ms."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"
    encoder.bit_rate = 24_000
    encoder.open()
    frame = av.AudioFrame.from_ndarray(sound[None, :], format="s16", layout="mono")
    frame.sample_rate = 48_000
    packets = [bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)]]
    return tuple(packets[: len(sound) // 960])


class Tape:
    """What a recorder wrote of one track: `frames` in order, `seal` makes a range of what is new."""

    def __init__(self, track: str) -> None:
        self.track = track
        self.frames: list[tuple[int, bytes]] = []
        self.ranges: list[RangeSealed] = []
        self.reads = 0
        self._sealed = 0

    def seal(self) -> RangeSealed:
        first = self.frames[self._sealed][0] if self._sealed < len(self.frames) else 0
        sealed = RangeSealed(
            track=self.track,
            file=f"{self.track}.mkv",
            first_byte=self._sealed,
            end_byte=len(self.frames),
            sha512="",
            from_ms=first,
            to_ms=self.frames[-1][0],
        )
        self._sealed = len(self.frames)
        self.ranges.append(sealed)
        return sealed

    def read(self, file: Path, ranges: Sequence[RangeSealed], from_ms: int) -> Iterator[tuple[int, bytes]]:
        self.reads += 1
        end = ranges[-1].end_byte if ranges else 0
        return (frame for frame in self.frames[:end] if frame[0] >= from_ms)
