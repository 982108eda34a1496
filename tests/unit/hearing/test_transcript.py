"""Lines of the transcript: what a clerk may do to them, and that nothing is ever lost."""

from __future__ import annotations

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from hearing import line_commands as cmd
from hearing.commands import MoveSession
from hearing.errors import Refused
from hearing.line_rules import clean_text, decide_line
from hearing.session import Move
from hearing.transcript import Line, Transcript
from hearing.transcript_events import LineKind, TrackHeard, TranscriptEvent, UtteranceHeard, Word
from records.canonical import canonical
from tests.fakes.courtroom import Courtroom

pytestmark = pytest.mark.unit


def refused(code: str) -> pytest.RaisesExc[Refused]:
    return pytest.raises(Refused, check=lambda error: error.code == code)


def said(text: str, from_ms: int, participant: str = "plaintiff") -> UtteranceHeard:
    step = 100
    words = tuple(
        Word(text=each, from_ms=from_ms + step * n, to_ms=from_ms + step * (n + 1)) for n, each in enumerate(text)
    )
    return UtteranceHeard(
        utterance=f"{participant}@{from_ms}",
        participant=participant,
        track=participant,
        language="zh-CN",
        from_ms=from_ms,
        to_ms=from_ms + step * len(text),
        text=text,
        raw=text,
        words=words,
        engine="scripted",
        until_ms=from_ms + step * len(text) + 50,
    )


class Minutes:
    """A courtroom with its transcript."""

    def __init__(self) -> None:
        self.room = Courtroom().open()
        self.room.arrive("clerk")
        self.transcript = Transcript()
        self.folded = 0

    def note(self, *events: TranscriptEvent, actor: str = "server") -> None:
        self.room.note(list(events), actor)
        self.fold()

    def do(self, command: cmd.LineCommand, actor: str = "clerk") -> None:
        self.fold()
        self.note(
            *decide_line(self.room.hearing, self.transcript, actor, command, self.room.hearing.last_at_ms),
            actor=actor,
        )

    def fold(self) -> None:
        for entry in self.room.entries[self.folded :]:
            self.transcript.apply(entry)
        self.folded = len(self.room.entries)

    def texts(self) -> list[str]:
        return [line.text for line in self.transcript.shown()]

    def line(self, name: str) -> Line:
        line = self.transcript.get(name)
        assert line is not None
        return line


@pytest.fixture
def minutes() -> Minutes:
    return Minutes()


def test_lines_stand_in_the_order_they_were_said_in(minutes: Minutes) -> None:
    minutes.note(said("第二", 2000, "defendant"), said("第一", 1000))
    assert minutes.texts() == ["第一", "第二"]


def test_the_same_speech_is_written_down_once(minutes: Minutes) -> None:
    minutes.note(said("一次", 1000), said("一次", 1000))
    assert minutes.texts() == ["一次"]


def test_how_far_a_track_was_listened_to_never_goes_back(minutes: Minutes) -> None:
    minutes.note(said("一", 1000), TrackHeard(track="plaintiff", participant="plaintiff", until_ms=9000))
    minutes.note(TrackHeard(track="plaintiff", participant="plaintiff", until_ms=500))
    assert minutes.transcript.heard_until_ms("plaintiff") == 9000
    assert minutes.transcript.heard_until_ms("defendant") is None


def test_an_edit_keeps_what_was_said_before_and_who_changed_it(minutes: Minutes) -> None:
    minutes.note(said("我同义", 0))
    minutes.do(cmd.EditLine(line="plaintiff@0", revision=0, text="我同意", reason="误识"))
    line = minutes.line("plaintiff@0")
    assert (line.text, line.raw, line.revision) == ("我同意", "我同义", 1)
    only = line.revisions[0]
    assert (only.actor, only.before, only.after, only.reason) == ("clerk", "我同义", "我同意", "误识")
    assert "".join(word.text for word in line.words) == "我同意"


def test_of_two_who_edit_at_once_the_second_is_told_what_stands_now(minutes: Minutes) -> None:
    minutes.note(said("甲", 0))
    minutes.do(cmd.EditLine(line="plaintiff@0", revision=0, text="乙"))
    with refused("line-changed") as told:
        minutes.do(cmd.EditLine(line="plaintiff@0", revision=0, text="丙"))
    assert "乙" in told.value.zh
    assert minutes.texts() == ["乙"]


