"""The breaker against a plain account of what it promises, over any sequence of events."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.breaker import Breaker

pytestmark = pytest.mark.unit


@given(st.lists(st.tuples(st.sampled_from(["ask-good", "ask-bad"]), st.integers(0, 1_500)), max_size=60))
def test_a_service_that_is_down_is_asked_once_a_rest(events: list[tuple[str, int]]) -> None:
    breaker, now, running, asked_while_down = Breaker(3, 1_000), 0, 0, []
    for event, later in events:
        now += later
        allowed = breaker.allows(now)
        if running < 3:
            assert allowed
        elif allowed:
            asked_while_down.append(now)
        if not allowed:
            continue
        if event == "ask-good":
            breaker.succeeded()
            running, asked_while_down = 0, []
        else:
            breaker.failed(now)
            running += 1
            if running == 3:
                asked_while_down = [now]
        assert breaker.is_open is (running >= 3)
    assert all(second - first >= 1_000 for first, second in pairwise(asked_while_down))


def test_one_caller_tries_while_the_others_wait() -> None:
    breaker = Breaker(1, 1_000)
    breaker.failed(0)
    assert [breaker.allows(1_000) for _ in range(3)] == [True, False, False]
    # Whoever tried was cancelled and never told: another may try a rest later.
    assert breaker.allows(2_000)


@pytest.mark.parametrize("wrong", [(0, 1), (1, 0)])
def test_limits_that_make_no_sense_are_refused(wrong: tuple[int, int]) -> None:
    with pytest.raises(ValueError):
        Breaker(*wrong)
