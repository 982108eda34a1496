"""The scripted engine beyond the contract: what makes it fit for tests of everything around it."""

from __future__ import annotations

import msgspec
import pytest

from transcription.engine import EngineFailed, EngineWord, Final, Partial
from transcription.scripted_engine import ALL, Script, ScriptedEngine, Utterance

pytestmark = pytest.mark.unit

SECOND = bytes(32_000)
HELLO = Utterance(
    words=(
        EngineWord(text="审判长", from_sample=2000, to_sample=8000, confidence_permille=950),
        EngineWord(text="您好", from_sample=8000, to_sample=12_000, confidence_permille=310),
    ),
    silence_samples=4000,
)


def test_words_have_the_times_and_confidences_of_the_script() -> None:
    stream = ScriptedEngine([Script(utterances=(HELLO,))]).open("zh-CN")
    assert stream.accept(SECOND[:20_000]) == [Partial(text="审判长", words=HELLO.words[:1])]
    assert stream.accept(SECOND[:12_000]) == [
        Final(text="审判长您好", from_sample=2000, to_sample=12_000, words=HELLO.words)
    ]
    assert list(stream.flush()) == []


def test_what_it_cannot_do_is_absent() -> None:
    poor = msgspec.structs.replace(ALL, partials=False, word_times=False, confidence=False)
    stream = ScriptedEngine([Script(utterances=(HELLO,))], poor).open("zh-CN")
    assert stream.accept(SECOND) == [Final(text="审判长您好", from_sample=2000, to_sample=12_000)]
    unsure = msgspec.structs.replace(ALL, confidence=False)
    (said,) = ScriptedEngine([Script(utterances=(HELLO,))], unsure).open("zh-CN").accept(SECOND)
    assert [word.confidence_permille for word in said.words] == [None, None]


def test_a_word_that_flush_cuts_off_ends_there_and_the_rest_comes_later() -> None:
    stream = ScriptedEngine([Script(utterances=(HELLO,))]).open("zh-CN")
    stream.accept(SECOND[:8000])
    (cut,) = stream.flush()
    assert (cut.text, cut.from_sample, cut.to_sample) == ("审判长", 2000, 4000)
    assert stream.accept(SECOND)[-1].text == "您好"


def test_it_is_as_slow_as_it_is_told() -> None:
    slept: list[float] = []
    engine = ScriptedEngine([Script(cost_permille=2000)], sleep=slept.append)
    engine.open("zh-CN").accept(SECOND)
    assert slept == [2.0]


def test_it_fails_where_it_is_told() -> None:
    stream = ScriptedEngine([Script(utterances=(HELLO,), fails_at_sample=16_001)]).open("zh-CN")
    stream.accept(SECOND)
    with pytest.raises(EngineFailed):
        stream.accept(SECOND)


def test_each_stream_has_its_own_script_and_hotwords() -> None:
    engine = ScriptedEngine([Script(utterances=(HELLO,)), Script()])
    first, second, third = (engine.open("zh-CN", hotwords) for hotwords in (("张三",), (), ()))
    assert len(first.accept(SECOND)) == 1
    assert list(second.accept(SECOND)) == []
    assert list(third.accept(SECOND)) == []
    assert engine.hotwords == [("张三",), (), ()]
