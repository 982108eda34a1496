"""The words of a creditors' meeting: groups, choices, channels, matters. Their values are those of the ballot log."""

from __future__ import annotations

import enum

MAX_FEN = 10**15
"""Largest amount of one entry: ten thousand billion yuan."""
MAX_ROLL_FEN = (1 << 53) - 1
"""Largest sum of a roll: the largest integer that every reader of JSON keeps exactly."""


class Group(enum.StrEnum):
    """债权分组 (企业破产法 82, 85)."""

    SECURED = "secured"
    WAGE = "wage"
    TAX = "tax"
    ORDINARY = "ordinary"
    SMALL = "small"
    EQUITY = "equity"


class Standing(enum.StrEnum):
    """Why an entry votes, or does not (企业破产法 59)."""

    CONFIRMED = "confirmed"
    PROVISIONAL = "provisional"
    """At least a part by an amount that the court fixed for the vote only (59(2))."""
    NONE = "none"


class Choice(enum.StrEnum):
    """What is on a ballot."""

    AGREE = "agree"
    AGAINST = "against"
    ABSTAIN = "abstain"
    INVALID = "invalid"
    """On paper only."""


class Channel(enum.StrEnum):
    """How a person, or a ballot, came."""

    ONLINE = "online"
    ONSITE = "onsite"
    PAPER = "paper"
    PHONE = "phone"


class Matter(enum.StrEnum):
    """What is voted on; what each needs to pass is in a rule set (`voting.rules`)."""

    ORDINARY = "ordinary"
    COMMITTEE = "committee"
    MANAGEMENT = "management"
    DISTRIBUTION = "distribution"
    COMPOSITION = "composition"
    PLAN = "plan"


class Silent(enum.StrEnum):
    """What is made of those who cast no ballot (docs/ballot-log.md, section 6)."""

    SIGNED_IN = "signed_in"
    VOTERS_ONLY = "voters_only"
    DEEMED_AGREE = "deemed_agree"
    DEEMED_ABSTAIN = "deemed_abstain"


class Secured(enum.StrEnum):
    """Whether unwaived security is taken out of amounts in ordinary matters; the statute's text takes it out."""

    EXCLUDE = "exclude"
    INCLUDE = "include"


class Ballots(enum.StrEnum):
    """Whether the first ballot of a unit stands, or the last before the closing."""

    FINAL = "final"
    LAST = "last"


class Base(enum.StrEnum):
    """The capital that two thirds are taken of in the investors' group (企业破产法 85 is silent)."""

    PRESENT = "present"
    TOTAL = "total"


class Next(enum.StrEnum):
    """What follows a result."""

    FINAL = "final"
    SECOND_ROUND = "second_round"
    COURT = "court"


ALL = "all"
"""The division of every matter but a plan."""


_GROUPS: dict[Group, tuple[str, str]] = {
    Group.SECURED: ("担保债权组", "Secured creditors"),
    Group.WAGE: ("职工债权组", "Employees"),
    Group.TAX: ("税款债权组", "Taxes"),
    Group.ORDINARY: ("普通债权组", "Ordinary creditors"),
    Group.SMALL: ("小额债权组", "Small creditors"),
    Group.EQUITY: ("出资人组", "Investors"),
}


def group_label(group: Group) -> tuple[str, str]:
    """Chinese and English name of the group."""
    return _GROUPS[group]


def bloc_unit(group: Group) -> str:
    """The id of the unit in which a whole group votes with one head."""
    return f"bloc:{group.value}"
