"""The life of a motion: draft, open, (extended), closed, tallied, announced, and perhaps once more in a second round.

Each function gives the leaves of one act or raises Refused; whoever calls has two different persons' consent where
`voting.decide` asks for it.
"""

from __future__ import annotations

from hearing.errors import Refused
from voting import requests as rq
from voting.checks import check_creditor_id, check_id, check_text
from voting.leaves import (
    Deemed,
    DeemedDivision,
    MotionClosed,
    MotionExtended,
    MotionOpened,
    Result,
    ResultAnnounced,
    Stamp,
)
from voting.meeting import Meeting
from voting.outcome import outcome
from voting.roll import Roll
from voting.round import Round, State
from voting.rules.model import Amounts, MatterRule
from voting.units import divisions_of
from voting.words import Ballots, Choice, Group, Next, Silent

MAX_UTC_MS = (1 << 53) - 1
_DEEMED = {Silent.DEEMED_AGREE: Choice.AGREE, Silent.DEEMED_ABSTAIN: Choice.ABSTAIN}


def open_motion(meeting: Meeting, act: rq.OpenMotion, by: tuple[str, str], stamp: Stamp) -> MotionOpened:
    """Raises Refused `already-open`, `no-second-round`, `other-matter`, `bad-groups`, `bad-options`, `no-roll`,
    `nobody-votes`, `bad-time`, `bad-text`, `bad-id`."""
    check_id("motion", act.motion)
    check_text("标题", "a title", act.title)
    _check_round(meeting, act)
    roll = meeting.rolls.get(act.roll)
    if roll is None:
        raise Refused("no-roll", "债权表尚未锁定", "this roll was not frozen")
    if not stamp.utc_ms < act.closes_utc_ms <= MAX_UTC_MS:
        raise Refused("bad-time", "截止时间须晚于现在", "a vote ends later than it begins")
    assert meeting.rules is not None
    rule = meeting.rules.matters[act.matter]
    _check_groups(meeting, rule, act)
    _check_options(rule, act, roll)
    _check_units(rule, act, roll)
    return MotionOpened(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        by=by,
        closes_utc_ms=act.closes_utc_ms,
        groups=act.groups,
        matter=act.matter,
        motion=act.motion,
        options=act.options,
        roll=act.roll,
        round=act.round,
        title=act.title,
    )


def extend_motion(meeting: Meeting, act: rq.ExtendMotion, by: tuple[str, str], stamp: Stamp) -> MotionExtended:
    """Raises Refused `not-open`, `bad-time`."""
    round_ = _round_in(meeting, act.motion, act.round, State.OPEN)
    if not max(round_.closes_utc_ms, stamp.utc_ms) < act.closes_utc_ms <= MAX_UTC_MS:
        raise Refused("bad-time", "只能延长表决时间", "a vote can only be made longer")
    return MotionExtended(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        by=by,
        closes_utc_ms=act.closes_utc_ms,
        motion=act.motion,
        round=act.round,
    )


def close_motion(meeting: Meeting, act: rq.CloseMotion, by: tuple[str, str], stamp: Stamp) -> MotionClosed:
    """Before the announced time only when nobody can vote any more, or the act says `early`.

    Raises Refused `not-open`, `too-early`.
    """
    round_ = _round_in(meeting, act.motion, act.round, State.OPEN)
    settled = round_.options.ballots is Ballots.FINAL and round_.everybody_voted()
    if stamp.utc_ms < round_.closes_utc_ms and not act.early and not settled:
        raise Refused(
            "too-early",
            "未到公布的截止时间，且仍有人未投票；确需提前截止请明确选择",
            "before the announced time, and somebody has not voted: say so if it is to close early",
        )
    return MotionClosed(
        meeting=stamp.meeting, seq=stamp.seq, utc_ms=stamp.utc_ms, by=by, motion=act.motion, round=act.round
    )


def count_round(meeting: Meeting, request: rq.CountRound, stamp: Stamp) -> tuple[Result] | tuple[Deemed, Result]:
    """The result, and before it what was deemed, where the options say so.

    Raises Refused `not-open`, `still-open`, `counted`, `announced`.
    """
    round_ = _round_in(meeting, request.motion, request.round, State.CLOSED)
    made = outcome(round_.rule, round_.options, request.round, round_.counts())
    choice = _DEEMED.get(round_.options.silent)
    place = stamp.seq if choice is None else stamp.seq + 1
    result = Result(
        meeting=stamp.meeting,
        seq=place,
        utc_ms=stamp.utc_ms,
        alternatives=made.alternatives,
        divisions=made.divisions,
        motion=request.motion,
        next=made.next,
        passed=made.passed,
        round=request.round,
    )
    if choice is None:
        return (result,)
    deemed = Deemed(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        choice=choice,
        court_ref=round_.options.court_ref,
        divisions=tuple(
            DeemedDivision(each.deemed.amount_fen, each.division, each.deemed.heads) for each in made.divisions
        ),
        motion=request.motion,
        resolution=round_.options.resolution,
        round=request.round,
    )
    return deemed, result


