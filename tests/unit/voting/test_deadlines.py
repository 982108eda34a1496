"""The statutory clocks: days of Beijing time, the first not counted, the last to its end."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.fakes.meeting_driver import Driver
from tests.fakes.small_roll import ROLL
from voting import requests as rq
from voting.deadlines import BEIJING, due, notice_is_short, of_motion
from voting.rules import Deadline, rule_set
from voting.words import Matter

pytestmark = pytest.mark.unit

RULES = rule_set("EBL2006+JI3")


def ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=BEIJING).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("deadline", "last"),
    [
        (Deadline.RESULT_NOTICE, date(2018, 8, 11)),
        (Deadline.REVOCATION, date(2018, 8, 23)),
        (Deadline.PLAN_MEETING, date(2018, 9, 7)),
        (Deadline.FIRST_MEETING, date(2018, 8, 23)),
    ],
)
def test_the_day_of_the_event_is_not_counted_and_the_last_is_whole(deadline: Deadline, last: date) -> None:
    for event in (ms(2018, 8, 8, 0, 0), ms(2018, 8, 8, 23, 59)):
        found = due(RULES, deadline, event)
        assert found.last_day == last
        assert not found.missed(ms(last.year, last.month, last.day, 23, 59))
        assert found.missed(ms(last.year, last.month, last.day + 1))


def test_a_period_that_ends_on_a_day_of_rest_ends_with_the_next_that_is_none() -> None:
    weekend = due(RULES, Deadline.RESULT_NOTICE, ms(2018, 8, 8, 10), lambda day: day.weekday() >= 5)
    assert weekend.last_day == date(2018, 8, 13)


def test_fifteen_days_of_notice() -> None:
    meeting = ms(2018, 8, 23, 9)
    assert not notice_is_short(RULES, ms(2018, 8, 8, 23), meeting)
    assert notice_is_short(RULES, ms(2018, 8, 9), meeting)


def test_what_runs_after_a_motion() -> None:
    driver = Driver()
    driver.freeze(ROLL)
    assert of_motion(driver.meeting, "m1") == ()
    driver.two(
        rq.OpenMotion(
            closes_utc_ms=driver.utc_ms + 60_000, matter=Matter.ORDINARY, motion="m1", roll="roll-1", title="一"
        )
    )
    for creditor in ("a", "b", "c", "d", "g"):
        driver.do(driver.ballot(creditor))
    assert of_motion(driver.meeting, "m1") == ()
    driver.two(rq.CloseMotion(motion="m1", round=1))
    assert [each.deadline for each in of_motion(driver.meeting, "m1")] == [Deadline.RESULT_NOTICE]
    driver.do(rq.CountRound(motion="m1", round=1))
    driver.two(rq.AnnounceResult(motion="m1", round=1))
    assert [each.deadline for each in of_motion(driver.meeting, "m1")] == [
        Deadline.RESULT_NOTICE,
        Deadline.REVOCATION,
    ]
