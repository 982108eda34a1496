"""Voices that differ by their pitch, and a speech engine that understands nothing but who hums."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import numpy as np

from tests.fakes.spoken import encoded
from transcription.engine import SAMPLE_RATE, Capabilities, EngineWord, Final

_OPUS_HZ = 48_000
_LOWEST_HZ, _STEP = 90.0, 1.04
VOICES = 36
"""From 90 to 355 Hz; neighbours are 4 % apart."""


def hum(voices: Sequence[int], seconds: float, pause_s: float) -> tuple[bytes, ...]:
    """Opus in frames of 20 ms: each voice in turn for so long, a pause after each."""
    pause = np.zeros(round(_OPUS_HZ * pause_s))
    parts = [part for voice in voices for part in (humming(voice, seconds), pause)]
    return encoded(np.concatenate(parts).astype(np.int16))


def humming(voice: int, seconds: float) -> np.ndarray:
    """One voice at 48 kHz."""
    times = np.arange(round(_OPUS_HZ * seconds)) / _OPUS_HZ
    syllables = np.clip(np.sin(2 * np.pi * 4 * times) + 0.5, 0, 1)
    glottis = sum(np.sin(2 * np.pi * _hz(voice) * n * times) / n for n in range(1, 10))
    return np.asarray(4000 * glottis * syllables)


class HumEngine:
    """`Engine`. An utterance's text is the number of its voice; a call takes `cost` of the length of its sound."""

    name = "hum:1"
    capabilities = Capabilities(
        languages=("zh-CN",), partials=False, word_times=True, confidence=False, hotwords=False
    )

    def __init__(self, cost: float) -> None:
        self.cost = cost
        self.heard_s = 0.0
        """Sound that was given to it, in all."""
        self._lock = threading.Lock()

    def open(self, language: str, hotwords: Sequence[str] = ()) -> HumStream:
        return HumStream(self)

    def listen(self, seconds: float) -> None:
        time.sleep(seconds * self.cost)
        with self._lock:
            self.heard_s += seconds


class HumStream:
    """`EngineStream`."""

    def __init__(self, engine: HumEngine) -> None:
        self._engine = engine
        self._fed = 0
        self._heard = bytearray()

    def accept(self, pcm16: bytes) -> Sequence[Final]:
        self._engine.listen(len(pcm16) / 2 / SAMPLE_RATE)
        self._heard += pcm16
        self._fed += len(pcm16) // 2
        return ()

    def flush(self) -> Sequence[Final]:
        sound = np.frombuffer(bytes(self._heard), dtype=np.int16).astype(np.float64)
        self._heard.clear()
        if not len(sound):
            return ()
        word = EngineWord(text=str(_voice(sound)), from_sample=self._fed - len(sound), to_sample=self._fed)
        return (Final(text=word.text, from_sample=word.from_sample, to_sample=word.to_sample, words=(word,)),)

    def close(self) -> None:
        self._heard.clear()


def _hz(voice: int) -> float:
    return _LOWEST_HZ * _STEP**voice


def _voice(sound: np.ndarray) -> int:
    """Whose first harmonics are the strongest together: a voice an octave lower has but half of them."""
    size = 1 << 18
    spectrum = np.abs(np.fft.rfft(sound, size))
    harmonics = np.arange(1, 7)
    bins = [np.rint(_hz(voice) * harmonics * size / SAMPLE_RATE).astype(int) for voice in range(VOICES)]
    return int(np.argmax([spectrum[each].sum() for each in bins]))
