"""Who is elected to the creditors' committee, and what is wrong with it (企业破产法 67).

One motion for each candidate. The law counts each by itself and does not say who stands back where more pass than
there are seats: that is for the meeting, so nobody is left out here. The court approves the members in writing.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from voting.leaves import Count
from voting.meeting import Meeting
from voting.words import Matter


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody proposed; `employee`: as the representative of the employees or their union."""

    person: str
    motion: str
    employee: bool = False


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    zh: str
    en: str


class Elected(msgspec.Struct, frozen=True, kw_only=True):
    """`members` by the amount that agreed, most first; complete and lawful where `problems` is empty."""

    members: tuple[Candidate, ...]
    agreed: dict[str, Count]
    """Heads and amount that agreed, by person."""
    problems: tuple[Problem, ...]


def elected(meeting: Meeting, candidates: Collection[Candidate]) -> Elected:
    """From the results of the candidates' motions as they stand."""
    agreed: dict[str, Count] = {}
    members: list[Candidate] = []
    problems: list[Problem] = []
    for candidate in candidates:
        round_ = meeting.latest(candidate.motion)
        if round_ is None or round_.result is None or round_.opened.matter is not Matter.COMMITTEE:
            problems.append(_not_counted(candidate))
            continue
        agreed[candidate.person] = round_.result.divisions[0].agree
        if round_.result.passed:
            members.append(candidate)
    members.sort(key=lambda each: (-agreed[each.person].amount_fen, -agreed[each.person].heads, each.person))
    problems.extend(_problems(meeting, members))
    return Elected(members=tuple(members), agreed=agreed, problems=tuple(problems))


def _problems(meeting: Meeting, members: Collection[Candidate]) -> list[Problem]:
    assert meeting.rules is not None
    most, employees = meeting.rules.committee_members, meeting.rules.committee_employees
    found: list[Problem] = []
    if len({each.person for each in members}) != len(members):
        found.append(Problem(code="twice", zh="同一人重复当选", en="somebody is elected twice"))
    if len(members) > most:
        zh, en = f"当选{len(members)}人，不得超过{most}人", f"{len(members)} are elected, {most} at most may be"
        found.append(Problem(code="too-many", zh=zh, en=en))
    of_employees = sum(each.employee for each in members)
    if of_employees != employees:
        zh = f"应有{employees}名职工代表或者工会代表，当选{of_employees}人"
        en = f"{employees} represents the employees or their union, {of_employees} are elected"
        found.append(Problem(code="employees", zh=zh, en=en))
    if of_employees == len(members):
        found.append(Problem(code="no-creditor", zh="没有债权人代表当选", en="no creditor is elected"))
    return found


def _not_counted(candidate: Candidate) -> Problem:
    return Problem(
        code="not-counted",
        zh=f"{candidate.person}的选任事项尚未计票",
        en=f"the motion on {candidate.person} was not counted, or is of another kind",
    )
