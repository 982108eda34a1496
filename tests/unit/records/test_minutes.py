"""笔录 as a document: what it says, in which order, and that its hash is of exactly that."""

from __future__ import annotations

import hashlib

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from hearing import line_commands as cmd
from hearing.session import Move
from hearing.transcript_events import LineKind
from records.writing.legible import break_lines, legible, squares
from records.writing.minutes import CLOSING, UNHEARD
from records.writing.typesetting import typeset
from tests.fakes.minutes import Sitting, said

pytestmark = pytest.mark.unit


@pytest.fixture
def sitting() -> Sitting:
    return Sitting()


def field(sitting: Sitting, name: str) -> str:
    (found,) = [each.text for each in sitting.minutes().fields if each.name == name]
    return found


def test_who_spoke_and_what_was_said_by_time(sitting: Sitting) -> None:
    sitting.at(9_000).note(said("没有异议", 5_000, "defendant"), said("请求支付货款", 2_000))
    assert sitting.body()[1:] == ["原告张三：请求支付货款", "被告李四：没有异议"]


def test_what_the_court_did_stands_in_line(sitting: Sitting) -> None:
    sitting.at(3_000).note(said("请求休庭", 1_000))
    sitting.room.move(Move.RECESS, reason="庭外和解")
    sitting.at(8_000)
    sitting.room.move(Move.RESUME)
    sitting.at(9_000).note(said("未能和解", 8_200))
    sitting.at(10_000)
    sitting.room.move(Move.CLOSE)
    started, first, recess, resumed, second, closed = sitting.body()
    assert "宣布开庭" in started
    assert "休庭：庭外和解" in recess
    assert "复庭" in resumed
    assert "闭庭" in closed
    assert (first, second) == ("原告张三：请求休庭", "原告张三：未能和解")


def test_a_correction_a_note_and_an_exhibit_stand_there_a_mark_and_a_struck_line_do_not(sitting: Sitting) -> None:
    sitting.at(20_000).note(said("请球支付", 1_000), said("重复", 3_000, "defendant"))
    sitting.do(cmd.EditLine(line="plaintiff@1000", revision=0, text="请求支付"))
    sitting.do(cmd.StrikeLine(line="defendant@3000", revision=0, struck=True))
    for kind, text in (
        (LineKind.NOTE, "核对身份"),
        (LineKind.EXHIBIT, "【证据1】合同一份"),
        (LineKind.MARK, "此处待查"),
    ):
        sitting.do(cmd.WriteLine(kind=kind, participant=None, language="zh-CN", text=text))
    assert sitting.body()[1:] == ["原告张三：请求支付", "核对身份", "【证据1】合同一份"]


def test_another_language_is_named(sitting: Sitting) -> None:
    sitting.at(9_000).note(said("I saw it.", 1_000, "witness", "en-US"), said("བོད", 4_000, "expert", "bo"))
    assert sitting.body()[1:] == ["证人王五（英语）：I saw it.", "鉴定人赵六（藏语）：བོད"]
    assert [each.language for each in sitting.minutes().paragraphs[1:]] == ["en-US", "bo"]


def test_speech_that_no_engine_could_write_is_not_passed_over(sitting: Sitting) -> None:
    sitting.at(9_000).note(msgspec.structs.replace(said("", 1_000), to_ms=3_000, trouble="engine-failed"))
    assert sitting.body()[1:] == [f"原告张三：{UNHEARD}"]


def test_every_absence_is_listed_and_a_drop_is_not_a_departure(sitting: Sitting) -> None:
    sitting.at(5_000)
    sitting.room.drop("defendant")
    sitting.at(65_000)
    sitting.room.arrive("defendant")
    text = field(sitting, "网络中断及离席")
    assert text.startswith("被告李四")
    assert text.endswith("掉线")
    begins, ends = text.removeprefix("被告李四").removesuffix("掉线").split("至")
    assert (begins, ends) == ("19:06:45", "19:07:45")
    assert field(Sitting(), "网络中断及离席") == "无"


def test_who_signs_parties_first_then_bench_then_clerk_and_no_observer(sitting: Sitting) -> None:
    places = sitting.minutes().places
    assert places[0] == "原告张三"
    assert places[-1] == "书记员李书记员"
    assert places.index("审判长陈法官") > places.index("被告李四")
    assert not [place for place in places if "旁听" in place or "大屏" in place]


@pytest.mark.parametrize("lines", range(25, 60, 5))
def test_no_page_has_places_to_sign_without_what_is_signed(sitting: Sitting, lines: int) -> None:
    sitting.at(90_000).note(*(said("没有异议。", 1_000 * at) for at in range(1, lines)))
    pages = typeset(sitting.minutes())
    (last,) = [page for page in pages if any(run.text == CLOSING for run in page.runs)]
    assert last is pages[-1]
    assert sum("（签名）" in run.text for run in last.runs) == len(sitting.minutes().places)


def test_the_hash_is_of_the_text_and_a_draft_has_the_same(sitting: Sitting) -> None:
    sitting.at(9_000).note(said("请求支付货款", 2_000))
    draft, final = sitting.minutes(draft=True), sitting.minutes(draft=False)
    assert draft.sha256 == final.sha256 == hashlib.sha256(draft.text().encode()).hexdigest()
    assert CLOSING in draft.text()
    sitting.do(cmd.EditLine(line="plaintiff@2000", revision=0, text="请求支付货款。"))
    assert sitting.minutes().sha256 != draft.sha256


@given(st.text())
def test_no_text_breaks_the_document(text: str) -> None:
    shown = legible(text)
    assert legible(shown) == shown
    assert "\n" not in shown
    assert all(each.isprintable() or each.isspace() or ord(each) > 0x2FF for each in shown)
    sitting = Sitting().at(9_000).note(said(text, 1_000)) if text else Sitting()
    assert sitting.minutes().text().count("\n") == len(list(sitting.minutes().lines()))


def test_hidden_characters_cannot_reorder_what_is_read() -> None:
    assert legible("支付\u202e元万三\u202c货款\x00\ufeff\u200b") == "支付元万三货款"
    assert legible(" 甲\t乙\r\n丙\u2028丁 ") == "甲 乙 丙 丁"
    assert legible("𠮷\U00031350㛃") == "𠮷\U00031350㛃"


@given(st.text(alphabet="合同，。（）《》abc 12'-异议", max_size=80), st.integers(3, 20))
def test_lines_hold_the_whole_text_and_keep_to_their_width(text: str, room: int) -> None:
    lines = break_lines(text, room)
    assert "".join(lines) == text
    for line in lines:
        assert sum(map(squares, line.rstrip())) <= room


def test_no_line_begins_with_a_closing_mark_and_no_word_is_cut() -> None:
    lines = break_lines("原告认为，被告（Guangzhou Trading）应当付款。", 6)
    assert not [line for line in lines if line[0] in "，。）"]
    assert not [line for line in lines if line.endswith("（")]
    assert any("Trading" in line for line in lines)
