"""The life of a motion: every step out of its order is refused and leaves the log as it was."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from hearing.errors import Refused
from tests.fakes.meeting_driver import Driver
from tests.fakes.small_roll import ROLL
from voting import requests as rq
from voting.words import Choice, Matter

VOTERS = ("a", "c", "d", "g")


class MotionMachine(RuleBasedStateMachine):
    """A distribution plan: two rounds, the second only where the first failed."""

    def __init__(self) -> None:
        super().__init__()
        self.driver = Driver()
        self.driver.freeze(ROLL)
        self.states = {1: "draft", 2: "draft"}
        self.passed: dict[int, bool] = {}
        self.voted: set[tuple[int, str]] = set()

    def act(self, request: rq.AnyRequest, allowed: bool) -> None:
        size = self.driver.meeting.size
        if allowed:
            self.driver.do(request)
            return
        with pytest.raises(Refused):
            self.driver.do(request)
        assert self.driver.meeting.size == size

    def two(self, act: rq.Act, allowed: bool) -> None:
        self.act(rq.ByTwo(act=act, by=("chair", "chair")), False)
        self.act(rq.ByTwo(act=act, by=("chair", "administrator")), allowed)

    @rule(number=st.sampled_from((1, 2)))
    def open(self, number: int) -> None:
        allowed = self.states[number] == "draft" and (number == 1 or self.passed.get(1) is False)
        closes = self.driver.utc_ms + 60_000
        matter = Matter.DISTRIBUTION
        self.two(
            rq.OpenMotion(
                closes_utc_ms=closes, matter=matter, motion="m1", roll="roll-1", round=number, title="分配方案"
            ),
            allowed,
        )
        if allowed:
            self.states[number] = "open"

    @rule(number=st.sampled_from((1, 2)), voter=st.sampled_from(VOTERS), choice=st.sampled_from(tuple(Choice)[:3]))
    def vote(self, number: int, voter: str, choice: Choice) -> None:
        allowed = self.states[number] == "open" and (number, voter) not in self.voted
        self.act(self.driver.ballot(voter, choice, round_=number), allowed)
        if allowed:
            self.voted.add((number, voter))

    @rule(number=st.sampled_from((1, 2)))
    def close(self, number: int) -> None:
        allowed = self.states[number] == "open"
        self.two(rq.CloseMotion(early=True, motion="m1", round=number), allowed)
        if allowed:
            self.states[number] = "closed"

    @rule(number=st.sampled_from((1, 2)))
    def count(self, number: int) -> None:
        allowed = self.states[number] == "closed"
        self.act(rq.CountRound(motion="m1", round=number), allowed)
        if allowed:
            self.states[number] = "tallied"
            result = self.driver.meeting.rounds["m1", number].result
            assert result is not None
            self.passed[number] = result.passed

    @rule(number=st.sampled_from((1, 2)))
    def announce(self, number: int) -> None:
        allowed = self.states[number] == "tallied"
        self.two(rq.AnnounceResult(motion="m1", round=number), allowed)
        if allowed:
            self.states[number] = "announced"


MotionMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestMotionMachine = pytest.mark.unit(MotionMachine.TestCase)
