"""A plan that a group refused comes to the court with six conditions; a draw is nobody's to steer."""

from __future__ import annotations

import hashlib

import pytest

from hearing.errors import Refused
from tests.fakes.meeting_driver import Driver
from tests.unit.voting.test_ballots import close, opened
from voting import requests as rq
from voting.court import Path, checklist, path
from voting.draw import commitment_of, draw, pool_root
from voting.words import Choice, Group, Matter

pytestmark = pytest.mark.unit


def failed_plan() -> Driver:
    driver = opened(Matter.PLAN, None, Group.ORDINARY, Group.WAGE)
    for creditor, division, choice in (
        ("a", "ordinary", Choice.AGAINST),
        ("g", "ordinary", Choice.AGREE),
        ("a", "wage", Choice.AGREE),
        ("d", "wage", Choice.AGREE),
    ):
        driver.do(driver.ballot(creditor, choice, division=division))
    close(driver)
    return driver


def test_a_group_that_passed_meets_its_condition_and_the_others_are_the_judges() -> None:
    driver = failed_plan()
    assert path(driver.meeting, "m1") is Path.SECOND_VOTE
    assert [each.by_vote for each in checklist(driver.meeting, "m1")] == [True, True, False, True, False, False]
    assert checklist(driver.meeting, "m1")[2].failed == (Group.ORDINARY,)
    driver.do(rq.EnterCram(claimed=True, condition=3, evidence="ab" * 32, finding="不低于清算清偿率", motion="m1"))
    entered = checklist(driver.meeting, "m1")[2].entered
    assert entered is not None
    assert entered.claimed
    with pytest.raises(Refused, match="no-condition"):
        driver.do(rq.EnterCram(claimed=True, condition=7, evidence="", finding="无", motion="m1"))


def test_there_is_nothing_to_approve_of_another_matter() -> None:
    driver = opened()
    close(driver)
    with pytest.raises(Refused, match="no-cram-down"):
        checklist(driver.meeting, "m1")


def test_a_draw_is_what_secret_and_public_text_give_and_nothing_else() -> None:
    driver, secret, pool = opened(), hashlib.sha256(b"fixed").digest(), list("abcdg")
    commitment = commitment_of("sha256", secret)
    root = pool_root("sha256", pool)
    driver.do(rq.CommitDraw(commitment=commitment, count=3, draw="d1", pool=root, pool_size=5))
    with pytest.raises(Refused, match="wrong-secret"):
        driver.do(rq.RevealDraw(draw="d1", public="今日开奖", secret="00" * 32))
    (leaf,) = driver.do(rq.RevealDraw(draw="d1", public="今日开奖", secret=secret.hex()))
    assert leaf.chosen == draw("sha256", secret, "今日开奖", 3, 5)
    assert len(set(leaf.chosen)) == 3
    with pytest.raises(Refused, match="drawn"):
        driver.do(rq.RevealDraw(draw="d1", public="另一天", secret=secret.hex()))
