"""Words of an engine as a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.engine import EngineWord
from transcription.sherpa_engine import joined
from transcription.words import final, partial, spelled, within

pytestmark = pytest.mark.unit


def words(*texts: str) -> list[EngineWord]:
    return [EngineWord(text=text, from_sample=100 * at, to_sample=100 * at + 90) for at, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        (("现在", "开庭"), "现在开庭"),
        (("good", "morning"), "good morning"),
        (("我", "用", "WPS", "写"), "我用WPS写"),
        (("wi-fi", "'s", "down"), "wi-fi 's down"),
        (("བཀྲ་", "ཤིས་"), "བཀྲ་ཤིས་"),
        (("", "  ", "好"), "好"),
    ],
)
def test_blanks_stand_where_the_script_has_them(heard: tuple[str, ...], written: str) -> None:
    said = final(words(*heard))
    assert said is not None
    assert said.text == written


@given(st.lists(st.text(max_size=5), max_size=8))
def test_the_words_joined_are_the_text(texts: list[str]) -> None:
    heard = words(*texts)
    said, so_far = final(heard), partial(heard)
    if said is None or so_far is None:
        assert not any(text.strip() for text in texts)
        return
    assert said.text == so_far.text == "".join(word.text for word in said.words)
    assert said.text.split() == "".join(word.text for word in spelled(said.words)).split()
    assert said.text.strip() == said.text


@given(st.lists(st.tuples(st.integers(-10, 2000), st.integers(-10, 2000))), st.integers(0, 900), st.integers(0, 900))
def test_times_lie_in_the_span_and_in_order(times: list[tuple[int, int]], since: int, length: int) -> None:
    placed = within([EngineWord(text="x", from_sample=a, to_sample=b) for a, b in times], since, since + length)
    assert len(placed) == len(times)
    last = since
    for word in placed:
        assert last <= word.from_sample <= word.to_sample <= since + length
        last = word.to_sample


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        (["▁good", "▁morn", "ing"], ["good", "morning"]),
        ([" go", "od", " by", "e"], ["good", "bye"]),
        (["开", "庭", "▁o", "k"], ["开", "庭", "ok"]),
        (["▁", "a"], ["a"]),
    ],
)
def test_sentence_pieces_become_words(pieces: list[str], whole: list[str]) -> None:
    found = joined(words(*pieces))
    assert [word.text for word in found] == whole
    assert found[-1].to_sample == 100 * (len(pieces) - 1) + 90


def test_a_word_is_as_sure_as_its_least_sure_piece() -> None:
    sure = [
        EngineWord(text=text, from_sample=0, to_sample=1, confidence_permille=value)
        for text, value in (("▁a", 900), ("b", 300), ("c", 700))
    ]
    assert joined(sure)[0].confidence_permille == 300
