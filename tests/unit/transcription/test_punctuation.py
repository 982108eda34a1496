"""Marks for speech that was written without any: few, and none that changes what was said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.transcript_events import Word
from transcription.punctuation import PAUSE_MS, punctuated
from transcription.shown import put_right

pytestmark = pytest.mark.unit

MARKS = "，。？"


def heard(*texts: str, pauses: tuple[int, ...] = ()) -> tuple[Word, ...]:
    """Words of 200 ms; after the n-th there are so many ms of silence."""
    words, at_ms = [], 0
    for place, text in enumerate(texts):
        words.append(Word(text=text, from_ms=at_ms, to_ms=at_ms + 200, confidence_permille=900))
        at_ms += 200 + (pauses[place] if place < len(pauses) else 0)
    return tuple(words)


def marked(*texts: str, pauses: tuple[int, ...] = ()) -> str:
    return "".join(word.text for word in punctuated(heard(*texts, pauses=pauses)))


def test_what_was_said_ends_with_a_full_stop_or_a_question_mark() -> None:
    assert marked("没有", "异议") == "没有异议。"
    assert marked("听", "清楚", "了", "吗") == "听清楚了吗？"
    assert marked("被告", "对", "证据", "有无", "异议") == "被告对证据有无异议？"
    assert marked("是否", "同意", "调解") == "是否同意调解？"
    assert marked("法院", "应当", "审查", "被告", "是否", "收到", "货款") == "法院应当审查被告是否收到货款。"
    assert marked("没", "什么") == "没什么。"


def test_who_breaks_off_has_not_finished() -> None:
    assert marked("我", "认为", "因为") == "我认为因为，"


def test_a_pause_is_a_comma_and_a_breath_is_none() -> None:
    assert marked("审判长", "我方", "没有", "异议", pauses=(PAUSE_MS,)) == "审判长，我方没有异议。"
    assert marked("审判长", "我方", "没有", "异议", pauses=(PAUSE_MS - 1,)) == "审判长我方没有异议。"
    assert marked("原告", "和", "被告", pauses=(0, 900)) == "原告和被告。"


def test_a_word_that_begins_a_clause_has_a_comma_before_it() -> None:
    assert marked("被告", "收到", "货款", "但是", "没有", "付款") == "被告收到货款，但是没有付款。"
    assert marked("但是", "如果", "没有", "付款") == "但是如果没有付款。"


def test_a_number_is_never_parted() -> None:
    assert marked("电话", "一三八", "零零一三", pauses=(0, 900)) == "电话一三八零零一三。"
    text, words = put_right("zh-CN")("借款三万五千元", heard("借款", "三万", "五千", "元", pauses=(0, 900, 0)))
    assert text == "借款35,000元。"
    assert [word.text for word in words] == ["借款", "35,000元。"]
    assert put_right("zh-CN")("支付三万元尚欠五万元", heard("支付", "三万元", "尚欠", "五万元", pauses=(0, 900)))[
        0
    ] == ("支付30,000元，尚欠50,000元。")


def test_an_engine_that_sets_marks_and_other_languages_are_left_alone() -> None:
    for texts in (("没有", "，", "异议"), ("对", "，"), ("no", "objection"), (" ",), ()):
        assert punctuated(heard(*texts)) == heard(*texts)
    assert marked("3,000", "元", "3.5", "吨") == "3,000元3.5吨。"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "但是",
                    "如果",
                    "因为",
                    "吗",
                    "是否",
                    "一",
                    "二十",
                    "3",
                    "3,5",
                    "原告",
                    "的",
                    "a ",
                    " ",
                    "",
                    "，",
                    "x",
                ]
            ),
            st.integers(0, 2000),
        ),
        max_size=12,
    )
)
def test_without_the_marks_the_words_are_the_same_and_stay_where_they_were(said: list[tuple[str, int]]) -> None:
    words = heard(*(text for text, _ in said), pauses=tuple(pause for _, pause in said))
    after = punctuated(words)
    assert len(after) == len(words)
    for before, now in zip(words, after, strict=True):
        assert (before.from_ms, before.to_ms, before.confidence_permille) == (
            now.from_ms,
            now.to_ms,
            now.confidence_permille,
        )
        assert now.text == before.text or now.text[:-1] == before.text.rstrip()
        assert now.text == before.text or now.text[-1] in MARKS
    assert punctuated(after) == after
