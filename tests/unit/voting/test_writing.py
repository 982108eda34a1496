"""The papers of a meeting say what its log says: every figure, whatever the meeting, and nothing early."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.writing.minutes_docx import write_docx
from records.writing.minutes_ofd import write_ofd
from tests.fakes.random_meetings import RandomMeeting, random_meeting
from voting.chronicle import Chronicle
from voting.leaves import AnyLeaf, Ballot, leaf_bytes
from voting.meeting import Meeting
from voting.roll import Roll
from voting.round import State
from voting.writing.facts import Facts, Laid, Said
from voting.writing.figures import moment, percent, yuan
from voting.writing.meeting_minutes import minutes_of
from voting.writing.papers import resolution, tally
from voting.writing.result_notice import NoticeWriter

pytestmark = pytest.mark.unit

FACTS = Facts(
    meeting="01CTMEETING",
    court="广州市中级人民法院",
    case_no="（2018）粤01破1号",
    title="第一次债权人会议",
    called_by="管理人",
    scheduled_utc_ms=1_533_700_800_000,
    name_of=lambda person: f"<{person}>",
    agenda=("关于财产变价方案",),
    documents=(Laid(title="财产状况报告", sha256="a" * 64, added_utc_ms=1_533_700_000_000, read=7),),
    questions=(Said(person="C1", utc_ms=1_533_700_900_000, text="抵押物如何评估？\u202e"),),
)


def replayed(played: RandomMeeting) -> Meeting:
    meeting = Meeting()
    for roll, entries in played.rolls.items():
        meeting.know(Roll(played.alg, roll, entries))
    for leaf in played.leaves:
        meeting.apply(leaf)
    return meeting


def read(leaves: Iterable[AnyLeaf], wanted: set[int] | None = None) -> Chronicle:
    chronicle = Chronicle(wanted or set())
    for leaf in leaves:
        chronicle.take(leaf_bytes(leaf))
    return chronicle


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_every_paper_of_any_meeting_has_the_results_figures(seed: int) -> None:
    played = random_meeting(seed)
    meeting = replayed(played)
    chronicle = read(played.leaves)
    last = next(reversed(meeting.rounds.values()), None)
    minutes = minutes_of(FACTS, meeting, chronicle, last.roll if last else None).text()
    assert "抵押物如何评估" in minutes
    assert "\u202e" not in minutes
    for round_ in meeting.rounds.values():
        if round_.result is None:
            with pytest.raises(ValueError, match="not counted"):
                resolution(FACTS, meeting, round_)
            continue
        decided, counts = resolution(FACTS, meeting, round_), tally(FACTS, meeting, round_)
        assert decided.draft == (round_.state is not State.ANNOUNCED)
        for division in round_.result.divisions:
            agreed = f"同意{division.agree.heads}人"
            missing = yuan(division.amount_missing_fen)
            for text in (decided.text(), counts.text()):
                assert agreed in text
                assert yuan(division.total.amount_fen) in text
                assert division.passed or not division.amount_missing_fen or f"同意金额尚差{missing}" in text
        assert ("未获通过" not in decided.text()) == round_.result.passed
    # What nobody was told yet is in no minutes.
    announced = [each.result for each in meeting.rounds.values() if each.state is State.ANNOUNCED]
    assert minutes.count("表决结果尚未宣布") == len(meeting.rounds) - len(announced)
    assert minutes.count("通过条件") == sum(len(result.divisions) for result in announced if result)


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_the_log_read_again_has_the_ballots_that_stand(seed: int) -> None:
    played = random_meeting(seed)
    meeting = replayed(played)
    stands = {
        unit.seq: unit.choice
        for round_ in meeting.rounds.values()
        for division in round_.divisions.values()
        for unit in division.units.values()
        if unit.choice is not None
    }
    chronicle = read(played.leaves, set(stands))
    assert {seq: ballot.choice for seq, ballot in chronicle.ballots.items()} == stands
    assert not [leaf for leaf in chronicle.acts if isinstance(leaf, Ballot)]
    assert chronicle.size == len(played.leaves)


def test_a_paper_is_the_same_bytes_each_time_and_names_no_hour_of_its_making() -> None:
    played = random_meeting(7)
    meeting = replayed(played)
    round_ = next(round_ for round_ in meeting.rounds.values() if round_.result is not None)
    paper = resolution(FACTS, meeting, round_)
    for write in (write_docx, write_ofd):
        data = write(paper)
        assert data == write(paper)
        with zipfile.ZipFile(BytesIO(data)) as bundle:
            assert {item.date_time[0] for item in bundle.infolist()} == {1980}


def test_a_share_is_never_rounded_up_to_a_threshold() -> None:
    assert percent(499_999, 1_000_000) == "49.99%"
    assert percent(1, 2) == "50.00%"
    assert percent(2, 3) == "66.66%"
    assert percent(1, 0) == "—"
    assert yuan(123_456_705) == "1,234,567.05元"
    assert moment(1_533_700_800_000) == "2018年8月8日12时00分"


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_a_notice_tells_each_creditor_their_own_vote_and_nobody_elses(seed: int) -> None:
    meeting = replayed(random_meeting(seed))
    for round_ in meeting.rounds.values():
        if round_.result is None:
            continue
        writer = NoticeWriter(FACTS, meeting, round_)
        told = writer.told()
        members = {key for each in round_.divisions.values() for key in each.units if not key.startswith("bloc:")}
        assert members <= set(told)
        for creditor in told:
            text = writer.of(creditor, f"名称{creditor}").text()
            assert f"名称{creditor}（编号{creditor}）" in text
            units = [each.units[creditor] for each in round_.divisions.values() if creditor in each.units]
            if creditor in round_.excluded:
                assert "回避" in text
                continue
            for unit in units:
                assert f"表决额{yuan(unit.amount_fen)}" in text
                assert unit.choice is None or f"表决日志第{unit.seq}项" in text
            cast = sum(unit.choice is not None for unit in units)
            assert text.count("您的表决为") == cast
            assert writer.of(creditor, f"名称{creditor}").sha256 == writer.of(creditor, f"名称{creditor}").sha256
