"""How loud sound is to people: ITU-R BS.1770-5 and EBU R 128. Pure.

K-weighting is done in the frequency domain over a whole piece: its impulse response is over within a tenth of a
second, and what comes before a piece leads into it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

RATE_HZ = 48_000
HOP = RATE_HZ // 10
SILENCE_LUFS = -120.0
"""What stands for no sound at all."""
_GATE_LUFS = -70.0
_RELATIVE_LU = -10.0
_OFFSET = -0.691
_SETTLING = RATE_HZ // 2
# BS.1770 annex 1, tables 1 and 2: the filter of the head, then the high-pass.
_STAGES = (
    (
        (1.53512485958697, -2.69169618940638, 1.19839281085285),
        (1.0, -1.69065929318241, 0.73248077421585),
    ),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
_PHASES, _TAPS = 4, 12


def momentary(samples: Samples, lead: int) -> tuple[float, ...]:
    """Loudness (LUFS) of the 400 ms that end with each tenth of a second of mono `samples` after the first `lead`
    (a whole number of tenths), which are listened to for what comes after them. A rest of less is left out."""
    size = 1 << (len(samples) + _SETTLING - 1).bit_length()
    weighted = np.fft.irfft(np.fft.rfft(samples, size) * _weighting(size), size)[: len(samples)]
    hops = np.square(weighted[: len(weighted) // HOP * HOP]).reshape(-1, HOP).mean(axis=1)
    padded = np.concatenate([np.zeros(3), hops])
    windows = np.convolve(padded, np.full(4, 0.25), mode="valid")[lead // HOP :]
    with np.errstate(divide="ignore"):
        levels = _OFFSET + 10 * np.log10(windows)
    return tuple(round(float(level), 3) for level in np.maximum(levels, SILENCE_LUFS))


def integrated(blocks: Iterable[float]) -> float | None:
    """Loudness of a whole programme from its momentary ones, with both gates; None when there is only silence."""
    power = _power([level for level in blocks if level > _GATE_LUFS])
    if not len(power):
        return None
    limit = 10 ** ((_lufs(power) + _RELATIVE_LU - _OFFSET) / 10)
    return _lufs(power[power > limit])


def true_peak(samples: Samples) -> npt.NDArray[np.float32]:
    """At each sample the largest magnitude that a converter would make there, by four-fold oversampling."""
    peak = np.abs(samples)
    for taps in _interpolation():
        np.maximum(peak, np.abs(np.convolve(samples, taps, mode="same")), out=peak)
    return peak


def _power(levels: list[float]) -> npt.NDArray[np.float64]:
    return np.power(10.0, (np.asarray(levels, dtype=np.float64) - _OFFSET) / 10)


def _lufs(power: npt.NDArray[np.float64]) -> float:
    return float(_OFFSET + 10 * np.log10(power.mean()))


@functools.lru_cache(2)
def _weighting(size: int) -> npt.NDArray[np.complex64]:
    back = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones(len(back), np.complex128)
    for above, below in _STAGES:
        response *= (above[0] + above[1] * back + above[2] * back**2) / (
            below[0] + below[1] * back + below[2] * back**2
        )
    return response.astype(np.complex64)


@functools.cache
def _interpolation() -> tuple[npt.NDArray[np.float32], ...]:
    """Windowed sinc between the samples, a row for each quarter but the first."""
    rows = []
    for phase in range(1, _PHASES):
        at = np.arange(_TAPS) - _TAPS // 2 + 1 - phase / _PHASES
        taps = np.sinc(at) * np.cos(np.pi * at / (_TAPS + 1)) ** 2
        rows.append((taps / taps.sum())[::-1].astype(np.float32))
    return tuple(rows)