def test_split_and_merge_are_each_others_way_back(minutes: Minutes) -> None:
    minutes.note(said("我同意他不同意", 1000))
    minutes.do(cmd.SplitLine(line="plaintiff@1000", revision=0, at=3))
    assert minutes.texts() == ["我同意", "他不同意"]
    second = minutes.line("plaintiff@1000/1")
    assert (second.from_ms, minutes.line("plaintiff@1000").to_ms) == (1300, 1300)
    minutes.do(cmd.AssignLine(line=second.id, revision=0, participant="defendant"))
    assert minutes.line(second.id).participant == "defendant"
    minutes.do(cmd.MergeLines(line="plaintiff@1000", revision=1, second=second.id, second_revision=1))
    assert minutes.texts() == ["我同意他不同意"]
    assert minutes.line("plaintiff@1000").to_ms == 1700
    with refused("line-changed"):
        minutes.do(cmd.EditLine(line=second.id, revision=1, text="晚了"))


def test_only_neighbours_are_joined(minutes: Minutes) -> None:
    minutes.note(said("一", 0), said("二", 1000), said("三", 2000))
    with refused("not-adjacent"):
        minutes.do(
            cmd.MergeLines(line="plaintiff@0", revision=0, second="plaintiff@2000", second_revision=0),
        )
    minutes.do(cmd.StrikeLine(line="plaintiff@1000", revision=0, struck=True))
    minutes.do(cmd.MergeLines(line="plaintiff@0", revision=0, second="plaintiff@2000", second_revision=0))
    assert minutes.texts() == ["一三"]


def test_a_struck_line_can_be_taken_back_in(minutes: Minutes) -> None:
    minutes.note(said("咳嗽", 0))
    minutes.do(cmd.StrikeLine(line="plaintiff@0", revision=0, struck=True, reason="非陈述"))
    assert minutes.texts() == []
    minutes.do(cmd.StrikeLine(line="plaintiff@0", revision=1, struck=False))
    assert minutes.texts() == ["咳嗽"]


def test_the_clerk_writes_lines_of_their_own_at_a_moment(minutes: Minutes) -> None:
    minutes.room.now_ms = 5000
    minutes.do(cmd.WriteLine(text="【证据1】买卖合同", kind=LineKind.EXHIBIT, from_ms=0))
    minutes.do(cmd.WriteLine(text="", kind=LineKind.MARK))
    with refused("bad-text"):
        minutes.do(cmd.WriteLine(text=" "))
    with refused("bad-time"):
        minutes.do(cmd.WriteLine(text="将来", from_ms=10**9))
    assert minutes.texts() == ["【证据1】买卖合同", ""]


@pytest.mark.parametrize("actor", ["judge", "plaintiff", "witness", "ghost"])
def test_nobody_but_the_clerk_changes_the_minutes(minutes: Minutes, actor: str) -> None:
    minutes.note(said("甲", 0))
    if actor != "ghost":
        minutes.room.arrive(actor)
    with pytest.raises(Refused, check=lambda e: e.code in {"no-right", "unknown-participant"}):
        minutes.do(cmd.EditLine(line="plaintiff@0", revision=0, text="乙"), actor=actor)


def test_minutes_can_be_mended_after_the_closing(minutes: Minutes) -> None:
    minutes.note(said("甲", 0))
    minutes.room.move(Move.CLOSE)
    minutes.do(cmd.EditLine(line="plaintiff@0", revision=0, text="乙"))
    assert minutes.texts() == ["乙"]


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\x07", "\u2028", "\ud800", "\ue000"])
def test_text_that_hides_or_reorders_is_refused_by_name(hidden: str) -> None:
    with refused("bad-text") as told:
        clean_text(f"同意{hidden}付款")
    assert f"U+{ord(hidden):04X}" in told.value.en


def test_text_is_kept_composed() -> None:
    assert clean_text(" e\u0301 ") == "\u00e9"


