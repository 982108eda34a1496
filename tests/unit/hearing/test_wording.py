"""Times of words while the text around them changes."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hearing.transcript_events import Word
from hearing.wording import cut, reworded

pytestmark = pytest.mark.unit


def spoken(*texts: str) -> tuple[Word, ...]:
    return tuple(
        Word(text=text, from_ms=100 * n, to_ms=100 * n + 90, confidence_permille=900) for n, text in enumerate(texts)
    )


def joined(words: tuple[Word, ...]) -> str:
    return "".join(word.text for word in words)


def times(words: tuple[Word, ...]) -> list[tuple[str, int]]:
    return [(word.text, word.from_ms) for word in words]


def test_an_untouched_word_keeps_its_time_and_confidence() -> None:
    words = reworded(spoken("原告", "张三", "主张"), "原告张山主张", 0, 300)
    assert times(words) == [("原告", 0), ("张山", 100), ("主张", 200)]
    assert [word.confidence_permille for word in words] == [900, None, 900]


def test_what_is_written_between_belongs_to_the_word_before() -> None:
    assert times(reworded(spoken("被告", "同意"), "被告当庭同意", 0, 200)) == [("被告当庭", 0), ("同意", 100)]
    assert times(reworded(spoken("被告", "同意"), "，被告同意", 0, 200)) == [("，被告", 0), ("同意", 100)]


def test_what_is_taken_out_takes_its_word_along() -> None:
    assert times(reworded(spoken("嗯", "我", "同意"), "我同意", 0, 300)) == [("我", 100), ("同意", 200)]


def test_a_text_without_words_is_one_piece() -> None:
    assert reworded((), "休庭", 7, 9) == (Word(text="休庭", from_ms=7, to_ms=9),)
    assert reworded(spoken("嗯"), "", 0, 90) == ()


def test_a_cut_goes_through_a_word_by_its_characters() -> None:
    first, second = cut(spoken("原告", "主张权利"), 4)
    assert times(first) == [("原告", 0), ("主张", 100)]
    assert times(second) == [("权利", 145)]


TEXTS = st.text(st.sampled_from("甲乙丙丁 a，"), max_size=12)
WORDS = st.lists(st.text(st.sampled_from("甲乙丙丁 a，"), min_size=1, max_size=3), max_size=6).map(
    lambda texts: spoken(*texts)
)


@given(WORDS, TEXTS)
def test_pieces_always_are_the_text_in_order_of_time(words: tuple[Word, ...], text: str) -> None:
    pieces = reworded(words, text, 0, 10_000)
    assert joined(pieces) == text
    assert [p.from_ms for p in pieces] == sorted(p.from_ms for p in pieces)
    assert reworded(pieces, text, 0, 10_000) == pieces
    assert all(piece.text for piece in pieces)


@given(WORDS, st.integers(0, 20))
def test_both_parts_of_a_cut_are_the_whole(words: tuple[Word, ...], at: int) -> None:
    first, second = cut(words, at)
    text = joined(words)
    assert (joined(first), joined(second)) == (text[:at], text[at:])
    assert all(word.from_ms <= word.to_ms for word in (*first, *second))


@pytest.mark.timeout(20)
def test_a_line_that_repeats_one_character_is_not_compared_for_minutes() -> None:
    pieces = reworded(spoken(*("的的" for _ in range(2000))), "的了" * 2000, 0, 200_000)
    assert joined(pieces) == "的了" * 2000


def test_what_stays_at_both_ends_of_a_long_line_keeps_its_times() -> None:
    words = spoken(*(chr(0x4E00 + n) for n in range(1000)))
    text = joined(words)
    changed = reworded(words, text[:300] + "改" * 400 + text[700:], 0, 100_000)
    assert changed[:300] == words[:300]
    assert changed[-300:] == words[-300:]
    assert joined(changed[300:-300]) == "改" * 400
