"""Speech-like sound for a synthetic party: a glottal pulse train through moving formants, in syllables and breaths.

It is not language; it has the level, rhythm and spectrum that codecs, level meters and speaker detection meet.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 48_000
FRAME_SAMPLES = 960
"""20 ms, one Opus frame."""

_VOWELS_HZ = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))


def speech(pitch_hz: float, seconds: float, seed: int) -> NDArray[np.int16]:
    """`seconds` of mono speech-like sound at 48 kHz as int16, the same for the same seed."""
    rng = np.random.default_rng(seed)
    total = int(seconds * RATE_HZ)
    sound = np.zeros(total)
    at = 0
    while at < total:
        for _ in range(rng.integers(5, 12)):
            syllable = _syllable(pitch_hz * rng.uniform(0.9, 1.15), rng)
            end = min(at + len(syllable), total)
            sound[at:end] += syllable[: end - at]
            at = end + int(rng.uniform(0.01, 0.05) * RATE_HZ)
            if at >= total:
                break
        at += int(rng.uniform(0.25, 0.6) * RATE_HZ)
    peak = float(np.max(np.abs(sound))) or 1.0
    return (sound / peak * 0.45 * 32767).astype(np.int16)


def quiet(seconds: float, seed: int) -> NDArray[np.int16]:
    """Room noise around -66 dBov: a microphone is never silent."""
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(int(seconds * RATE_HZ)) * 16).astype(np.int16)


def _syllable(pitch_hz: float, rng: np.random.Generator) -> NDArray[np.float64]:
    length = int(rng.uniform(0.12, 0.24) * RATE_HZ)
    t = np.arange(length) / RATE_HZ
    formants = _VOWELS_HZ[rng.integers(len(_VOWELS_HZ))]
    phase = 2 * np.pi * pitch_hz * t * (1 - 0.05 * t / t[-1])
    sound = np.zeros(length)
    for harmonic in range(1, int(4000 / pitch_hz)):
        hz = harmonic * pitch_hz
        gain = sum(1 / (1 + ((hz - f) / (60 + 0.06 * f)) ** 2) for f in formants) / harmonic**0.5
        sound += gain * np.sin(harmonic * phase)
    sound *= np.minimum(1, np.minimum(t, t[-1] - t) / 0.025)
    return sound
