"""An engine that says what a script tells it to, at exact times: for tests and the demo.

It counts the sound that it is fed and never listens to it: what it shows is that words, times, delays and failures
arrive where they should, nothing about recognition.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import msgspec

from transcription.engine import (
    Capabilities,
    EngineFailed,
    EngineWord,
    Final,
    LanguageMissing,
    Result,
    check_samples,
)
from transcription.words import final, partial, within

ALL = Capabilities(languages=("zh-CN",), partials=True, word_times=True, confidence=True, hotwords=True)


class Utterance(msgspec.Struct, frozen=True, kw_only=True):
    """Words at samples of the stream; its end is noticed `silence_samples` after the last."""

    words: tuple[EngineWord, ...]
    silence_samples: int = 8000

    @property
    def from_sample(self) -> int:
        """Where it begins."""
        return self.words[0].from_sample

    @property
    def noticed_at(self) -> int:
        """Where its end is noticed."""
        return self.words[-1].to_sample + self.silence_samples


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What one stream says, utterances in order of time and apart from one another."""

    utterances: tuple[Utterance, ...] = ()
    cost_permille: int = 0
    """How long a call takes, per thousand of the sound that it is given: 2000 = twice as long as people speak."""
    fails_at_sample: int | None = None
    """The call that reaches this sample raises EngineFailed."""


class ScriptedEngine:
    """`Engine`: the n-th stream opened says the n-th script, later ones say nothing. Thread-safe."""

    def __init__(
        self,
        scripts: Sequence[Script],
        capabilities: Capabilities = ALL,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = "scripted"
        self.capabilities = capabilities
        self.hotwords: list[tuple[str, ...]] = []
        """What each stream was opened with."""
        self._scripts = list(scripts)
        self._sleep = sleep
        self._lock = threading.Lock()

    def open(self, language: str, hotwords: Sequence[str] = ()) -> ScriptedStream:
        """See `Engine`."""
        if language not in self.capabilities.languages:
            raise LanguageMissing(self.name, language)
        with self._lock:
            self.hotwords.append(tuple(hotwords))
            script = self._scripts.pop(0) if self._scripts else Script()
        return ScriptedStream(self.name, script, self.capabilities, self._sleep)


class ScriptedStream:
    """`EngineStream`."""

    def __init__(self, name: str, script: Script, capabilities: Capabilities, sleep: Callable[[float], None]) -> None:
        self._name = name
        self._script = script
        self._able = capabilities
        self._sleep = sleep
        self._pending = list(script.utterances)
        self._fed = 0
        self._said = 0
        """What lies before was flushed: it is said."""
        self._shown = ""
        self._closed = False

    def accept(self, pcm16: bytes) -> Sequence[Result]:
        """See `EngineStream`."""
        check_samples(pcm16)
        self._must_be_open()
        samples = len(pcm16) // 2
        before, self._fed = self._fed, self._fed + samples
        if self._script.cost_permille:
            self._sleep(samples * self._script.cost_permille / 16_000_000)
        fails_at = self._script.fails_at_sample
        if fails_at is not None and before < fails_at <= self._fed:
            raise EngineFailed(self._name, "it was told to fail")
        found: list[Result] = []
        while self._pending and self._pending[0].noticed_at <= self._fed:
            found.extend(self._end())
        if self._pending and self._able.partials:
            now = partial(self._heard(self._pending[0], whole=True))
            if now is not None and now.text != self._shown:
                self._shown = now.text
                found.append(now if self._able.word_times else msgspec.structs.replace(now, words=()))
        return found

    def flush(self) -> Sequence[Final]:
        """See `EngineStream`: a word that was begun is cut off where the sound ends."""
        self._must_be_open()
        if not self._pending or self._pending[0].from_sample >= self._fed:
            return ()
        return self._end()

    def close(self) -> None:
        """See `EngineStream`."""
        self._closed = True

    def _must_be_open(self) -> None:
        if self._closed:
            raise ValueError("the stream is closed")

    def _end(self) -> Sequence[Final]:
        """The first pending utterance as far as it was heard; the rest of it is still to be said."""
        first = self._pending.pop(0)
        said = final(within(self._heard(first, whole=False), self._said, self._fed))
        rest = tuple(word for word in first.words if word.from_sample >= self._fed)
        if rest:
            self._pending.insert(0, msgspec.structs.replace(first, words=rest))
        self._said, self._shown = self._fed, ""
        if said is None:
            return ()
        return (said,) if self._able.word_times else (msgspec.structs.replace(said, words=()),)

    def _heard(self, utterance: Utterance, *, whole: bool) -> list[EngineWord]:
        """Words that were said, or also the one that is being said."""
        words = [word for word in utterance.words if (word.to_sample if whole else word.from_sample + 1) <= self._fed]
        if not self._able.confidence:
            words = [msgspec.structs.replace(word, confidence_permille=None) for word in words]
        return words
