"""Who is elected to the committee: each by a motion, nine at most, exactly one for the employees."""

from __future__ import annotations

import pytest

from tests.fakes.meeting_driver import Driver
from tests.fakes.small_roll import ROLL
from voting import requests as rq
from voting.committee import Candidate, elected
from voting.words import Choice, Matter

pytestmark = pytest.mark.unit

VOTERS = ("a", "b", "c", "d", "g")


def held(passed: dict[str, bool]) -> Driver:
    driver = Driver()
    driver.freeze(ROLL)
    for person, passes in passed.items():
        motion = f"for-{person}"
        driver.two(
            rq.OpenMotion(
                closes_utc_ms=driver.utc_ms + 60_000,
                matter=Matter.COMMITTEE,
                motion=motion,
                roll="roll-1",
                title=f"选任{person}",
            )
        )
        for voter in VOTERS:
            driver.do(driver.ballot(voter, Choice.AGREE if passes else Choice.AGAINST, motion=motion))
        driver.two(rq.CloseMotion(motion=motion, round=1))
        driver.do(rq.CountRound(motion=motion, round=1))
    return driver


def candidates(*people: str, employees: tuple[str, ...] = ("union",)) -> list[Candidate]:
    return [Candidate(person=each, motion=f"for-{each}", employee=each in employees) for each in people]


def test_who_passed_is_elected() -> None:
    driver = held({"a": True, "c": False, "union": True})
    found = elected(driver.meeting, candidates("a", "c", "union"))
    assert [each.person for each in found.members] == ["a", "union"]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("people", "employees", "codes"),
    [
        (("a", "b"), (), ["employees"]),
        (("a", "u1", "u2"), ("u1", "u2"), ["employees"]),
        (("union",), ("union",), ["no-creditor"]),
        (("union", *"abcdefgh"), ("union",), []),
        (("union", *"abcdefghi"), ("union",), ["too-many"]),
        (("a", "a", "union"), ("union",), ["twice"]),
        (("a", "union", "nobody"), ("union",), ["not-counted"]),
    ],
)
def test_what_is_wrong_is_said(people: tuple[str, ...], employees: tuple[str, ...], codes: list[str]) -> None:
    driver = held(dict.fromkeys((each for each in people if each != "nobody"), True))
    found = elected(driver.meeting, candidates(*people, employees=employees))
    assert [each.code for each in found.problems] == codes
