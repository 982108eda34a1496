"""Vosk (Kaldi) on the processor: the default engine.

The model is shared by all streams, a recognizer is one stream's. Vosk writes its log to stderr: here only its errors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from transcription.engine import (
    SAMPLE_RATE,
    Capabilities,
    EngineFailed,
    EngineWord,
    Final,
    LanguageMissing,
    ModelBroken,
    Partial,
    Result,
    check_samples,
)
from transcription.words import final, partial, within

_SLICE_BYTES = 3200
"""100 ms: Vosk looks for the end of an utterance once a call, so that a long call would join utterances."""

_ERRORS_ONLY = -1


class VoskEngine:
    """`Engine`. Takes seconds and the model's size of memory; a broken model may end the process, see `probe`.

    Raises ModelBroken.
    """

    def __init__(self, folder: Path, languages: tuple[str, ...]) -> None:
        import vosk

        vosk.SetLogLevel(_ERRORS_ONLY)
        self.name = f"vosk:{folder.name}"
        self.capabilities = Capabilities(
            languages=languages, partials=True, word_times=True, confidence=True, hotwords=False
        )
        try:
            # Never by name or language: Vosk would download something.
            self._model = vosk.Model(model_path=str(folder))
        except Exception as problem:
            raise ModelBroken(folder, folder.name, "无法加载", str(problem)) from None

    def open(self, language: str, hotwords: Sequence[str] = ()) -> VoskStream:
        """See `Engine`. Hotwords are ignored: a grammar would forbid every other word."""
        import vosk

        if language not in self.capabilities.languages:
            raise LanguageMissing(self.name, language)
        try:
            recognizer = vosk.KaldiRecognizer(self._model, SAMPLE_RATE)
        except Exception as problem:
            raise EngineFailed(self.name, str(problem)) from None
        recognizer.SetWords(True)
        # With their words and times partials would come more than a second later: Vosk looks them up in the lattice,
        # which it determinizes in long pieces.
        recognizer.SetPartialWords(False)
        return VoskStream(self.name, recognizer)


class VoskStream:
    """`EngineStream`."""

    def __init__(self, name: str, recognizer: Any) -> None:
        self._name = name
        self._recognizer: Any | None = recognizer
        self._fed = 0
        self._said = 0
        """Where the last utterance ended."""
        self._shown = ""

    def accept(self, pcm16: bytes) -> Sequence[Result]:
        """See `EngineStream`."""
        check_samples(pcm16)
        recognizer = self._open()
        found: list[Result] = []
        for start in range(0, len(pcm16), _SLICE_BYTES):
            piece = pcm16[start : start + _SLICE_BYTES]
            self._fed += len(piece) // 2
            try:
                ended = recognizer.AcceptWaveform(piece)
                text = recognizer.Result() if ended else recognizer.PartialResult()
            except Exception as problem:
                raise EngineFailed(self._name, str(problem)) from None
            found.extend(self._final(text) if ended else self._partial(text))
        return found

    def flush(self) -> Sequence[Final]:
        """See `EngineStream`."""
        try:
            text = self._open().FinalResult()
        except ValueError:
            raise
        except Exception as problem:
            raise EngineFailed(self._name, str(problem)) from None
        return list(self._final(text))

    def close(self) -> None:
        """See `EngineStream`."""
        self._recognizer = None

    def _open(self) -> Any:
        if self._recognizer is None:
            raise ValueError("the stream is closed")
        return self._recognizer

    def _final(self, text: str) -> Iterator[Final]:
        self._shown = ""
        found = final(self._words(text))
        if found is not None:
            self._said = found.to_sample
            yield found

    def _partial(self, text: str) -> Iterator[Result]:
        said = json.loads(text).get("partial", "").split()
        # Nobody shows the times of what may still change.
        words = [EngineWord(text=word, from_sample=self._said, to_sample=self._fed) for word in said]
        found = partial(words)
        if found is not None and found.text != self._shown:
            self._shown = found.text
            yield Partial(text=found.text)

    def _words(self, text: str) -> Sequence[EngineWord]:
        words = [
            EngineWord(
                text=word["word"],
                from_sample=round(word["start"] * SAMPLE_RATE),
                to_sample=round(word["end"] * SAMPLE_RATE),
                confidence_permille=_permille(word.get("conf")),
            )
            for word in json.loads(text).get("result", ())
        ]
        return within(words, self._said, self._fed)


def _permille(confidence: float | None) -> int | None:
    return None if confidence is None else min(max(round(confidence * 1000), 0), 1000)
