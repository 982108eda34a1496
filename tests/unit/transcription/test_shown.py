"""What is shown of what was heard: numbers as a court writes them, marks, every word at its time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.transcript_events import Word
from transcription.edits import Edit, edited
from transcription.shown import put_right, timed

pytestmark = pytest.mark.unit


def heard(*texts: str, sure: Sequence[int | None] = ()) -> tuple[Word, ...]:
    """Words of 200 ms, one after the other, with pauses of 50 ms."""
    return tuple(
        Word(
            text=text,
            from_ms=1000 + 250 * place,
            to_ms=1200 + 250 * place,
            confidence_permille=sure[place] if sure else 900,
        )
        for place, text in enumerate(texts)
    )


def test_a_number_is_one_word_from_the_first_spoken_to_the_last() -> None:
    words = heard("借款", "三万", "五千", "元", "整", sure=(900, 800, 500, 700, 900))
    text, shown = put_right("zh-CN")("借款三万五千元整", words)
    assert text == "借款35,000元整。"
    assert list(shown) == [
        words[0],
        Word(text="35,000元", from_ms=words[1].from_ms, to_ms=words[3].to_ms, confidence_permille=500),
        msgspec.structs.replace(words[4], text="整。"),
    ]


def test_a_number_inside_a_word_takes_the_whole_word_with_it() -> None:
    words = heard("共计三百", "二十页")
    text, shown = put_right("zh-CN")("共计三百二十页", words)
    assert text == "共计320页。"
    assert list(shown) == [
        Word(text="共计320页。", from_ms=words[0].from_ms, to_ms=words[1].to_ms, confidence_permille=900)
    ]


def test_digits_that_were_read_out_keep_each_its_time() -> None:
    words = heard("幺三八", "零零一三", "八零零零")
    _, shown = put_right("zh-CN")("幺三八零零一三八零零零", words)
    assert [(word.text, word.from_ms) for word in shown] == [("138", 1000), ("0013", 1250), ("8000。", 1500)]


def test_a_word_that_is_not_rated_makes_the_whole_unrated() -> None:
    _, shown = put_right("zh-CN")("三百二十页", heard("三百二", "十页", sure=(900, None)))
    assert [word.confidence_permille for word in shown] == [None]


def test_other_languages_and_what_an_engine_marked_itself_stay_as_they_are() -> None:
    words = heard("没有", "异议，")
    assert put_right("zh-CN")("没有异议，", words) == ("没有异议，", words)
    assert put_right("en")("三十页", heard("三十页")) == ("三十页", heard("三十页"))


def test_an_edit_of_another_text_is_refused() -> None:
    with pytest.raises(ValueError, match="not of these words"):
        timed(heard("甲"), edited("乙", ()))


@st.composite
def changed(draw: st.DrawFn) -> tuple[tuple[Word, ...], tuple[Edit, ...]]:
    words = heard(*draw(st.lists(st.text("甲乙丙丁", min_size=1, max_size=4), min_size=1, max_size=8)))
    length = sum(len(word.text) for word in words)
    cuts = sorted(draw(st.sets(st.integers(0, length), max_size=6)))
    edits = [
        Edit(start, end, draw(st.text("0123", min_size=1, max_size=6)))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    return words, tuple(edits)


@given(changed())
def test_pieces_join_to_the_text_in_order_and_keep_what_nobody_touched(
    case: tuple[tuple[Word, ...], tuple[Edit, ...]],
) -> None:
    words, edits = case
    edit = edited("".join(word.text for word in words), edits)
    pieces = timed(words, edit)
    assert "".join(piece.text for piece in pieces) == edit.text
    assert pieces[0].from_ms == words[0].from_ms
    assert pieces[-1].to_ms == words[-1].to_ms
    assert all(one.to_ms <= other.from_ms for one, other in pairwise(pieces))
    at = 0
    for word in words:
        if not any(change.start < at + len(word.text) and at < change.end for change in edits):
            assert word in pieces
        at += len(word.text)
