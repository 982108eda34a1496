"""Names and terms of a case are written as they are where they were heard, and nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.transcript_events import Word
from transcription.glossary import Glossary, case_terms
from transcription.readings import Alike, Reading, alike, readings
from transcription.shown import put_right

pytestmark = pytest.mark.unit

SURE, UNSURE = 900, 300
NUMERALS = "零〇一二三四五六七八九十百千万亿两幺0123456789"


def heard(*texts: str, sure: int | None = SURE) -> tuple[Word, ...]:
    return tuple(
        Word(text=text, from_ms=250 * place, to_ms=250 * place + 200, confidence_permille=sure)
        for place, text in enumerate(texts)
    )


def mended(terms: tuple[str, ...], *texts: str, sure: int | None = SURE) -> str:
    return Glossary(terms).mended(heard(*texts, sure=sure)).text


def test_characters_sound_alike_in_their_commonest_reading() -> None:
    assert readings("行")[0] == Reading("xing", 2)
    assert Reading("hang", 2) in readings("行")
    assert (alike("章", "张"), alike("涨", "张"), alike("脏", "张")) == (
        Alike.EXACTLY,
        Alike.SYLLABLE,
        Alike.NEAR,
    )
    assert alike("李", "张") is alike("a", "张") is Alike.NOT
    # 单 is dan, and as a surname shan in the fourth tone; nothing else is taken for that.
    assert alike("善", "单") is Alike.EXACTLY
    assert alike("掺", "单") is Alike.NOT


def test_a_name_that_was_written_with_other_characters_is_put_right() -> None:
    assert mended(("张建国",), "原告", "章", "建国", "到庭") == "原告张建国到庭"
    assert mended(("李敏",), "李", "民", "说", sure=UNSURE) == "李敏说"
    assert mended(("北京云庭科技有限公司",), "背景", "云停", "科技", "有限", "公司") == "北京云庭科技有限公司"


def test_a_word_that_the_engine_knows_and_is_sure_of_is_no_name() -> None:
    assert mended(("李安",), "立案", "之后") == "立案之后"
    assert mended(("程成",), "成", "城", "了") == "成城了"
    assert mended(("张建国",), "老", "张", "见过", "他") == "老张见过他"
    assert mended(("张建国",), "纸张", "建国") == "纸张建国"


def test_what_sounds_nearly_so_is_put_right_only_where_the_engine_was_not_sure() -> None:
    assert mended(("陈胜利",), "成", "胜利", sure=UNSURE) == "陈胜利"
    assert mended(("陈胜利",), "成", "胜利") == "成胜利"
    assert mended(("陈胜利",), "成", "胜利", sure=None) == "成胜利"


def test_what_could_be_two_people_and_what_is_somebody_stays() -> None:
    assert mended(("张建国", "章健国"), "掌", "建国", sure=UNSURE) == "掌建国"
    assert mended(("张建国", "章建国"), "章", "建国", sure=UNSURE) == "章建国"


def test_numbers_are_never_changed() -> None:
    assert mended(("王石",), "王", "十", sure=UNSURE) == "王十"
    assert mended(("王一鸣",), "王", "依", "鸣", sure=UNSURE) == "王依鸣"


def test_a_case_number_is_spoken_digit_by_digit_and_its_kind_is_put_right() -> None:
    terms = case_terms("（2026）粤01民初105号")
    assert "二零二六粤零一民初一零五号" in terms
    assert "二零二六粤零幺民初幺零五号" in terms
    assert "二零二六粤零一民初一百零五号" in terms
    text, words = put_right("zh-CN", lambda: Glossary(terms))(
        "二零二六粤零幺民出一百零五号", heard("二零二六", "粤", "零幺", "民", "出", "一百零五", "号")
    )
    assert text == "（2026）粤01民初105号。"
    assert "".join(word.text for word in words) == text
    for other in ("", "号", "第三号", "（2026）粤01民初号", "（2026）粤01民初123456号", "2026粤1民初1号之一"):
        assert case_terms(other) == ()


def test_the_word_says_what_was_heard_and_keeps_its_time() -> None:
    words = heard("章", "建国", "欠", "三万", "元")
    text, shown = put_right("zh-CN", lambda: Glossary(["张建国"]))("章建国欠三万元", words)
    assert text == "张建国欠30,000元。"
    assert (shown[0].text, shown[0].heard, shown[0].from_ms, shown[0].to_ms) == ("张", "章", 0, 200)
    assert [word.heard for word in shown[1:]] == [words[1].heard] * 3
    assert shown[1] == words[1]


def test_other_languages_have_no_homophones() -> None:
    words = heard("章建国")
    assert put_right("en", lambda: Glossary(["张建国"]))("章建国", words) == ("章建国", words)


SOUNDS = "张章掌脏建健见国过郭李理立安案按一十三陈成程胜省利力的了 aB1，"
TERMS = st.lists(st.text("张章建健国过郭李理安案陈程成胜利一十", max_size=5), max_size=6)


@given(
    TERMS,
    st.lists(
        st.builds(
            lambda text, sure: Word(text=text, from_ms=0, to_ms=1, confidence_permille=sure),
            st.text(SOUNDS, max_size=4),
            st.sampled_from([None, UNSURE, SURE]),
        ),
        max_size=12,
    ),
)
def test_only_whole_terms_appear_and_all_else_stays(terms: list[str], words: list[Word]) -> None:
    glossary = Glossary(terms)
    text = "".join(word.text for word in words)
    edit = glossary.mended(words)
    after = edit.text
    assert edit.before == text
    assert len(after) == len(text)
    assert [letter for letter in after if letter in NUMERALS] == [letter for letter in text if letter in NUMERALS]
    inside = {
        place
        for term in terms
        if len(term) > 1
        for start in range(len(after))
        if after.startswith(term, start)
        for place in range(start, start + len(term))
    }
    for place, (before, now) in enumerate(zip(text, after, strict=True)):
        if before != now:
            assert place in inside
            assert alike(before, now) is not Alike.NOT
    for term in terms:
        assert after.count(term) >= text.count(term)


@given(TERMS, st.lists(st.text(SOUNDS, min_size=1, max_size=4), min_size=1, max_size=10))
def test_the_shown_words_join_to_the_shown_text(terms: list[str], texts: list[str]) -> None:
    words = heard(*texts, sure=UNSURE)
    text, shown = put_right("zh-CN", lambda: Glossary(terms))("".join(texts), words)
    assert "".join(word.text for word in shown) == text
    assert {word.from_ms for word in shown} <= {word.from_ms for word in words}
    assert all(word.heard != word.text for word in shown)


@given(TERMS, st.lists(st.text(SOUNDS, min_size=1, max_size=4), max_size=10))
def test_putting_right_twice_is_putting_right_once(terms: list[str], texts: list[str]) -> None:
    glossary = Glossary(terms)
    once = glossary.mended(heard(*texts, sure=UNSURE)).text
    at, again = 0, []
    for text in texts:
        again.append(once[at : at + len(text)])
        at += len(text)
    assert glossary.mended(heard(*again, sure=UNSURE)).text == once
