"""Decoding the sound of recorded track files on the session clock: PTS in the file are session ms.

A damaged packet is skipped and counted, a truncated file ends early: the gaps are listed in the log, and what can be
shown is shown.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.container import InputContainer

from records.vault.unlocked import for_av

RATE_HZ = 48_000
SAMPLES_PER_MS = RATE_HZ // 1000
STEER_SAMPLES = 3 * SAMPLES_PER_MS // 2
"""A deviation up to this is rounding of timestamps to ms and left alone."""
JUMP_SAMPLES = 5 * SAMPLES_PER_MS
"""A deviation beyond this is a lost packet or a gap and jumped over; in between it is drift of the sender's clock:
frames are stretched by at most one per cent."""

Samples = npt.NDArray[np.float32]


class AudioTrack:
    """The sound of one file as 48 kHz mono, placed on the session clock sample by sample.

    `offset`: by how many samples what comes first stands beside its timestamp, `steer_from`: before which sample that
    is not put right. With them one track takes over where another one ended, and no sample is heard twice.
    """

    def __init__(
        self,
        source: Path | IO[bytes] | InputContainer | None,
        *,
        from_ms: int = 0,
        offset: int = 0,
        steer_from: int = 0,
    ) -> None:
        self.errors = 0
        self.offset = offset
        self._from_ms = from_ms
        self._steer_from = steer_from
        self._begun = False
        self._container = source if isinstance(source, InputContainer | None) else _open(source)
        has_audio = self._container is not None and bool(self._container.streams.audio)
        self._frames = self._decode(self._container) if self._container and has_audio else iter(())
        self._next: tuple[int, Samples] | None = next(self._frames, None)
        self._held: Samples = np.zeros(0, dtype=np.float32)
        self._held_at = 0

    def read(self, start: int, count: int) -> Samples:
        """Samples start..start+count of session time, zeros where there are none. `start` may not go back."""
        self._drop_before(start)
        end = start + count
        while self._next is not None and self._next[0] < end and self._held_at + len(self._held) < end:
            self._place(*self._next)
            self._next = next(self._frames, None)
        out = np.zeros(count, dtype=np.float32)
        offset = self._held_at - start
        if offset < count:
            usable = self._held[: count - offset]
            out[offset : offset + len(usable)] = usable
        return out

    def close(self) -> None:
        """Give the file back. Idempotent."""
        if self._container is not None:
            self._container.close()

    def _drop_before(self, start: int) -> None:
        surplus = start - self._held_at
        if surplus > 0:
            self._held = self._held[surplus:]
            self._held_at = start

    def _place(self, at: int, samples: Samples) -> None:
        cursor = self._held_at + len(self._held)
        deviation = at - cursor
        if not self._begun:
            self._begun = True
            deviation += self.offset
            if deviation >= 0:
                self._held = np.concatenate([self._held, np.zeros(deviation, dtype=np.float32), samples])
            else:
                self._held = np.concatenate([self._held, samples[min(len(samples), -deviation) :]])
        elif deviation > JUMP_SAMPLES:
            self._held = np.concatenate([self._held, np.zeros(deviation, dtype=np.float32), samples])
        elif deviation < -JUMP_SAMPLES:
            self._held = np.concatenate([self._held, samples[min(len(samples), -deviation) :]])
        elif abs(deviation) > STEER_SAMPLES and cursor >= self._steer_from:
            limit = max(1, len(samples) // 100)
            self._held = np.concatenate([self._held, _stretched(samples, max(-limit, min(limit, deviation)))])
        else:
            self._held = np.concatenate([self._held, samples])
        self.offset = self._held_at + len(self._held) - at - len(samples)

    def _decode(self, container: InputContainer) -> Iterator[tuple[int, Samples]]:
        stream = container.streams.audio[0]
        to_mono = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
        for packet in _packets(container, stream):
            if packet.pts is not None and packet.pts * packet.time_base * 1000 < self._from_ms:
                continue
            try:
                frames = [part for frame in packet.decode() for part in to_mono.resample(frame)]
            except av.FFmpegError:
                self.errors += 1
                continue
            for frame in frames:
                if frame.time is not None:
                    yield round(frame.time * RATE_HZ), frame.to_ndarray().reshape(-1).astype(np.float32)


def _open(source: Path | IO[bytes]) -> InputContainer | None:
    """None for a file without media (empty, or cut off inside its header). FileNotFoundError when it is absent."""
    try:
        return av.open(for_av(source) if isinstance(source, Path) else source, mode="r")
    except FileNotFoundError:
        raise
    except av.FFmpegError:
        return None


def _stretched(samples: Samples, by: int) -> Samples:
    grid = np.linspace(0, len(samples) - 1, len(samples) + by)
    return np.interp(grid, np.arange(len(samples)), samples).astype(np.float32)


def _packets(container: InputContainer, stream: AudioStream) -> Iterator[Any]:
    """Packets of one stream; the end of a file that was cut off is the end."""
    with contextlib.suppress(av.FFmpegError):
        yield from container.demux(stream)
