"""The merged sound of a session: every seat mixed, limited, one AAC stream from 0 to the end of the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from records.timeline import RecordedTrack, Timeline
from records.tracks import RATE_HZ, SAMPLES_PER_MS, AudioTrack, Samples

WINDOW_MS = 1_000
BLOCK = 10 * SAMPLES_PER_MS
CEILING = 0.89
"""Minus one decibel."""
RELEASE_PER_BLOCK = 0.02
BIT_RATE = 96_000


class Limiter:
    """Turns the sum down where it would clip, in blocks of 10 ms with a ramp; recovers in half a second."""

    def __init__(self) -> None:
        self._gain = 1.0

    def apply(self, samples: Samples) -> Samples:
        """`samples` in whole blocks, any amplitude; out within ±1."""
        out = np.empty_like(samples)
        for start in range(0, len(samples), BLOCK):
            block = samples[start : start + BLOCK]
            peak = float(np.max(np.abs(block), initial=0.0))
            needed = min(1.0, CEILING / peak) if peak > 0 else 1.0
            gain = min(needed, self._gain + RELEASE_PER_BLOCK)
            ramp = np.linspace(min(self._gain, needed), gain, len(block), dtype=np.float32)
            out[start : start + BLOCK] = block * ramp
            self._gain = gain
        return np.clip(out, -1.0, 1.0)


def mix(timeline: Timeline, recordings: Path, progress: Callable[[int], None]) -> Iterator[Samples]:
    """One-second windows of the limited mix; the last may be shorter. `progress` gets session ms done.

    A track is opened when its time comes and closed when it is over, so memory does not grow with the session.
    """
    waiting = sorted(timeline.tracks, key=lambda track: track.span.from_ms, reverse=True)
    active: list[tuple[RecordedTrack, AudioTrack]] = []
    limiter = Limiter()
    with ExitStack() as files:
        for from_ms in range(0, timeline.duration_ms, WINDOW_MS):
            to_ms = min(from_ms + WINDOW_MS, timeline.duration_ms)
            while waiting and waiting[-1].span.from_ms < to_ms:
                track = waiting.pop()
                active.append((track, files.enter_context(closing(AudioTrack(recordings / track.file)))))
            count = (to_ms - from_ms) * SAMPLES_PER_MS
            total = np.zeros(count, dtype=np.float32)
            for _, sound in active:
                total += sound.read(from_ms * SAMPLES_PER_MS, count)
            yield limiter.apply(total)
            for track, sound in active:
                if track.span.to_ms + WINDOW_MS < to_ms:
                    sound.close()
            active = [(track, sound) for track, sound in active if track.span.to_ms + WINDOW_MS >= to_ms]
            progress(to_ms)


def write_mix(timeline: Timeline, recordings: Path, target: Path, progress: Callable[[int], None]) -> None:
    """Write `target` (.m4a). Raises OSError when the disk refuses, av.FFmpegError for a file that is no media."""
    with av.open(str(target), "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=RATE_HZ, layout="mono")
        stream.bit_rate = BIT_RATE
        position = 0
        for window in mix(timeline, recordings, progress):
            frame = av.AudioFrame.from_ndarray(window.reshape(1, -1), format="fltp", layout="mono")
            frame.sample_rate = RATE_HZ
            frame.pts = position
            frame.time_base = Fraction(1, RATE_HZ)
            position += len(window)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
