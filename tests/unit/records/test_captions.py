"""Captions and their files: every word of the minutes once and in order, at its time, whatever was said."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from itertools import pairwise

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from hearing import line_commands as cmd
from hearing.transcript_events import LineKind, UtteranceHeard, Word
from records import timeline
from records.writing.captions import HOLD_MS, LONGEST_MS, MOST_ROWS, ROW_SQUARES, SHORTEST_MS, Cue, cues_of
from records.writing.legible import legible, squares
from records.writing.minutes import paragraphs_of
from records.writing.subtitles import write_srt, write_vtt
from records.writing.transcript_json import TranscriptRecord, record_of, write_json
from tests.fakes.minutes import Sitting, said

pytestmark = pytest.mark.unit

LONG = "根据《中华人民共和国民法典》第五百七十七条的规定，被告应当承担违约责任，并赔偿我方损失。请法庭依法判决。"
HOSTILE = "甲<b>&amp;]]>\x00\x08\u202e乙\ufffe\"'𠮷 {\\an8} --> 00:00:01.000\u2028\n\nWEBVTT\n1\n丙&"
ENGLISH = "The consignment of machinery was delivered to Guangzhou on the fifth of March, and nobody complained. " * 3
SPOKEN = st.lists(
    st.tuples(
        st.sampled_from(["plaintiff", "defendant", "witness"]),
        st.integers(0, 60_000),
        st.one_of(
            st.sampled_from([LONG, HOSTILE, ENGLISH, "是的。", "", "བོད་སྐད་" * 9, "，" * 60, "a" * 200]),
            st.text(max_size=90),
            st.text(alphabet="甲乙丙，。a 《》<>&{\\-\u202e", max_size=120),
        ),
        st.lists(st.tuples(st.integers(1, 9), st.integers(-500, 3_000), st.integers(-200, 9_000)), max_size=30),
    ),
    max_size=9,
)


def spoken(number: int, who: str, at_ms: int, text: str, cuts: list[tuple[int, int, int]]) -> UtteranceHeard:
    """An utterance whose words have any length and any times."""
    words, now_ms, rest = [], at_ms, text
    for length, pause_ms, length_ms in [*cuts, (len(text) + 1, 0, 500)]:
        part, rest = rest[:length], rest[length:]
        if part:
            words.append(
                Word(text=part, from_ms=max(0, now_ms + pause_ms), to_ms=max(0, now_ms + pause_ms + length_ms))
            )
            now_ms = words[-1].to_ms
    made = said(text, at_ms, who, "en" if who == "witness" else "zh-CN")
    to_ms = max((word.to_ms for word in words), default=at_ms + 400)
    return msgspec.structs.replace(
        made, utterance=f"{who}@{number}", words=tuple(words), to_ms=to_ms, trouble="" if text else "engine-failed"
    )


def captions(sitting: Sitting) -> tuple[Cue, ...]:
    return cues_of(timeline.read(sitting.room.entries), sitting.folded().transcript)


def one(text: str, **more: object) -> tuple[Cue, ...]:
    return captions(Sitting().at(90_000).note(msgspec.structs.replace(said(text, 1_000), **more)))


def text_of(cues: Iterable[Cue]) -> dict[str, list[str]]:
    """The paragraphs of each line, put together again from its cues."""
    found: dict[str, list[str]] = {}
    for cue in sorted(cues, key=lambda each: (each.line, each.number)):
        paragraphs = found.setdefault(cue.line, [])
        if cue.paragraph == len(paragraphs):
            paragraphs.append("")
        paragraphs[-1] += cue.text
    return found


@given(SPOKEN)
@settings(max_examples=60, deadline=None)
def test_every_word_of_the_minutes_once_in_order_at_times_that_never_overlap(
    utterances: list[tuple[str, int, str, list[tuple[int, int, int]]]],
) -> None:
    sitting = Sitting().at(90_000)
    sitting.note(*(spoken(number, *each) for number, each in enumerate(utterances)))
    cues, line = captions(sitting), timeline.read(sitting.room.entries)
    shown = {each.id: [p.text for p in paragraphs_of(line, each)] for each in sitting.transcript.shown()}
    assert text_of(cues) == {name: texts for name, texts in shown.items() if texts}
    assert {each.line: each.text for each in sitting.minutes().paragraphs if each.line}.keys() == text_of(cues).keys()
    assert all(before.from_ms <= after.from_ms for before, after in pairwise(cues))
    for person in {cue.participant for cue in cues}:
        own = [cue for cue in cues if cue.participant == person]
        assert all(cue.from_ms < cue.to_ms for cue in own)
        assert all(before.to_ms <= after.from_ms for before, after in pairwise(own))
    assert read_vtt(write_vtt(cues, HOSTILE)) == [(c.from_ms, c.to_ms, c.speaker, c.text) for c in cues]
    assert [(a, b, narrow(text)) for a, b, text in read_srt(write_srt(cues))] == [
        (c.from_ms, c.to_ms, narrow(f"{c.speaker}：{c.text}" if c.speaker else c.text)) for c in cues
    ]


def test_a_caption_is_read_at_a_glance_and_ends_where_a_sentence_does() -> None:
    cues = one(LONG)
    assert all(len(cue.rows) <= MOST_ROWS and cue.to_ms - cue.from_ms <= LONGEST_MS for cue in cues)
    assert all(sum(map(squares, row)) <= ROW_SQUARES for cue in cues for row in cue.rows)
    assert [cue.text for cue in cues] == [
        "根据《中华人民共和国民法典》第五百七十七条的规定，被告应当承担违约责任，",
        "并赔偿我方损失。请法庭依法判决。",
    ]
    assert cues[0].from_ms == 1_000
    assert cues[1].from_ms == 1_000 + 100 * len(cues[0].text)
    assert cues[-1].to_ms == 1_000 + 100 * len(LONG)


def test_long_words_of_letters_make_no_third_row() -> None:
    assert all(len(cue.rows) <= MOST_ROWS for cue in one(ENGLISH))


def test_nothing_is_shown_before_it_is_said() -> None:
    words = (Word(text="请问", from_ms=1_000, to_ms=1_400), Word(text="没有", from_ms=6_000, to_ms=6_900))
    first, second = one("请问没有", words=words, to_ms=6_900)
    assert (first.text, first.from_ms, first.to_ms) == ("请问", 1_000, 1_400 + HOLD_MS)
    assert (second.text, second.from_ms, second.to_ms) == ("没有", 6_000, 6_900)


def test_what_a_clerk_wrote_stays_long_enough_to_be_read() -> None:
    sitting = Sitting().at(5_000)
    sitting.do(cmd.WriteLine(kind=LineKind.NOTE, participant=None, language="zh-CN", text="核对身份"))
    sitting.do(cmd.WriteLine(kind=LineKind.MARK, participant=None, language="zh-CN", text="待查"))
    (cue,) = captions(sitting)
    assert (cue.text, cue.speaker, cue.from_ms, cue.to_ms) == ("核对身份", "", 5_000, 5_000 + SHORTEST_MS)


def test_a_correction_keeps_the_times_of_the_words_around_it() -> None:
    sitting = Sitting().at(90_000).note(said("请球支付货款", 2_000))
    sitting.do(cmd.EditLine(line="plaintiff@2000", revision=0, text="请求支付货款"))
    (cue,) = captions(sitting)
    assert (cue.text, cue.from_ms, cue.to_ms) == ("请求支付货款", 2_000, 2_600 + 200)


def test_the_json_holds_every_line_word_and_revision() -> None:
    sitting = Sitting().at(90_000).note(said("请球支付", 2_000), said("重复", 4_000, "defendant"))
    sitting.do(cmd.EditLine(line="plaintiff@2000", revision=0, text="请求支付", reason="笔误"))
    sitting.do(cmd.StrikeLine(line="defendant@4000", revision=0, struck=True))
    minutes = sitting.minutes()
    data = write_json(record_of(timeline.read(sitting.room.entries), sitting.folded().transcript, minutes))
    record = msgspec.json.decode(data, type=TranscriptRecord)
    assert record.minutes_sha256 == minutes.sha256
    plaintiff, defendant = record.lines
    assert (plaintiff.speaker, plaintiff.role, plaintiff.text) == ("原告张三", "原告", "请求支付")
    assert "".join(word.text for word in plaintiff.words) == plaintiff.text
    assert [(each.before, each.after, each.actor) for each in plaintiff.revisions] == [
        ("请球支付", "请求支付", "clerk")
    ]
    assert (plaintiff.shown, plaintiff.paragraphs) == (True, ("请求支付",))
    assert (defendant.shown, defendant.paragraphs, defendant.text) == (False, (), "重复")


def test_nothing_hidden_and_no_mark_of_a_player_is_in_the_files() -> None:
    cues = one(HOSTILE)
    vtt, srt = write_vtt(cues).decode(), write_srt(cues).decode()
    for text in (vtt, srt):
        assert not re.search("[\x00-\x09\x0b-\x1f\u200e\u202a-\u202e\u2066-\u2069\ufffe]", text)
    assert "<b>" not in vtt
    assert "<b>" not in srt
    assert "{\\" not in srt
    assert vtt.count("-->") == len(cues)
    assert "&lt;b&gt;&amp;amp;" in vtt


# --- readers of our own, by the specification's steps ---------------------------------------------------------

_TIME = r"(\d\d+):(\d\d):(\d\d)[.,](\d\d\d)"
_TIMES = re.compile(rf"{_TIME} --> {_TIME}")


def _ms(parts: tuple[str, ...]) -> int:
    hours, minutes, seconds, ms = map(int, parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms


def read_vtt(data: bytes) -> list[tuple[int, int, str, str]]:
    """Start, end, voice, text of each cue."""
    head, *blocks = data.decode().split("\n\n")
    assert head == "WEBVTT"
    found = []
    for block in blocks:
        lines = block.rstrip("\n").split("\n")
        if lines[0] == "NOTE":
            assert not any("-->" in line for line in lines)
            continue
        assert "-->" not in lines[0]
        times = _TIMES.fullmatch(lines[1])
        assert times is not None
        text = "".join(lines[2:])
        voice = re.match(r"<v ([^<>]*)>", text)
        text = text[voice.end() :] if voice else text
        assert "<" not in text
        assert ">" not in text
        groups = times.groups()
        speaker = html.unescape(voice.group(1)) if voice else ""
        found.append((_ms(groups[:4]), _ms(groups[4:]), speaker, html.unescape(text)))
    return found


def read_srt(data: bytes) -> list[tuple[int, int, str]]:
    """Start, end, text of each cue."""
    found = []
    for number, block in enumerate(filter(None, data.decode().split("\n\n")), 1):
        first, times, *rows = block.rstrip("\n").split("\n")
        assert first == str(number)
        match = _TIMES.fullmatch(times)
        assert match is not None
        found.append((_ms(match.groups()[:4]), _ms(match.groups()[4:]), "".join(rows)))
    return found


def narrow(text: str) -> str:
    """As SRT shows it: marks of formatting stand there as their full-width twins."""
    return legible(text).replace("＜", "<").replace("｛", "{")