def announce_result(meeting: Meeting, act: rq.AnnounceResult, by: tuple[str, str], stamp: Stamp) -> ResultAnnounced:
    """Raises Refused `not-open`, `not-counted`, `announced`."""
    round_ = _round_in(meeting, act.motion, act.round, State.TALLIED)
    assert round_.result is not None
    return ResultAnnounced(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        by=by,
        motion=act.motion,
        result=round_.result.seq,
        round=act.round,
    )


_NOT_IN: dict[State, tuple[str, str, str]] = {
    State.OPEN: ("still-open", "表决尚未截止", "voting is still open"),
    State.CLOSED: ("not-counted", "尚未计票", "the round is closed and not counted yet"),
    State.TALLIED: ("counted", "该轮表决已计票", "the result of this round was made"),
    State.ANNOUNCED: ("announced", "结果已宣布", "the result was announced"),
}


def _round_in(meeting: Meeting, motion: str, number: int, wanted: State) -> Round:
    round_ = meeting.rounds.get((motion, number))
    if round_ is None or (wanted is State.OPEN and round_.state is not State.OPEN):
        raise Refused("not-open", "该事项不在表决中", "this is not open for voting")
    if round_.state is not wanted:
        raise Refused(*_NOT_IN[round_.state])
    return round_


def _check_round(meeting: Meeting, act: rq.OpenMotion) -> None:
    before = meeting.latest(act.motion)
    if act.round == 1:
        if before is not None:
            raise Refused("already-open", "该事项已表决过", "this motion was opened before")
        return
    if act.round != 2 or before is None or before.opened.round != 1 or before.result is None:
        raise Refused("no-second-round", "不能开始第二次表决", "there is no second vote now")
    if before.result.next is not Next.SECOND_ROUND:
        raise Refused("no-second-round", "该事项不再次表决", "this motion is not voted on again")
    if act.matter is not before.opened.matter:
        raise Refused("other-matter", "第二次表决须为同一事项", "the second vote is on the same matter")


def _check_groups(meeting: Meeting, rule: MatterRule, act: rq.OpenMotion) -> None:
    groups = act.groups
    if bool(groups) != rule.by_group:
        raise Refused("bad-groups", "只有分组表决的事项须选择组别", "groups are named where they vote apart")
    if list(groups) != sorted(set(groups)):
        raise Refused("bad-groups", "组别重复或未排序", "groups are named once, sorted")
    before = meeting.latest(act.motion)
    if act.round == 2 and rule.by_group and before is not None and before.result is not None:
        failed = tuple(Group(each.division) for each in before.result.divisions if not each.passed)
        if groups != failed:
            raise Refused(
                "bad-groups", "第二次表决限于未通过的组", "the second vote is of the groups that did not pass"
            )


def _check_options(rule: MatterRule, act: rq.OpenMotion, roll: Roll) -> None:
    options = act.options
    groups = [bloc.group for bloc in options.bloc]
    if groups != sorted(set(groups)):
        raise Refused("bad-options", "统一表决的组别重复或未排序", "blocs are named once, sorted by group")
    for bloc in options.bloc:
        check_creditor_id("representative", bloc.representative)
        votes = bloc.group in act.groups if rule.by_group else bloc.group not in rule.barred
        if not votes or not roll.voting[bloc.group]:
            raise Refused("bad-options", "统一表决的组不参加此项表决", "a bloc of a group that does not vote on this")
    deemed = options.silent in _DEEMED
    check_text("法院文号", "a court reference", options.court_ref, needed=deemed)
    check_text("此前决议", "a resolution", options.resolution, needed=deemed)
    if not deemed and (options.court_ref or options.resolution):
        raise Refused("bad-options", "仅在视为表决时填写法院文号和决议", "references are for deemed votes only")


def _check_units(rule: MatterRule, act: rq.OpenMotion, roll: Roll) -> None:
    for division in divisions_of(rule, act.groups):
        groups = [Group(division)] if rule.by_group else [each for each in Group if each not in rule.barred]
        held = roll.unsecured_fen if rule.amounts is Amounts.UNSECURED else roll.voting
        if not any(held[group] for group in groups):
            raise Refused("nobody-votes", "债权表中无人对此有表决权", "nobody in the roll has a vote on this")
