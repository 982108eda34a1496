"""A speech engine that understands which pieces of sound it was given: each piece says its number in every sample."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from transcription.audio import SAMPLES_PER_MS, Piece
from transcription.engine import Capabilities, EngineFailed, EngineWord, Final, Partial, Result


def numbered(number: int, at_ms: int, length_ms: int = 20) -> Piece:
    """The piece with this number (1..32767)."""
    return Piece(at_ms, np.full(length_ms * SAMPLES_PER_MS, number, dtype=np.int16).tobytes())


class PieceEngine:
    """`Engine`. With `whole` a word is what one call was given, whatever is in it. `endpoint_after` words make an
    utterance, 0: only `flush` does. The calls whose numbers are in `fails` break down, counted over all streams from
    1 on."""

    name = "pieces:1"
    capabilities = Capabilities(
        languages=("zh-CN",), partials=True, word_times=True, confidence=False, hotwords=False
    )

    def __init__(self, endpoint_after: int = 0, fails: Sequence[int] = (), whole: bool = False) -> None:
        self.endpoint_after = endpoint_after
        self.fails = set(fails)
        self.whole = whole
        self.calls = 0
        self.fed_samples = 0
        self.fed_words = 0
        self.opened = 0

    def open(self, language: str, hotwords: Sequence[str] = ()) -> PieceStream:
        self.opened += 1
        return PieceStream(self)


class PieceStream:
    """`EngineStream`."""

    def __init__(self, engine: PieceEngine) -> None:
        self._engine = engine
        self._fed = 0
        self._words: list[EngineWord] = []

    def accept(self, pcm16: bytes) -> Sequence[Result]:
        self._call()
        samples = np.frombuffer(pcm16, dtype=np.int16)
        self._engine.fed_samples += len(samples)
        inner = [] if self._engine.whole else (np.flatnonzero(np.diff(samples)) + 1).tolist()
        cuts = [0, *inner, len(samples)]
        for start, end in itertools.pairwise(cuts):
            word = EngineWord(text=f"{samples[start]} ", from_sample=self._fed + start, to_sample=self._fed + end)
            self._words.append(word)
        self._fed += len(samples)
        self._engine.fed_words += len(cuts) - 1
        if self._engine.endpoint_after and len(self._words) >= self._engine.endpoint_after:
            return self._final()
        return [Partial(text="".join(word.text for word in self._words))]

    def flush(self) -> Sequence[Final]:
        self._call()
        return self._final()

    def close(self) -> None:
        self._words.clear()

    def _final(self) -> list[Final]:
        words, self._words = tuple(self._words), []
        if not words:
            return []
        text = "".join(word.text for word in words)
        return [Final(text=text, from_sample=words[0].from_sample, to_sample=words[-1].to_sample, words=words)]

    def _call(self) -> None:
        self._engine.calls += 1
        if self._engine.calls in self._engine.fails:
            raise EngineFailed(self._engine.name, "told to")
