"""sherpa-onnx on the processor: streaming transducers, paraformers and CTC networks from a model's folder.

An optional package. Only a made-up CTC network in NeMo's form was ever decoded with it here (`tests/fakes`); with
transducers, paraformers, Zipformer and WeNet networks this was not tried.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from transcription.engine import (
    SAMPLE_RATE,
    Capabilities,
    EngineFailed,
    EngineMissing,
    EngineWord,
    Final,
    LanguageMissing,
    ModelBroken,
    Result,
    check_samples,
)
from transcription.model_files import sherpa_parts
from transcription.words import final, partial, within

_SLICE_BYTES = 3200
_TAIL = [0.0] * (SAMPLE_RATE * 2 // 3)
"""Silence after the last word: the network looks ahead, so that without it the end of the word stays unheard."""
_LONGEST_TOKEN = SAMPLE_RATE * 2 // 5
"""Tokens have a beginning only; the end is the next one's beginning, at most so far away."""
_SILENCE_S = 0.8


class SherpaEngine:
    """`Engine`. A broken model may end the process, see `probe`. Raises EngineMissing, ModelBroken."""

    def __init__(self, folder: Path, languages: tuple[str, ...], threads: int = 1) -> None:
        try:
            import sherpa_onnx
        except ImportError:
            raise EngineMissing("sherpa-onnx") from None
        parts = sherpa_parts(folder)
        if parts is None:
            raise ModelBroken(folder, folder.name, "不是流式语音模型", "it is no streaming speech model")
        self.name = f"sherpa:{folder.name}"
        self.capabilities = Capabilities(
            languages=languages, partials=True, word_times=True, confidence="joiner" in parts, hotwords=False
        )
        try:
            self._recognizer = _maker(sherpa_onnx.OnlineRecognizer, parts)(
                tokens=str(folder / "tokens.txt"),
                num_threads=threads,
                enable_endpoint_detection=True,
                rule2_min_trailing_silence=_SILENCE_S,
                **{part: str(file) for part, file in parts.items()},
            )
        except Exception as problem:
            raise ModelBroken(folder, folder.name, "无法加载", str(problem)) from None

    def open(self, language: str, hotwords: Sequence[str] = ()) -> SherpaStream:
        """See `Engine`. Hotwords are ignored."""
        if language not in self.capabilities.languages:
            raise LanguageMissing(self.name, language)
        return SherpaStream(self.name, self._recognizer)


class SherpaStream:
    """`EngineStream`."""

    def __init__(self, name: str, recognizer: Any) -> None:
        self._name = name
        self._recognizer: Any | None = recognizer
        self._stream = recognizer.create_stream()
        self._fed = 0
        self._base = 0
        """Where the recognizer's own stream, and so its clock, begins in ours."""
        self._said = 0
        self._shown = ""

    def accept(self, pcm16: bytes) -> Sequence[Result]:
        """See `EngineStream`."""
        import numpy as np

        check_samples(pcm16)
        recognizer = self._open()
        found: list[Result] = []
        for start in range(0, len(pcm16), _SLICE_BYTES):
            piece = np.frombuffer(pcm16[start : start + _SLICE_BYTES], "<i2")
            self._fed += len(piece)
            words, ended = self._guarded(functools.partial(self._hear, recognizer, piece / np.float32(32768)))
            if ended:
                found.extend(self._end(words))
                self._renew(recognizer)
                continue
            now = partial(words)
            if now is not None and now.text != self._shown:
                self._shown = now.text
                found.append(now)
        return found

    def flush(self) -> Sequence[Final]:
        """See `EngineStream`."""
        recognizer = self._open()
        if self._fed == self._base:
            return ()

        def tail() -> Sequence[EngineWord]:
            self._stream.accept_waveform(SAMPLE_RATE, _TAIL)
            self._stream.input_finished()
            self._decode(recognizer)
            return self._words(recognizer)

        found = list(self._end(self._guarded(tail)))
        self._renew(recognizer)
        return found

    def close(self) -> None:
        """See `EngineStream`."""
        self._recognizer = self._stream = None

    def _open(self) -> Any:
        if self._recognizer is None:
            raise ValueError("the stream is closed")
        return self._recognizer

    def _guarded(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Exception as problem:
            raise EngineFailed(self._name, str(problem)) from None

    def _hear(self, recognizer: Any, samples: Any) -> tuple[Sequence[EngineWord], bool]:
        self._stream.accept_waveform(SAMPLE_RATE, samples)
        self._decode(recognizer)
        return self._words(recognizer), recognizer.is_endpoint(self._stream)

    def _decode(self, recognizer: Any) -> None:
        while recognizer.is_ready(self._stream):
            recognizer.decode_stream(self._stream)

    def _renew(self, recognizer: Any) -> None:
        """A stream whose end was given cannot go on, and one that is reset has a clock of its own making."""
        self._stream = self._guarded(recognizer.create_stream)
        self._base = self._fed

    def _end(self, words: Sequence[EngineWord]) -> Iterator[Final]:
        self._shown = ""
        found = final(words)
        if found is not None:
            self._said = found.to_sample
            yield found

    def _words(self, recognizer: Any) -> Sequence[EngineWord]:
        result = recognizer.get_result_all(self._stream)
        starts = [self._base + round(at * SAMPLE_RATE) for at in result.timestamps]
        ends = [*starts[1:], self._fed]
        sure = list(result.ys_probs)
        tokens = [
            EngineWord(
                text=text,
                from_sample=start,
                to_sample=min(end, start + _LONGEST_TOKEN),
                confidence_permille=_permille(sure[place]) if place < len(sure) else None,
            )
            for place, (text, start, end) in enumerate(zip(result.tokens, starts, ends, strict=False))
        ]
        return within(joined(tokens), self._said, self._fed)


def joined(tokens: Sequence[EngineWord]) -> list[EngineWord]:
    """Words of sentence pieces: one begins at a blank ("▁" or " "), or with a letter that is a word by itself. A word
    is as sure as its least sure piece."""
    words: list[EngineWord] = []
    for token in tokens:
        text = token.text.replace("▁", " ")
        if words and text and not text.startswith(" ") and _inside(words[-1].text, text):
            before = words[-1]
            sure = [each for each in (before.confidence_permille, token.confidence_permille) if each is not None]
            words[-1] = EngineWord(
                text=before.text + text,
                from_sample=before.from_sample,
                to_sample=token.to_sample,
                confidence_permille=min(sure, default=None),
            )
        elif text.strip():
            words.append(msgspec.structs.replace(token, text=text.strip()))
    return words


def _inside(before: str, after: str) -> bool:
    return before[-1].isascii() and after[0].isascii()


def _permille(log_probability: float) -> int:
    return min(max(round(math.exp(min(log_probability, 0.0)) * 1000), 0), 1000)


def _maker(recognizer: Any, parts: dict[str, Path]) -> Callable[..., Any]:
    """What makes a recognizer of these networks; CTC ones say by their metadata whose form they have."""
    if "joiner" in parts:
        return recognizer.from_transducer  # type: ignore[no-any-return]
    if "encoder" in parts:
        return recognizer.from_paraformer  # type: ignore[no-any-return]
    import onnx

    told = {each.key for each in onnx.load(str(parts["model"]), load_external_data=False).metadata_props}
    if "window_size" in told:
        return recognizer.from_nemo_ctc  # type: ignore[no-any-return]
    if "right_context" in told:
        return recognizer.from_wenet_ctc  # type: ignore[no-any-return]
    return recognizer.from_zipformer2_ctc  # type: ignore[no-any-return]