COMMANDS = st.lists(
    st.tuples(
        st.sampled_from(["edit", "assign", "split", "merge", "strike", "write"]),
        st.integers(0, 9),
        st.integers(0, 6),
        st.text(st.sampled_from("甲乙丙 "), max_size=5),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(COMMANDS)
def test_whatever_clerks_do_no_word_is_lost_and_replay_gives_the_same(
    steps: list[tuple[str, int, int, str]],
) -> None:
    minutes = Minutes()
    minutes.note(said("一二三", 0), said("四五", 1000, "defendant"), said("六七八九", 2000))
    for what, place, number, text in steps:
        lines = list(minutes.transcript)
        line = lines[place % len(lines)]
        following = minutes.transcript.following(line.id)
        command: cmd.LineCommand
        match what:
            case "edit":
                command = cmd.EditLine(line=line.id, revision=line.revision, text=text)
            case "assign":
                command = cmd.AssignLine(line=line.id, revision=line.revision, participant="judge")
            case "split":
                command = cmd.SplitLine(line=line.id, revision=line.revision, at=number)
            case "merge" if following is not None:
                command = cmd.MergeLines(
                    line=line.id, revision=line.revision, second=following.id, second_revision=following.revision
                )
            case "strike":
                command = cmd.StrikeLine(line=line.id, revision=line.revision, struck=number % 2 == 0)
            case _:
                command = cmd.WriteLine(text=text, from_ms=0)
        before = "".join(minutes.texts())
        try:
            minutes.do(command)
        except Refused:
            assert "".join(minutes.texts()) == before
        if isinstance(command, cmd.SplitLine | cmd.MergeLines | cmd.AssignLine):
            assert sorted("".join(minutes.texts())) == sorted(before)
    for line in minutes.transcript:
        assert "".join(word.text for word in line.words) == line.text
        assert [r.revision for r in line.revisions] == list(range(1, line.revision + 1))
    again = Transcript()
    for entry in minutes.room.entries:
        again.apply(entry)
        again.apply(entry)
    assert list(again) == list(minutes.transcript)
    for seq in range(minutes.room.hearing.last_seq + 1):
        changed = list(again.changed_after(seq))
        assert [line.seq for line in changed] == sorted(line.seq for line in again if line.seq > seq)
        assert {line.id for line in changed} == {line.id for line in again if line.seq > seq}


def test_a_clerk_sets_the_terms_that_are_listened_for(minutes: Minutes) -> None:
    minutes.do(cmd.SetGlossary(terms=("云庭科技", " 张建国 ", "云庭科技")))
    assert minutes.transcript.glossary == ("云庭科技", "张建国")
    seq = minutes.transcript.last_seq
    minutes.do(cmd.SetGlossary(terms=("云庭科技", "张建国")))
    assert minutes.transcript.last_seq == seq
    minutes.do(cmd.SetGlossary(terms=()))
    assert minutes.transcript.glossary == ()
    with refused("bad-text"):
        minutes.do(cmd.SetGlossary(terms=("张\u202e建国",)))
    with refused("no-right"):
        minutes.do(cmd.SetGlossary(terms=("张建国",)), actor="judge")
    minutes.room.do("judge", MoveSession(move=Move.CLOSE))
    with refused("not-open"):
        minutes.do(cmd.SetGlossary(terms=("张建国",)))


def test_a_word_tells_what_was_heard_until_somebody_writes_another(minutes: Minutes) -> None:
    heard = said("张建国", 0)
    words = (msgspec.structs.replace(heard.words[0], heard="章"), *heard.words[1:])
    minutes.note(msgspec.structs.replace(heard, words=words))
    minutes.do(cmd.EditLine(line="plaintiff@0", revision=0, text="张建国说"))
    assert minutes.line("plaintiff@0").words[0].heard == "章"
    minutes.do(cmd.EditLine(line="plaintiff@0", revision=1, text="章建国说"))
    assert all(not word.heard for word in minutes.line("plaintiff@0").words)


def test_words_of_logs_from_before_there_was_a_glossary_keep_their_hash() -> None:
    word = Word(text="张", from_ms=0, to_ms=1, confidence_permille=900)
    assert canonical(word) == '{"confidence_permille":900,"from_ms":0,"text":"张","to_ms":1}'.encode()
    assert msgspec.json.decode(canonical(word), type=Word) == word
