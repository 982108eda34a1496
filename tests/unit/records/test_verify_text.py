"""The verifier makes the lines again from the log, by itself, and the files have to say the same."""

from __future__ import annotations

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from hearing import line_commands as cmd
from hearing.errors import Refused
from hearing.events import Seat
from hearing.roles import Role
from hearing.transcript_events import LanguageSet, LineKind
from records import timeline, verify
from records.verify.lines import fold_lines, names_of
from records.verify.lines import paragraphs_of as paragraphs_by_the_verifier
from records.verify.texts import text_faults
from records.writing.captions import cues_of
from records.writing.minutes import paragraphs_of
from records.writing.subtitles import write_srt, write_vtt
from records.writing.transcript_json import record_of, write_json
from tests.fakes.hearings import SEATS
from tests.fakes.minutes import Sitting, said

pytestmark = pytest.mark.unit

TEXTS = st.one_of(
    st.sampled_from(["没有异议。", "甲<b>&amp;\u202e\n乙 --> {\\an8}", "I saw it.", "𠮷"]), st.text(max_size=20)
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["edit", "assign", "split", "merge", "strike", "write"]), st.integers(0, 9), TEXTS),
    max_size=12,
)


def corrected(texts: list[str], steps: list[tuple[str, int, str]]) -> Sitting:
    """A hearing whose clerk does something to any of its lines, as far as the rules allow."""
    interpreter = Seat(participant="interpreter", seat="interpreter", role=Role.INTERPRETER, name="卓玛")
    sitting = Sitting((*SEATS, interpreter)).at(60_000)
    sitting.note(LanguageSet(participant="interpreter", language="", interprets="plaintiff"))
    for number, text in enumerate(texts):
        who, language = (("plaintiff", "bo"), ("interpreter", "zh-CN"), ("defendant", "zh-CN"))[number % 3]
        sitting.note(said(text, 1_000 + 900 * number, who, language))
    for what, number, text in steps:
        lines = list(sitting.folded().transcript)
        line = lines[number % len(lines)] if lines else None
        try:
            if what == "write":
                sitting.do(cmd.WriteLine(kind=LineKind.NOTE, participant=None, language="zh-CN", text=text))
            elif line is not None:
                sitting.do(command(sitting, what, line.id, line.revision, number, text))
        except Refused:
            pass
    return sitting


def command(sitting: Sitting, what: str, line: str, revision: int, number: int, text: str) -> cmd.LineCommand:
    following = sitting.transcript.following(line)
    if what == "edit":
        return cmd.EditLine(line=line, revision=revision, text=text)
    if what == "assign":
        return cmd.AssignLine(line=line, revision=revision, participant=("plaintiff", "witness")[number % 2])
    if what == "split":
        return cmd.SplitLine(line=line, revision=revision, at=number)
    if what == "merge" and following is not None:
        return cmd.MergeLines(line=line, revision=revision, second=following.id, second_revision=following.revision)
    return cmd.StrikeLine(line=line, revision=revision, struck=number % 2 == 0)


def files_of(sitting: Sitting) -> dict[str, bytes | None]:
    line, transcript, minutes = timeline.read(sitting.room.entries), sitting.folded().transcript, sitting.minutes()
    cues = cues_of(line, transcript)
    return {
        verify.TRANSCRIPT_TXT: minutes.text().encode(),
        verify.TRANSCRIPT_JSON: write_json(record_of(line, transcript, minutes)),
        verify.TRANSCRIPT_VTT: write_vtt(cues),
        verify.TRANSCRIPT_SRT: write_srt(cues),
    }


def faults(sitting: Sitting, files: dict[str, bytes | None]) -> list[tuple[str, str]]:
    entries = [msgspec.json.decode(msgspec.json.encode(entry)) for entry in sitting.room.entries]
    lines = fold_lines([entry["event"] for entry in entries])
    return list(text_faults(files, lines, names_of(entries)))


@given(st.lists(TEXTS, min_size=1, max_size=5), STEPS)
@settings(max_examples=60, deadline=None)
def test_lines_from_the_log_are_those_of_the_product(texts: list[str], steps: list[tuple[str, int, str]]) -> None:
    sitting = corrected(texts, steps)
    line = timeline.read(sitting.room.entries)
    own = fold_lines([msgspec.json.decode(msgspec.json.encode(e.event)) for e in sitting.room.entries])
    assert [(each["id"], each["text"], each["shown"], paragraphs_by_the_verifier(each)) for each in own] == [
        (each.id, each.text, each.shown, [p.text for p in paragraphs_of(line, each)] if each.shown else [])
        for each in sitting.transcript
    ]
    assert faults(sitting, files_of(sitting)) == []


def test_one_character_that_differs_is_found_in_each_file() -> None:
    sitting = corrected(["没有异议。", "同意。"], [("edit", 0, "没有意见。")])
    files = files_of(sitting)
    for path, data in files.items():
        assert data is not None
        text = data.decode()
        assert "没有意见" in text
        (first, *_) = faults(sitting, {**files, path: text.replace("没有意见", "没有异见").encode()})
        assert first[0] == path


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_byte_of_the_text_can_be_flipped_unseen(data: st.DataObject) -> None:
    sitting = corrected(["没有异议。", "同意。"], [("strike", 1, "")])
    files = files_of(sitting)
    text = bytearray(files[verify.TRANSCRIPT_TXT] or b"")
    text[data.draw(st.integers(0, len(text) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    found = faults(sitting, {**files, verify.TRANSCRIPT_TXT: bytes(text)})
    assert found
    assert {path for path, _ in found} == {verify.TRANSCRIPT_TXT}


@pytest.mark.parametrize("junk", [b"", b"{}", b"[]", b"\xff", b'{"lines":[1],"minutes_sha256":"0"}', None])
def test_any_junk_is_a_finding_and_no_fault_of_ours(junk: bytes | None) -> None:
    sitting = corrected(["没有异议。"], [])
    files = files_of(sitting)
    for path in files:
        assert faults(sitting, {**files, path: junk})
