"""What a rule set is made of. Data only: the arithmetic is `voting.tally` and `voting.outcome`."""

from __future__ import annotations

import enum

import msgspec

from voting.words import Group, Matter, Next


class Share(msgspec.Struct, frozen=True):
    """An exact fraction. Compared by cross-multiplication, never divided."""

    num: int
    den: int


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """What one division asks: both must be met."""

    heads: Share
    """Of the heads present; MORE than this (过半数)."""
    amount: Share
    """Of the division's amount; this or more (以上, 民法典 1259)."""
    of_option_base: bool = False
    """The amount's base is the meeting's option `equity_base`; otherwise all who may vote, present or not."""


class Amounts(enum.StrEnum):
    """Which part of a creditor's entries votes."""

    FULL = "full"
    """All of it: the group votes as a group."""
    UNSECURED = "unsecured"
    """What no unwaived security covers; who has nothing else does not vote (59(3))."""
    BY_OPTION = "by_option"
    """What no unwaived security covers, or all of it, by the meeting's option `secured`; each has a head."""


class MatterRule(msgspec.Struct, frozen=True, kw_only=True):
    """One row: who votes in which divisions, with what, and what follows a failure."""

    zh: str
    en: str
    articles: tuple[str, ...]
    """Of the statute, as one cites them."""
    by_group: bool
    """One division for each group that the motion names; otherwise one for all."""
    barred: frozenset[Group]
    """Groups without a vote."""
    amounts: Amounts
    threshold: Threshold
    special: dict[Group, Threshold]
    """Divisions with a threshold of their own."""
    after_failure: tuple[Next, ...]
    """By round: as many rounds as there are entries."""

    def threshold_of(self, division: str) -> Threshold:
        """What the division asks."""
        return self.special.get(Group(division), self.threshold) if self.by_group else self.threshold


class Deadline(enum.StrEnum):
    """A statutory clock."""

    NOTICE = "notice"
    RESULT_NOTICE = "result_notice"
    REVOCATION = "revocation"
    FIRST_MEETING = "first_meeting"
    PLAN_MEETING = "plan_meeting"
    PLAN_APPROVAL_REQUEST = "plan_approval_request"
    PLAN_RULING = "plan_ruling"
    REVIEW = "review"


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """So many days from (or before) an event."""

    days: int
    before: bool
    """The act must lie at least so many days before the event; otherwise at most so many after it."""
    article: str
    zh: str
    en: str


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One condition under which the court approves a plan that not all groups passed."""

    number: int
    groups: tuple[Group, ...]
    """The condition is met where each of these that voted has passed; empty: a vote does not meet it."""
    zh: str
    en: str


class RuleSet(msgspec.Struct, frozen=True, kw_only=True):
    """A statute with its interpretation, as of one day."""

    name: str
    zh: str
    matters: dict[Matter, MatterRule]
    clocks: dict[Deadline, Clock]
    cram_down: tuple[Condition, ...]
    committee_members: int
    """Most members of a creditors' committee."""
    committee_employees: int
    """Of them representatives of the employees or their union, exactly."""
    call_share: Share
    """Of all claims: who holds this may ask for a meeting."""
