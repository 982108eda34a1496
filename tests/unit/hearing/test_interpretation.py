"""What an interpreter says stands beside what it gives in the other language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing import events as ev
from hearing.interpretation import WITHIN_MS, original_of, rows
from hearing.line_commands import AssignLine, SplitLine
from hearing.roles import Role
from hearing.transcript_events import LanguageSet
from tests.fakes.hearings import SEATS
from tests.fakes.minutes import Sitting, said

pytestmark = pytest.mark.unit

INTERPRETER = ev.Seat(participant="interpreter", seat="interpreter", role=Role.INTERPRETER, name="卓玛")
INTERPRETERS = frozenset({"interpreter"})


@pytest.fixture
def sitting() -> Sitting:
    return Sitting((*SEATS, INTERPRETER)).at(600_000)


def columns(sitting: Sitting) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (row.original.text, tuple(each.text for each in row.interpretations))
        for row in rows(sitting.transcript, INTERPRETERS)
    ]


def serves(participant: str | None, language: str = "") -> LanguageSet:
    return LanguageSet(participant="interpreter", language=language, interprets=participant)


def test_consecutive_interpretation_stands_beside_what_was_said(sitting: Sitting) -> None:
    sitting.note(
        said("被告有何答辩", 1_000, "judge"),
        said("ཞུ་གི་མིན", 5_000, "defendant", "bo"),
        said("我不同意", 8_000, "interpreter"),
        said("也不认可", 9_000, "interpreter"),
        said("记录在案", 12_000, "judge"),
    )
    assert columns(sitting) == [
        ("被告有何答辩", ()),
        ("ཞུ་གི་མིན", ("我不同意", "也不认可")),
        ("记录在案", ()),
    ]


def test_the_courts_words_are_given_to_whom_the_interpreter_serves(sitting: Sitting) -> None:
    sitting.note(
        serves("defendant"),
        said("ཁ", 500, "defendant", "bo-CN"),
        said("请陈述", 1_000, "judge"),
        said("གསུང", 3_000, "interpreter", "bo"),
        said("ཞུ", 5_000, "defendant", "bo"),
        said("我不同意", 8_000, "interpreter"),
    )
    assert columns(sitting) == [("ཁ", ()), ("请陈述", ("གསུང",)), ("ཞུ", ("我不同意",))]


def test_of_two_who_speak_another_language_only_whom_they_serve(sitting: Sitting) -> None:
    sitting.note(
        serves("defendant"),
        said("ཞུ", 1_000, "defendant", "bo"),
        said("དཔང", 3_000, "witness", "bo"),
        said("我不同意", 5_000, "interpreter"),
    )
    assert columns(sitting) == [("ཞུ", ("我不同意",)), ("དཔང", ())]


def test_what_gives_nothing_stands_by_itself(sitting: Sitting) -> None:
    sitting.note(
        said("我宣誓", 1_000, "interpreter"),
        said("ཞུ", 5_000, "defendant", "bo"),
        said("下一个问题", 5_200 + WITHIN_MS + 1, "interpreter"),
        said("好", 200_000, "judge"),
    )
    assert [original for original, _ in columns(sitting)] == ["我宣誓", "ཞུ", "下一个问题", "好"]
    assert original_of(sitting.transcript, next(iter(sitting.transcript)), ()) is None


def test_a_line_given_to_the_interpreter_afterwards_counts_as_theirs(sitting: Sitting) -> None:
    sitting.note(serves("defendant"), said("ཞུ", 1_000, "defendant", "bo"), said("我不同意", 3_000, "judge"))
    sitting.do(AssignLine(line="judge@3000", revision=0, participant="interpreter"))
    assert columns(sitting) == [("ཞུ", ("我不同意",))]
    sitting.note(serves(None))
    sitting.do(SplitLine(line="judge@3000", revision=1, at=1))
    assert [line.interprets for line in sitting.transcript.shown()] == [None, "defendant", "defendant"]


def test_the_minutes_show_it_under_the_name_of_who_was_interpreted(sitting: Sitting) -> None:
    sitting.note(
        serves("defendant"),
        said("ཞུ", 1_000, "defendant", "bo"),
        said("我不同意", 3_000, "interpreter"),
        said("གསུང", 5_000, "interpreter", "bo"),
    )
    spoken = [each for each in sitting.minutes().paragraphs if each.line]
    assert [each.plain for each in spoken] == [
        "被告李四（藏语）：ཞུ",
        "被告李四（翻译卓玛译）：我不同意",
        "翻译卓玛（藏语）：གསུང",
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["judge", "defendant", "witness", "interpreter"]),
            st.sampled_from(["zh-CN", "bo", "en"]),
            st.integers(0, 200_000),
        ),
        max_size=12,
        unique_by=lambda each: each[2],
    ),
    st.sampled_from([None, "defendant", "witness"]),
)
def test_every_line_stands_once_and_beside_another_language(
    lines: list[tuple[str, str, int]], served: str | None
) -> None:
    sitting = Sitting((*SEATS, INTERPRETER)).at(600_000)
    sitting.note(serves(served), *(said("字", at_ms, who, language) for who, language, at_ms in lines))
    found = rows(sitting.transcript, INTERPRETERS)
    every = [each.id for row in found for each in (row.original, *row.interpretations)]
    assert sorted(every) == sorted(line.id for line in sitting.transcript.shown())
    for row in found:
        for each in row.interpretations:
            assert each.participant == "interpreter" != row.original.participant
            assert each.language != row.original.language
            assert row.original.from_ms <= each.from_ms
