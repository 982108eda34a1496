"""From Opus frames on the session clock to 16 kHz mono: no sample is added, none is lost, and each knows its time.

A frame of n ms gives 16 n samples. Where frames are missing (loss, mute, pause) nothing is made up: the next piece
simply stands later.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import av
import numpy as np
import numpy.typing as npt
import soxr

SAMPLES_PER_MS = 16
"""Of the sound that engines hear."""
JOINT_MS = 40
"""Pieces farther apart than this are not resampled across: the filter would smear one into the other."""

_OPUS_HZ = 48_000
_RATIO = 3
_CONFIG_MS = (10.0, 20.0, 40.0, 60.0)
_HYBRID_MS = (10.0, 20.0)
_CELT_MS = (2.5, 5.0, 10.0, 20.0)
_MOST_MS = 120.0

Sound = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Piece:
    """The sound of one frame: signed 16 bit at 16 kHz, from `at_ms` of the session on."""

    at_ms: int
    pcm16: bytes

    @property
    def samples(self) -> int:
        """How many."""
        return len(self.pcm16) // 2

    @property
    def end_ms(self) -> float:
        """Where its sound ends."""
        return self.at_ms + self.samples / SAMPLES_PER_MS


def opus_ms(packet: bytes) -> float:
    """How long a packet sounds (RFC 6716 3.1); 0 for one that is none."""
    if not packet:
        return 0.0
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        each_ms = _CONFIG_MS[config & 3]
    elif config < 16:
        each_ms = _HYBRID_MS[config & 1]
    else:
        each_ms = _CELT_MS[config & 3]
    count = (1, 2, 2)[code] if code < 3 else int.from_bytes(packet[1:2]) & 0x3F
    return each_ms * count if each_ms * count <= _MOST_MS else 0.0


class Decoder:
    """One track's decoder. Pieces come a few ms after their frames, because the filter looks ahead."""

    def __init__(self) -> None:
        self.damaged = 0
        """Frames that were no Opus: left out, as if they had been lost."""
        self._codec = _codec()
        self._resampler = _resampler()
        self._owed: deque[tuple[int, int]] = deque()
        self._made: Sound = np.zeros(0, dtype=np.int16)
        self._end_ms = 0.0

    def push(self, at_ms: int, opus: bytes) -> list[Piece]:
        """Take the frame that sounds from `at_ms` on, later than all before; returns the pieces that are complete."""
        sound = self._decode(opus)
        if sound is None:
            self.damaged += 1
            return []
        done = self.flush() if abs(at_ms - self._end_ms) > JOINT_MS else []
        self._end_ms = at_ms + len(sound) / (_OPUS_HZ / 1000)
        self._owed.append((at_ms, len(sound) // _RATIO))
        self._made = np.concatenate([self._made, self._resampler.resample_chunk(sound)])
        return done + self._complete()

    def flush(self) -> list[Piece]:
        """The pieces still owed; the next frame begins anew. Idempotent."""
        if not self._owed:
            return []
        rest = self._resampler.resample_chunk(np.zeros(0, dtype=np.int16), last=True)
        self._resampler = _resampler()
        owed = sum(samples for _, samples in self._owed)
        made = np.concatenate([self._made, rest])[:owed]
        self._made = np.concatenate([made, np.zeros(owed - len(made), dtype=np.int16)])
        return self._complete()

    def _complete(self) -> list[Piece]:
        done: list[Piece] = []
        while self._owed and self._owed[0][1] <= len(self._made):
            at_ms, samples = self._owed.popleft()
            done.append(Piece(at_ms, self._made[:samples].tobytes()))
            self._made = self._made[samples:]
        return done

    def _decode(self, opus: bytes) -> Sound | None:
        due = round(opus_ms(opus) * _OPUS_HZ / 1000)
        if not due:
            return None
        try:
            frames = self._codec.decode(av.Packet(opus))
        except av.FFmpegError:
            # What the decoder held is spoilt with it.
            self._codec = _codec()
            return None
        parts = [np.zeros(0, dtype=np.int16), *(frame.to_ndarray().reshape(-1) for frame in frames)]
        sound = np.concatenate(parts, dtype=np.int16)
        return sound if len(sound) == due else None


def _codec() -> av.AudioCodecContext:
    codec = av.CodecContext.create("libopus", "r")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate = _OPUS_HZ
    codec.layout = "mono"
    codec.open()
    return codec


def _resampler() -> soxr.ResampleStream:
    return soxr.ResampleStream(_OPUS_HZ, _OPUS_HZ // _RATIO, 1, dtype="int16", quality="HQ")
