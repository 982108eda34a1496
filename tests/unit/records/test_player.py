"""The player's page: what of the minutes it carries, and that nothing in them becomes part of the page itself."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.transcript_events import LineKind, LineWritten
from records import timeline
from records.coverage import measure
from records.package.player import SaidLine, write_player
from records.package.summary import Facts, gather
from records.writing import words
from records.writing.chapters import chapters_of
from records.writing.minutes import compose
from records.writing.transcript_json import TranscriptRecord, record_of
from tests.fakes.minutes import TZ, Sitting, said

pytestmark = pytest.mark.unit


def data_of(page: bytes, name: str) -> Any:
    """What the page carries under this id."""
    match = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page.decode(), re.DOTALL)
    assert match is not None
    return json.loads(match.group(1))


def lines_of(page: bytes) -> list[SaidLine]:
    return msgspec.convert(data_of(page, "said-data"), list[SaidLine])


def sitting() -> Sitting:
    held = Sitting()
    held.at(5_000).note(said("对证据三有异议。", 1_000))
    held.note(
        LineWritten(
            line="E1", kind=LineKind.EXHIBIT, participant=None, language="zh-CN", from_ms=3_000, to_ms=3_000,
            text="【证据3】",
        ),
        LineWritten(
            line="M1", kind=LineKind.MARK, participant=None, language="zh-CN", from_ms=4_000, to_ms=4_000, text="",
        ),
        actor="clerk",
    )  # fmt: skip
    return held


def facts_and_record(held: Sitting) -> tuple[Facts, TranscriptRecord]:
    line = timeline.read(held.room.entries)
    record = record_of(line, held.transcript, compose(line, held.transcript, TZ))
    facts = gather(
        line, measure(line), held.room.entries, [], sizes={}, time_zone="Asia/Shanghai", made_utc_ms=0, made_by="",
        software="", key="0" * 64, composite=None, mix="media/audio-mix.m4a",
    )  # fmt: skip
    return facts, record


def test_every_shown_line_is_carried_with_the_times_of_its_words() -> None:
    facts, record = facts_and_record(sitting())
    spoken, exhibit, mark = lines_of(write_player(facts, record, ["data/text/transcript.txt"]))
    assert "".join(text for text, _, _ in spoken.words) == "对证据三有异议。"
    assert [from_ms for _, from_ms, _ in spoken.words] == [1_000 + 100 * n for n in range(8)]
    assert (exhibit.kind, exhibit.from_ms, exhibit.words[0][0]) == ("exhibit", 3_000, "【证据3】")
    assert (mark.kind, mark.from_ms, mark.words) == ("mark", 4_000, ())
    assert data_of(write_player(facts, record, ["data/text/a.txt"]), "files-data") == ["text/a.txt"]


def test_without_a_transcript_there_are_no_lines() -> None:
    facts, _ = facts_and_record(sitting())
    assert lines_of(write_player(facts)) == []


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=3), st.text())
def test_no_text_can_become_part_of_the_page(paragraphs: list[str], speaker: str) -> None:
    facts, record = facts_and_record(sitting())
    spoken = record.lines[0]
    line = msgspec.structs.replace(
        spoken, speaker=speaker + "</script>{{program}}", paragraphs=(*paragraphs, "{{facts}}<!--<script>")
    )
    page = write_player(facts, msgspec.structs.replace(record, lines=(line,)))
    (carried,) = lines_of(page)
    assert "".join(text for text, _, _ in carried.words) == "\n".join(line.paragraphs)
    assert carried.speaker == line.speaker
    assert page.count(b"</script>") == 4
    assert page.count(b"<!--") == 0


def test_struck_out_and_joined_lines_are_not_carried() -> None:
    facts, record = facts_and_record(sitting())
    hidden = msgspec.structs.replace(record.lines[0], shown=False, paragraphs=())
    assert lines_of(write_player(facts, msgspec.structs.replace(record, lines=(hidden,)))) == []


def test_chapters_are_the_phases_and_the_interruptions() -> None:
    held = sitting()
    line = timeline.read(held.room.entries)
    chapters = chapters_of(line)
    assert chapters[0].at_ms == 0
    assert all(a.at_ms < b.at_ms and a.zh != b.zh for a, b in itertools.pairwise(chapters))
    assert {each.zh for each in chapters} <= {zh for zh, _ in (*words.PHASES.values(), *words.PAUSES.values())}
