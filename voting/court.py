"""What comes to the court when a vote has failed: 65(1), 65(2), and approval of a plan against a group, 87(2)."""

from __future__ import annotations

import enum

import msgspec

from hearing.errors import Refused
from voting.checks import check_sha256, check_text
from voting.leaves import CramEntered, Stamp
from voting.meeting import Meeting
from voting.requests import EnterCram
from voting.round import State
from voting.rules import Condition, RuleSet
from voting.words import Group, Matter, Next


class Path(enum.StrEnum):
    """Where a motion stands with the court."""

    NONE = "none"
    """Passed, or failed with nothing to follow, or not counted yet."""
    SECOND_VOTE = "second_vote"
    """Once more, after talks (87(1)), or as 65(2) asks."""
    RULING_65_1 = "ruling_65_1"
    """债务人财产的管理方案、变价方案: the court rules."""
    RULING_65_2 = "ruling_65_2"
    """分配方案 after the second failure: the court rules; review asks for half of the unsecured claims (66)."""
    CRAM_DOWN = "cram_down"
    """A plan after the second failure: approval under 87(2) may be asked for, else follows bankruptcy (88)."""


_RULINGS = {
    Matter.MANAGEMENT: Path.RULING_65_1,
    Matter.DISTRIBUTION: Path.RULING_65_2,
    Matter.PLAN: Path.CRAM_DOWN,
}


def path(meeting: Meeting, motion: str) -> Path:
    """What the motion's latest result leads to."""
    round_ = meeting.latest(motion)
    if round_ is None or round_.result is None:
        return Path.NONE
    if round_.result.next is Next.SECOND_ROUND:
        return Path.SECOND_VOTE
    return _RULINGS[round_.opened.matter] if round_.result.next is Next.COURT else Path.NONE


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One condition of 87(2) as it stands."""

    condition: Condition
    failed: tuple[Group, ...]
    """Groups of this condition that voted and did not pass."""
    by_vote: bool
    """Met because each of its groups that voted has passed; the judge need not find it."""
    entered: CramEntered | None
    """What the judge entered last."""


def checklist(meeting: Meeting, motion: str) -> tuple[Checked, ...]:
    """The six conditions for a plan. Raises Refused `no-cram-down` where there is nothing to approve."""
    passed = _groups(meeting, motion)
    rules = meeting.rules
    assert rules is not None
    made = []
    for condition in rules.cram_down:
        failed = tuple(group for group in condition.groups if passed.get(group) is False)
        made.append(
            Checked(
                condition=condition,
                failed=failed,
                by_vote=bool(condition.groups) and not failed,
                entered=meeting.cram.get((motion, condition.number)),
            )
        )
    return tuple(made)


def enter_cram(meeting: Meeting, request: EnterCram, stamp: Stamp) -> CramEntered:
    """The judge's finding on one condition; a later one replaces it. Raises Refused `no-cram-down`,
    `no-condition`, `bad-text`, `bad-hash`."""
    _groups(meeting, request.motion)
    rules: RuleSet | None = meeting.rules
    assert rules is not None
    if request.condition not in {condition.number for condition in rules.cram_down}:
        raise Refused("no-condition", "没有此项条件", "there is no such condition")
    check_text("认定理由", "a finding", request.finding)
    if request.evidence:
        check_sha256("evidence", request.evidence)
    return CramEntered(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        claimed=request.claimed,
        condition=request.condition,
        evidence=request.evidence,
        finding=request.finding,
        motion=request.motion,
    )


def _groups(meeting: Meeting, motion: str) -> dict[Group, bool]:
    """Which groups passed, in their last vote. A group may refuse to vote again (87(2)): one failure is enough."""
    newest = meeting.latest(motion)
    refused = Refused("no-cram-down", "没有未通过的重整计划草案", "there is no plan that failed")
    if newest is None or newest.opened.matter is not Matter.PLAN:
        raise refused
    if newest.state not in {State.TALLIED, State.ANNOUNCED} or newest.result is None or newest.result.passed:
        raise refused
    passed: dict[Group, bool] = {}
    for number in (1, 2):
        round_ = meeting.rounds.get((motion, number))
        if round_ is not None and round_.result is not None:
            passed |= {Group(each.division): each.passed for each in round_.result.divisions}
    return passed
