"""Keyframe requests: the first at once, coalesced, one a second in the long run, repeated until answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.publication import KeyframeRequests

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


def test_who_joins_just_after_another_waits_less_than_half_a_second() -> None:
    requests = KeyframeRequests()
    requests.want()
    assert requests.due(0)
    requests.arrived()
    requests.want()
    assert not requests.due(300_000)
    assert requests.due(400_000)


def test_a_lost_question_is_asked_again() -> None:
    requests = KeyframeRequests()
    requests.want()
    asked = [now for now in range(0, 10_000_000, STEP_US) if requests.due(now)]
    assert asked[:3] == [0, 600_000, 1_200_000]
    assert 10 <= len(asked) <= 13


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=500, max_size=1500))
def test_never_more_than_one_a_second_after_the_burst(happenings: list[tuple[bool, bool]]) -> None:
    requests, asked = KeyframeRequests(), 0
    for index, (wish, keyframe) in enumerate(happenings):
        if wish:
            requests.want()
        if keyframe:
            requests.arrived()
        asked += requests.due(index * STEP_US)
    assert asked <= requests.BURST + len(happenings) * STEP_US / 1_000_000
