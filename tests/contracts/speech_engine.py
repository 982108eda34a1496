"""What every speech Engine promises. A runner module gives the fixtures and subclasses the suite."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from transcription.engine import EngineStream, Final, LanguageMissing, Partial

SILENCE = bytes(2 * 16_000)
"""A second."""


class Spoken:
    """Sound and what is said in it."""

    def __init__(self, pcm16: bytes, text: str) -> None:
        self.pcm16 = pcm16
        self.text = text


Opener = Callable[[Spoken | None], EngineStream]
"""A stream that is going to hear this; None = nothing but silence."""


def pieces(pcm16: bytes, size: int) -> Iterator[bytes]:
    return (pcm16[at : at + size] for at in range(0, len(pcm16), size))


def listen(stream: EngineStream, pcm16: bytes, size: int = 3200) -> list[Partial | Final]:
    """Everything it says about this sound, to the end."""
    found: list[Partial | Final] = []
    for piece in pieces(pcm16, size):
        found.extend(stream.accept(piece))
    return [*found, *stream.flush()]


def text_of(results: Sequence[Partial | Final]) -> str:
    return "".join(each.text for each in results if isinstance(each, Final))


def finals(results: Sequence[Partial | Final]) -> list[Final]:
    return [each for each in results if isinstance(each, Final)]


def check_times(found: Sequence[Final], fed: int, *, words: bool) -> None:
    since = 0
    for each in found:
        assert since <= each.from_sample <= each.to_sample <= fed
        since = each.from_sample
        if words:
            assert "".join(word.text for word in each.words) == each.text
            assert each.words[0].from_sample == each.from_sample
            assert each.words[-1].to_sample == each.to_sample
        for word in each.words:
            assert since <= word.from_sample <= word.to_sample <= fed
            assert word.confidence_permille is None or 0 <= word.confidence_permille <= 1000
            since = word.to_sample
        since = max(since, each.to_sample)


class SpeechEngineContract:
    """Fixtures: `opener`, `spoken` (two different ones), `engine`."""

    def test_says_what_it_is(self, engine: Any) -> None:
        assert engine.name
        assert engine.capabilities.languages
        with pytest.raises(LanguageMissing):
            engine.open("tlh")

    @pytest.mark.parametrize("size", [320, 3200, 32_002, 10_000_000])
    def test_it_is_all_written_down_in_pieces_of_any_size(
        self, opener: Opener, spoken: tuple[Spoken, Spoken], size: int
    ) -> None:
        stream = opener(spoken[0])
        found = listen(stream, spoken[0].pcm16, size)
        assert text_of(found) == spoken[0].text
        check_times(finals(found), len(spoken[0].pcm16) // 2, words=True)

    def test_times_lie_within_what_was_fed_at_every_moment(
        self, opener: Opener, spoken: tuple[Spoken, Spoken]
    ) -> None:
        stream, fed, said = opener(spoken[0]), 0, 0
        for piece in pieces(spoken[0].pcm16, 1600):
            fed += len(piece) // 2
            for each in stream.accept(piece):
                spans = each.words or (each,) if isinstance(each, Final) else each.words
                for span in spans:
                    assert said <= span.from_sample <= span.to_sample <= fed
                if isinstance(each, Final):
                    said = each.to_sample

    def test_partials_come_before_the_end_and_say_something_new(
        self, opener: Opener, spoken: tuple[Spoken, Spoken]
    ) -> None:
        before: Partial | Final | None = None
        found = listen(opener(spoken[0]), spoken[0].pcm16)
        assert isinstance(found[0], Partial)
        for each in found:
            assert each.text
            assert not (isinstance(before, Partial) and isinstance(each, Partial) and before.text == each.text)
            before = each

    def test_flush_is_idempotent(self, opener: Opener, spoken: tuple[Spoken, Spoken]) -> None:
        stream = opener(spoken[0])
        assert list(stream.flush()) == []
        stream.accept(spoken[0].pcm16[: len(spoken[0].pcm16) // 4 * 2])
        stream.flush()
        assert list(stream.flush()) == []

    def test_goes_on_after_flush_on_the_same_clock(self, opener: Opener, spoken: tuple[Spoken, Spoken]) -> None:
        half = len(spoken[0].pcm16) // 4 * 2
        stream = opener(spoken[0])
        first = finals(listen(stream, spoken[0].pcm16[:half]))
        second = finals(listen(stream, spoken[0].pcm16[half:]))
        assert first
        assert second
        check_times([*first, *second], len(spoken[0].pcm16) // 2, words=True)
        assert second[-1].to_sample > half // 2

    def test_silence_is_nothing(self, opener: Opener) -> None:
        assert listen(opener(None), SILENCE * 2) == []

    def test_nothing_is_nothing(self, opener: Opener, spoken: tuple[Spoken, Spoken]) -> None:
        stream = opener(spoken[0])
        assert list(stream.accept(b"")) == []
        assert text_of(listen(stream, spoken[0].pcm16)) == spoken[0].text

    def test_half_a_sample_is_refused_and_changes_nothing(
        self, opener: Opener, spoken: tuple[Spoken, Spoken]
    ) -> None:
        stream = opener(spoken[0])
        for odd in (b"\0", spoken[0].pcm16[:4001]):
            with pytest.raises(ValueError):
                stream.accept(odd)
        assert text_of(listen(stream, spoken[0].pcm16)) == spoken[0].text

    def test_closed_is_closed(self, opener: Opener, spoken: tuple[Spoken, Spoken]) -> None:
        stream = opener(spoken[0])
        stream.accept(spoken[0].pcm16[:32_000])
        stream.close()
        stream.close()
        with pytest.raises(ValueError):
            stream.accept(SILENCE)
        with pytest.raises(ValueError):
            stream.flush()

    @pytest.mark.parametrize("kind", ["noise", "clipped", "square"])
    def test_what_is_no_speech_does_no_harm(self, opener: Opener, kind: str) -> None:
        make = random.Random(1)
        if kind == "noise":
            samples = [make.randint(-3000, 3000) for _ in range(16_000)]
        elif kind == "clipped":
            samples = [make.choice((-32768, 32767)) for _ in range(16_000)]
        else:
            samples = [20_000 if at // 40 % 2 else -20_000 for at in range(16_000)]
        pcm16 = b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples)
        check_times(finals(listen(opener(None), pcm16)), 16_000, words=True)

    def test_two_streams_in_two_threads_do_not_mix(self, opener: Opener, spoken: tuple[Spoken, Spoken]) -> None:
        streams = [opener(each) for each in spoken]
        heard: list[str] = ["", ""]
        together = threading.Barrier(2)

        def hear(which: int) -> None:
            together.wait()
            heard[which] = text_of(listen(streams[which], spoken[which].pcm16, 640))

        threads = [threading.Thread(target=hear, args=(which,)) for which in (0, 1)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert heard == [each.text for each in spoken]
        assert heard[0] != heard[1]
