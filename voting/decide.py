"""Requests in, leaves out: the rules of a creditors' meeting as one pure function.

`decide` reads no clock and changes nothing. The sequencer gives the next leaf's stamp, applies what it
gets at once and makes it durable before anybody is told. The leaves of one request have places one after the other
from the stamp's on, and its time.
"""

from __future__ import annotations

from hearing.errors import Refused
from voting import requests as rq
from voting.attendance import attend
from voting.ballots import Repeated, admit
from voting.checks import check_id, check_sha256, check_text
from voting.court import enter_cram
from voting.draw import commit_draw, reveal_draw
from voting.leaves import Anchored, AnyLeaf, MeetingClosed, MeetingCreated, RollFrozen, Stamp
from voting.mandates import give_mandate, revoke_mandate
from voting.meeting import Meeting
from voting.merkle import ALGORITHMS
from voting.motions import announce_result, close_motion, count_round, extend_motion, open_motion
from voting.papers import enter_paper
from voting.recusal import exclude
from voting.round import State
from voting.rules import rule_set

_ANCHORS = frozenset({"file", "rfc3161", "https"})

Leaves = tuple[AnyLeaf, ...]


def decide(meeting: Meeting, request: rq.AnyRequest, stamp: Stamp) -> Leaves | Repeated:
    """The leaves that carry out the request; none where it is already so. `voting.ballots.admit` is the
    shorter way for ballots.

    Raises Refused with the codes of each kind's function, and `no-meeting`, `created`, `meeting-closed`,
    `cross-meeting`, `two-persons`.
    """
    if isinstance(request, rq.CastBallot):
        admitted = admit(meeting, request, stamp)
        return admitted if isinstance(admitted, Repeated) else (admitted,)
    if isinstance(request, rq.CreateMeeting):
        return (_create(meeting, request, stamp),)
    if meeting.created is None:
        raise Refused("no-meeting", "会议尚未建立", "the meeting was not created yet")
    if stamp.meeting != meeting.meeting:
        raise Refused("cross-meeting", "不属于本次会议", "this is of another meeting")
    if meeting.closed and not isinstance(request, rq.EnterPaper):
        raise Refused("meeting-closed", "会议已结束", "the meeting was closed")
    return _carry_out(meeting, request, stamp)


def _carry_out(meeting: Meeting, request: rq.AnyRequest, stamp: Stamp) -> Leaves:
    match request:
        case rq.FreezeRoll():
            return (_freeze(meeting, request, stamp),)
        case rq.Attend():
            leaf = attend(meeting, request, stamp)
            return () if leaf is None else (leaf,)
        case rq.GiveMandate():
            return (give_mandate(meeting, request, stamp),)
        case rq.RevokeMandate():
            return (revoke_mandate(meeting, request, stamp),)
        case rq.Exclude():
            return (exclude(meeting, request, stamp),)
        case rq.EnterPaper():
            return enter_paper(meeting, request, stamp)
        case rq.CountRound():
            return count_round(meeting, request, stamp)
        case rq.EnterCram():
            return (enter_cram(meeting, request, stamp),)
        case rq.CommitDraw():
            return (commit_draw(meeting, request, stamp),)
        case rq.RevealDraw():
            return (reveal_draw(meeting, request, stamp),)
        case rq.RecordAnchor():
            return (_anchor(request, stamp),)
        case rq.ByTwo():
            return (_act(meeting, request.act, request.by, stamp),)
        case _:
            raise TypeError(f"no request: {type(request).__name__}")


def _act(meeting: Meeting, act: rq.Act, by: tuple[str, str], stamp: Stamp) -> AnyLeaf:
    for person in by:
        check_id("by", person)
    if by[0] == by[1]:
        raise Refused("two-persons", "须由两人分别确认", "this takes two different persons")
    match act:
        case rq.OpenMotion():
            return open_motion(meeting, act, by, stamp)
        case rq.ExtendMotion():
            return extend_motion(meeting, act, by, stamp)
        case rq.CloseMotion():
            return close_motion(meeting, act, by, stamp)
        case rq.AnnounceResult():
            return announce_result(meeting, act, by, stamp)
        case rq.CloseMeeting():
            return _close(meeting, by, stamp)


def _create(meeting: Meeting, request: rq.CreateMeeting, stamp: Stamp) -> MeetingCreated:
    if meeting.created is not None:
        raise Refused("created", "会议已建立", "the meeting was created before")
    if request.alg not in ALGORITHMS:
        raise Refused("bad-alg", "不支持的摘要算法", f"the hash is one of {', '.join(ALGORITHMS)}")
    rule_set(request.ruleset)
    check_text("案号", "a case number", request.case_no)
    check_text("标题", "a title", request.title)
    return MeetingCreated(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        alg=request.alg,
        case_no=request.case_no,
        ruleset=request.ruleset,
        title=request.title,
    )


def _freeze(meeting: Meeting, request: rq.FreezeRoll, stamp: Stamp) -> RollFrozen:
    roll = meeting.known_rolls.get(request.roll)
    if roll is None:
        raise Refused("no-roll", "没有此债权表", "there is no such roll")
    if request.roll in meeting.rolls:
        raise Refused("roll-frozen", "债权表已锁定", "the roll was frozen before")
    return RollFrozen(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        entries=len(roll.entries),
        roll=roll.roll,
        root=roll.root,
    )


def _anchor(request: rq.RecordAnchor, stamp: Stamp) -> Anchored:
    check_sha256("evidence", request.evidence)
    check_sha256("root", request.root)
    if request.anchor not in _ANCHORS or not 0 < request.size <= stamp.seq:
        raise Refused("bad-anchor", "存证信息不合规", "an anchor is of a head that there is")
    return Anchored(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        anchor=request.anchor,
        evidence=request.evidence,
        root=request.root,
        size=request.size,
    )


def _close(meeting: Meeting, by: tuple[str, str], stamp: Stamp) -> MeetingClosed:
    if any(round_.state in {State.OPEN, State.CLOSED} for round_ in meeting.rounds.values()):
        raise Refused("round-open", "尚有事项未完成计票", "a round is open or not counted yet")
    return MeetingClosed(meeting=stamp.meeting, seq=stamp.seq, utc_ms=stamp.utc_ms, by=by)
