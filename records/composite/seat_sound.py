"""The sound of a piece of the session: what each seat said as FLAC, all of it mixed, and how loud that is.

Every sample stands where the session's clock has it, from 0 on, with silence where nothing was recorded. A piece
takes over from the one before it: where each file's samples stood beside their timestamps is handed on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import av
import msgspec
import numpy as np
import numpy.typing as npt

from records.composite.window import FORMAT, MARGIN_MS, Window
from records.media import flac
from records.media.excerpt import Reader, between
from records.media.loudness import momentary
from records.media.tracks import SAMPLES_PER_MS, AudioTrack, Samples
from records.timeline import Span

LEAD_MS = 200
"""Decoded before the first sample that counts: Opus needs some packets to settle (RFC 7845 4.6 asks for 80 ms)."""
TAIL = 48_000
"""Samples of the mix that the measure of the next piece begins with."""


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """`seats`: FLAC frames by seat, none for one that was not there. `mix`: 16-bit samples; times `peak` they are the
    sum of all seats, which may be beyond full scale."""

    seats: dict[str, tuple[bytes, ...]]
    mix: bytes
    peak: float


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What of a piece matters to others. `tail`: SHA-256 of the end of its mix; `offsets`: samples by file, see
    `AudioTrack`; `momentary`: loudness of the 400 ms up to each tenth of a second, LUFS; `errors`: packets that could
    not be decoded, by file."""

    tail: str
    offsets: dict[str, int]
    momentary: tuple[float, ...]
    errors: dict[str, int]


def digest(window: Window, offsets: Mapping[str, int], tail: str) -> str:
    """What a piece of sound is made from; `tail` is that of the piece before it, whose end is listened to."""
    tracks = [(track.file, track.seat, offsets.get(track.file, 0)) for track in window.timeline.tracks]
    decides = (FORMAT, av.__version__, window.span, tracks, window.seals, tail)
    return hashlib.sha256(msgspec.json.encode(decides)).hexdigest()


def make(window: Window, recordings: Path, offsets: Mapping[str, int], tail: Samples) -> tuple[Sound, Heard]:
    """The piece. `tail`: the last samples of the mix before it. OSError."""
    span = window.span
    count = span.length_ms * SAMPLES_PER_MS
    seats: dict[str, Samples] = {}
    ended: dict[str, int] = {}
    errors: dict[str, int] = {}
    for track in window.timeline.tracks:
        sound = _Part(window, recordings / track.file, track.file, offsets.get(track.file, 0))
        samples = sound.read(span, count)
        if samples is None:
            continue
        seats[track.seat] = seats[track.seat] + samples if track.seat in seats else samples
        ended[track.file] = sound.offset
        if sound.errors:
            errors[track.file] = sound.errors
    mixed = sum(seats.values(), start=np.zeros(count, np.float32))
    peak = max(1.0, float(np.max(np.abs(mixed), initial=0.0)))
    first_block = span.from_ms * SAMPLES_PER_MS // flac.BLOCK
    frames = {seat: flac.encode(_whole(samples), first_block) for seat, samples in sorted(seats.items())}
    sound_of = Sound(seats=frames, mix=_whole(mixed / peak).tobytes(), peak=peak)
    heard = samples_of(sound_of)
    loud = momentary(np.concatenate([tail, heard]), len(tail))
    end = hashlib.sha256(heard[-TAIL:].tobytes()).hexdigest()
    return sound_of, Heard(tail=end, offsets=ended, momentary=loud, errors=errors)


def samples_of(sound: Sound) -> Samples:
    """The mix, 1 being full scale."""
    whole: npt.NDArray[np.int16] = np.frombuffer(sound.mix, np.int16)
    return whole.astype(np.float32) * np.float32(sound.peak / 32767)


def _whole(samples: Samples) -> npt.NDArray[np.int16]:
    return np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16)


class _Part:
    """What one file has of the piece."""

    def __init__(self, window: Window, path: Path, file: str, offset: int) -> None:
        self._window, self._path, self._file = window, path, file
        self.offset = offset
        self.errors = 0

    def read(self, span: Span, count: int) -> Samples | None:
        """None where the file has no sound in this span."""
        ranges = between(self._window.held[self._file], span.from_ms - LEAD_MS, span.to_ms + MARGIN_MS)
        opened = Reader(self._path).open(ranges)
        if opened is None:
            return None
        container, excerpt = opened
        try:
            if not container.streams.audio:
                return None
            lead_ms = min(LEAD_MS, span.from_ms)
            from_ms = span.from_ms - lead_ms
            start = span.from_ms * SAMPLES_PER_MS
            track = AudioTrack(container, from_ms=from_ms, offset=self.offset, steer_from=start)
            track.read(from_ms * SAMPLES_PER_MS, lead_ms * SAMPLES_PER_MS)
            samples = track.read(start, count)
            self.offset, self.errors = track.offset, track.errors
            return samples
        finally:
            container.close()
            excerpt.close()
