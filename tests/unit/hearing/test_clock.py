"""The session clock against wall clocks that lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.clock import Anchor, SessionClock
from tests.fakes.hearings import FakeTime

pytestmark = pytest.mark.unit
HOUR_MS = 3_600_000


def test_stands_at_zero_until_it_starts() -> None:
    time = FakeTime()
    clock = SessionClock(time.sources())
    time.pass_ms(500)
    assert (clock.running, clock.now_ms(), clock.wall_step_ms()) == (False, 0, 0)
    with pytest.raises(ValueError, match="does not run"):
        clock.at_us(time.monotonic_us)


def test_starting_twice_keeps_the_first_anchor() -> None:
    time = FakeTime()
    clock = SessionClock(time.sources())
    first = clock.start()
    time.pass_ms(1234)
    assert clock.start() is first
    assert clock.now_ms() == 1234
    assert clock.utc_at(1234) == time.utc_ms
    assert clock.at_us(time.monotonic_us + 500) == 1234.5


@pytest.mark.parametrize("step_ms", [HOUR_MS, -HOUR_MS])
def test_a_stepped_wall_clock_moves_neither_session_time_nor_its_utc(step_ms: int) -> None:
    time = FakeTime()
    clock = SessionClock(time.sources())
    opened_utc_ms = clock.start().utc_ms
    time.pass_ms(10_000)
    time.step_wall_ms(step_ms)
    assert clock.now_ms() == 10_000
    assert clock.utc_at(clock.now_ms()) == opened_utc_ms + 10_000
    assert clock.wall_step_ms() == step_ms
    clock.adopt(Anchor(10_000, time.utc_ms, abs(step_ms)))
    assert (clock.now_ms(), clock.wall_step_ms()) == (10_000, 0)


def test_goes_on_by_utc_after_a_restart() -> None:
    time = FakeTime()
    old = SessionClock(time.sources())
    anchor = old.start()
    time.pass_ms(60_000)
    time.restart_process(down_ms=5_000)
    clock = SessionClock(time.sources())
    resumed = clock.resume(anchor, last_event_ms=59_000)
    assert (clock.now_ms(), resumed.session_ms) == (65_000, 65_000)
    assert resumed.uncertainty_ms > anchor.uncertainty_ms
    time.pass_ms(1_000)
    assert clock.now_ms() == 66_000
    assert clock.utc_at(66_000) == time.utc_ms


def test_never_before_the_last_event_when_utc_went_back_over_a_restart() -> None:
    time = FakeTime()
    anchor = SessionClock(time.sources()).start()
    time.pass_ms(60_000)
    time.restart_process(down_ms=-HOUR_MS)
    clock = SessionClock(time.sources())
    resumed = clock.resume(anchor, last_event_ms=60_000)
    assert clock.now_ms() == 60_000
    assert resumed.uncertainty_ms >= HOUR_MS


def test_an_opening_that_was_not_durable_is_forgotten() -> None:
    time = FakeTime()
    clock = SessionClock(time.sources())
    clock.start()
    clock.cancel_start()
    time.pass_ms(100)
    assert (clock.running, clock.now_ms()) == (False, 0)
    clock.start()
    assert clock.now_ms() == 0


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("pass"), st.integers(0, 10**7)),
            st.tuples(st.just("step"), st.integers(-(10**9), 10**9)),
            st.tuples(st.just("restart"), st.integers(-(10**9), 10**9)),
        ),
        max_size=30,
    )
)
def test_never_goes_back_whatever_happens(happenings: list[tuple[str, int]]) -> None:
    time = FakeTime(utc_ms=10**12)
    clock = SessionClock(time.sources())
    clock.start()
    before_ms = 0
    for what, ms in happenings:
        if what == "pass":
            time.pass_ms(ms)
        elif what == "step":
            time.step_wall_ms(ms)
        else:
            time.restart_process(ms)
            anchor, clock = clock.anchor, SessionClock(time.sources())
            clock.resume(anchor, before_ms)
        assert clock.now_ms() >= before_ms
        before_ms = clock.now_ms()
