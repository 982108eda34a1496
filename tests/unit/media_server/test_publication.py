"""Keyframe requests: the first at once, coalesced, one a second, repeated until answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.incoming import KeyframeRequests

pytestmark = pytest.mark.unit

STEP_US = 20_000


def test_the_first_wish_is_asked_at_once_and_more_wishes_are_answered_by_one_keyframe() -> None:
    requests = KeyframeRequests()
    assert not requests.due(0)
    requests.want()
    assert requests.due(1)
    requests.want()
    assert not requests.due(100_000)
    requests.arrived()
    assert not requests.due(200_000)


def test_a_thousand_joins_within_a_second_cost_one_question() -> None:
    requests, asked = KeyframeRequests(), 0
    for millisecond in range(1000):
        requests.want()
        asked += requests.due(millisecond * 1000)
        if millisecond % 100 == 99:
            requests.arrived()
    assert asked == 1
    requests.want()
    assert requests.due(1_000_000)


def test_a_lost_question_is_asked_again() -> None:
    requests = KeyframeRequests()
    requests.want()
    asked = [now for now in range(0, 10_000_000, STEP_US) if requests.due(now)]
    assert asked[:3] == [0, 600_000, 1_200_000]
    assert len(asked) == 17


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=100, max_size=400))
def test_answered_questions_are_a_second_apart(happenings: list[tuple[bool, bool]]) -> None:
    requests = KeyframeRequests()
    answered = 0
    for index, (wish, keyframe) in enumerate(happenings):
        if wish:
            requests.want()
        if requests.due(index * STEP_US):
            requests.arrived()
            answered += 1
        if keyframe:
            requests.arrived()
    assert answered <= 1 + len(happenings) * STEP_US / 1_000_000
