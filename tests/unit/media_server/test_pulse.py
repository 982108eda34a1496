"""When the rooms' timers beat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from media_server.pulse import EARLY, LATE, Pulse

pytestmark = pytest.mark.unit

PAUSE_S = 0.1


class Clock(asyncio.SelectorEventLoop):
    """A loop whose time only `pass_s` moves; timers that are due then run."""

    def __init__(self) -> None:
        self._now_s = 0.0
        super().__init__()

    def time(self) -> float:
        return self._now_s

    def pass_s(self, seconds: float) -> None:
        self._now_s += seconds

        async def turn() -> None:
            for _ in range(3):
                await asyncio.sleep(0)

        self.run_until_complete(turn())


class Timers:
    """What the pulse beats: notes when, and how late."""

    def __init__(self, clock: Clock) -> None:
        self.beats: list[float] = []
        self.late_s: list[float] = []
        self.pause_s = PAUSE_S
        self.then: Callable[[], None] = lambda: None
        self._clock = clock

    def beat(self, late_s: float) -> float:
        self.beats.append(round(self._clock.time(), 3))
        self.late_s.append(round(late_s, 3))
        self.then()
        return self.pause_s


@pytest.fixture
def clock() -> Iterator[Clock]:
    made = Clock()
    yield made
    made.close()


@pytest.fixture
def timers(clock: Clock) -> Timers:
    return Timers(clock)


@pytest.fixture
def pulse(clock: Clock, timers: Timers) -> Pulse:
    made = Pulse(timers.beat, PAUSE_S)

    async def start() -> None:
        made.start()

    clock.run_until_complete(start())
    return made


def awake(clock: Clock, pulse: Pulse) -> None:
    async def wake() -> None:
        pulse.awake()

    clock.run_until_complete(wake())


def test_it_beats_by_itself_where_nobody_wakes(clock: Clock, timers: Timers, pulse: Pulse) -> None:
    for _ in range(24):
        clock.pass_s(0.01)
    assert timers.beats == [0.12, 0.24]
    assert max(timers.late_s) == 0


def test_a_wake_up_shortly_before_is_its_beat(clock: Clock, timers: Timers, pulse: Pulse) -> None:
    clock.pass_s(PAUSE_S * EARLY - 0.001)
    awake(clock, pulse)
    assert not timers.beats
    clock.pass_s(0.002)
    awake(clock, pulse)
    assert timers.beats == [0.081]
    clock.pass_s(PAUSE_S * LATE - 0.001)
    assert timers.beats == [0.081], "the former timer is off"
    clock.pass_s(0.002)
    assert len(timers.beats) == 2


def test_a_loop_that_was_held_up_says_by_how_much(clock: Clock, timers: Timers, pulse: Pulse) -> None:
    clock.pass_s(PAUSE_S * LATE + 0.4)
    assert timers.late_s == [0.4]


def test_whoever_wakes_it_a_loop_that_was_held_up_says_so(clock: Clock, timers: Timers, pulse: Pulse) -> None:
    async def held_up() -> None:
        clock._now_s += PAUSE_S * LATE + 0.4
        pulse.awake()

    clock.run_until_complete(held_up())
    assert timers.late_s == [0.4]


def test_the_beat_says_how_soon_the_next_one_is(clock: Clock, timers: Timers, pulse: Pulse) -> None:
    timers.pause_s = 0.02
    clock.pass_s(PAUSE_S * LATE)
    clock.pass_s(0.025)
    assert len(timers.beats) == 2


def test_a_fault_stops_nothing(clock: Clock, timers: Timers, pulse: Pulse) -> None:
    def fail() -> None:
        raise RuntimeError("a fault of ours")

    timers.then = fail
    clock.pass_s(PAUSE_S * LATE)
    clock.pass_s(PAUSE_S * LATE)
    assert len(timers.beats) == 2


def test_after_stop_there_is_no_beat(clock: Clock, timers: Timers, pulse: Pulse) -> None:
    timers.then = pulse.stop
    clock.pass_s(PAUSE_S * LATE)
    clock.pass_s(1)
    awake(clock, pulse)
    pulse.stop()
    assert len(timers.beats) == 1
