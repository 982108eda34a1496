"""The minutes' lines in two columns: every word of the minutes once, the interpretation beside what it gives."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.events import Seat
from hearing.line_commands import WriteLine
from hearing.roles import Role
from hearing.transcript_events import LanguageSet, LineKind
from records import timeline
from records.writing.bilingual import write_bilingual
from records.writing.text_files import BILINGUAL, make_texts
from tests.fakes.hearings import SEATS
from tests.fakes.minutes import TZ, Sitting, said

pytestmark = pytest.mark.unit

INTERPRETER = Seat(participant="interpreter", seat="interpreter", role=Role.INTERPRETER, name="卓玛")


@pytest.fixture
def sitting() -> Sitting:
    sitting = Sitting((*SEATS, INTERPRETER)).at(60_000)
    return sitting.note(LanguageSet(participant="interpreter", language="", interprets="defendant"))


def table(sitting: Sitting) -> list[list[str]]:
    page = write_bilingual(timeline.read(sitting.room.entries), sitting.transcript, sitting.minutes())
    if page is None:
        return []
    body = page.decode().partition("<tbody>")[2]
    return [
        [unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]


def test_what_was_said_and_its_interpretation_stand_side_by_side(sitting: Sitting) -> None:
    sitting.note(
        said("请答辩", 1_000, "judge"),
        said("ཞུ<b>", 5_000, "defendant", "bo"),
        said("我不同意", 8_000, "interpreter"),
    )
    sitting.do(WriteLine(text="暂停", kind=LineKind.NOTE, from_ms=9_000))
    sitting.do(WriteLine(text="", kind=LineKind.MARK, from_ms=9_500))
    assert table(sitting) == [
        ["00:00:01", "审判长陈法官：请答辩", ""],
        ["00:00:05", "被告李四（藏语）：ཞུ<b>", "被告李四（翻译卓玛译）：我不同意"],
        ["00:00:09", "暂停", ""],
    ]


def test_where_nobody_interpreted_there_is_no_such_page(sitting: Sitting) -> None:
    sitting.note(said("请答辩", 1_000, "judge"))
    assert table(sitting) == []
    assert BILINGUAL not in make_texts(sitting.room.entries, timeline.read(sitting.room.entries), TZ).files
    sitting.note(said("ཞུ", 5_000, "defendant", "bo"), said("我不同意", 8_000, "interpreter"))
    assert BILINGUAL in make_texts(sitting.room.entries, timeline.read(sitting.room.entries), TZ).files


@given(st.lists(st.tuples(st.sampled_from(["judge", "defendant", "interpreter"]), st.text(max_size=8)), max_size=8))
def test_it_holds_the_words_of_the_minutes_each_once(lines: list[tuple[str, str]]) -> None:
    sitting = Sitting((*SEATS, INTERPRETER)).at(60_000)
    for number, (who, text) in enumerate(lines):
        sitting.note(said(text, 1_000 + 2_000 * number, who, "bo" if who == "defendant" else "zh-CN"))
    found = table(sitting)
    if found:
        shown = sorted("".join(cell) for row in found for cell in row[1:] if cell)
        spoken = [each.plain for each in sitting.minutes().paragraphs if each.line]
        assert sorted("".join(shown)) == sorted("".join(spoken))
