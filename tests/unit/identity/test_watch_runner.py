"""The watch asks for pictures in time, within its budget, queues nothing, and reports what the looks say together."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from identity.engine import EngineUnavailable, Rgb
from identity.watch import Sample, WatchChange, WatchRules, WatchState
from identity.watch_runner import AT_ONCE, WatchRunner
from identity.watch_schedule import Pace

pytestmark = [pytest.mark.unit, pytest.mark.timeout(30)]

RGB = np.zeros((48, 64, 3), np.uint8)
HASTY = WatchRules(absent_ms=50, multiple_ms=50, silent_ms=2_000)


def now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class Eye:
    """Sees what it is told to."""

    def __init__(self, faces: int = 1, score: float | None = 6.0, cost_ms: float = 0.0) -> None:
        self.faces, self.score, self.cost_ms = faces, score, cost_ms
        self.cpu_ms = 0.0
        self.begun = 0
        self.wholes: list[bool] = []
        self.free = threading.Event()
        self.free.set()
        self.problem: Exception | None = None

    def look(self, rgb: Rgb, time_ms: int, whole: bool) -> Sample:
        self.begun += 1
        self.free.wait(10)
        self.wholes.append(whole)
        self.cpu_ms += self.cost_ms
        if self.problem is not None:
            raise self.problem
        return Sample(time_ms, self.faces, whole, True, self.score if self.faces == 1 else None)


class Hall:
    """Seats whose cameras answer at once."""

    def __init__(self, runner: WatchRunner) -> None:
        self.runner = runner
        self.asked: dict[str, int] = {}
        self.changes: list[tuple[str, WatchState]] = []
        self.running: set[asyncio.Task[None]] = set()

    def sit(self, seat: str, eye: Eye, answers: bool = True) -> None:
        def ask() -> None:
            self.asked[seat] = self.asked.get(seat, 0) + 1
            if answers:
                task = asyncio.create_task(self.runner.offer(seat, RGB, now_ms()))
                self.running.add(task)
                task.add_done_callback(self.running.discard)

        def changed(change: WatchChange) -> None:
            self.changes.append((seat, change.state))

        self.runner.add(seat, eye, ask, changed)

    def last(self, seat: str) -> WatchState | None:
        return next((state for name, state in reversed(self.changes) if name == seat), None)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


@pytest.fixture
async def hall(pool: ThreadPoolExecutor) -> AsyncIterator[Hall]:
    runner = WatchRunner(pool, now_ms, Pace(every_ms=20, whole_ms=600, budget=4.0), HASTY)
    yield Hall(runner)
    await runner.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def test_each_seat_is_reported_for_itself(hall: Hall) -> None:
    alone, nobody, two, other = Eye(), Eye(faces=0), Eye(faces=2), Eye(score=0.5)
    for name, eye in (("a", alone), ("b", nobody), ("c", two), ("d", other)):
        hall.sit(name, eye)
    await until(lambda: len(hall.changes) == 4)
    assert dict(hall.changes) == {
        "a": WatchState.PRESENT,
        "b": WatchState.ABSENT,
        "c": WatchState.MULTIPLE,
        "d": WatchState.MISMATCH,
    }
    # Somebody comes back, and another one is swapped.
    nobody.faces, alone.score = 1, -1.0
    await until(lambda: (hall.last("a"), hall.last("b")) == (WatchState.MISMATCH, WatchState.PRESENT))


async def test_a_seat_that_gives_cause_for_doubt_is_looked_at_wholly_next(hall: Hall) -> None:
    eye = Eye()
    hall.sit("a", eye)
    await until(lambda: len(eye.wholes) >= 12)
    # One of three looks or fewer, and the first.
    assert eye.wholes[0]
    assert not all(eye.wholes)
    eye.faces = 0
    seen = len(eye.wholes)
    await until(lambda: len(eye.wholes) >= seen + 8)
    assert all(eye.wholes[seen + 1 : seen + 6])


async def test_a_seat_that_cannot_be_asked_or_reported_leaves_the_others_watched(hall: Hall) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("its room is gone")

    hall.runner.add("a", Eye(), broken, broken)
    hall.sit("b", Eye(faces=0))
    await until(lambda: hall.last("b") is WatchState.ABSENT)
    # Later too: of a seat that is silent only the clock tells.
    hall.sit("c", Eye(), answers=False)
    await until(lambda: hall.asked.get("c", 0) >= 2)
    assert hall.runner.seats == 3


async def test_a_camera_that_gives_nothing_is_unknown_and_not_absent(hall: Hall) -> None:
    eye = Eye()
    hall.sit("a", eye)
    await until(lambda: hall.last("a") is WatchState.PRESENT)
    hall.sit("a", eye, answers=False)
    assert hall.runner.seats == 1
    hall.sit("b", Eye())
    await until(lambda: hall.last("b") is WatchState.PRESENT)
    assert [state for seat, state in hall.changes if seat == "a"] == [WatchState.PRESENT]


async def test_who_is_not_watched_any_more_is_neither_asked_nor_reported(hall: Hall) -> None:
    eye = Eye(faces=0)
    eye.free.clear()
    hall.sit("a", eye)
    await until(lambda: "a" in hall.asked)
    hall.runner.remove("a")
    eye.free.set()
    await until(lambda: not hall.running)
    asked = hall.asked["a"]
    hall.sit("b", Eye())
    await until(lambda: hall.asked.get("b", 0) > 3)
    assert hall.asked["a"] == asked
    assert hall.last("a") is None


async def test_while_the_pool_is_busy_nothing_is_queued_and_what_comes_is_skipped(pool: ThreadPoolExecutor) -> None:
    ahead_ms = 0
    runner = WatchRunner(pool, lambda: now_ms() + ahead_ms, Pace(every_ms=20, whole_ms=60, budget=4.0), HASTY)
    hall = Hall(runner)
    busy = [Eye() for _ in range(AT_ONCE)]
    late = Eye()
    for eye in busy:
        eye.free.clear()
    hall.sit("late", late, answers=False)
    await until(lambda: hall.asked.get("late", 0) >= 1)
    for number, eye in enumerate(busy):
        hall.sit(f"busy{number}", eye)
    await until(lambda: all(eye.begun for eye in busy))
    asked = dict(hall.asked)
    for _ in range(5):
        await runner.offer("late", RGB, now_ms())
    assert (runner.skipped, late.wholes) == (5, [])
    # All seats are overdue.
    ahead_ms = 1_000
    runner.step()
    assert hall.asked == asked
    ahead_ms = 0
    for eye in busy:
        eye.free.set()
    hall.sit("late", late)
    await until(lambda: hall.last("late") is WatchState.PRESENT)
    await runner.close()


async def test_a_seat_whose_picture_was_skipped_does_not_wait_for_its_next_turn(pool: ThreadPoolExecutor) -> None:
    runner = WatchRunner(pool, now_ms, Pace(every_ms=3_600_000, whole_ms=3_600_000, budget=4.0), HASTY)
    hall = Hall(runner)
    busy = [Eye() for _ in range(AT_ONCE)]
    late = Eye()
    hall.sit("late", late, answers=False)
    await until(lambda: hall.asked.get("late", 0) == 1)
    for number, eye in enumerate(busy):
        eye.free.clear()
        hall.sit(f"busy{number}", eye)
    await until(lambda: all(eye.begun for eye in busy))
    await runner.offer("late", RGB, now_ms())
    assert runner.skipped == 1
    for eye in busy:
        eye.free.set()
    await until(lambda: hall.asked["late"] == 2)
    await runner.offer("late", RGB, now_ms())
    # It was the whole picture's turn when it was skipped.
    assert late.wholes == [True]
    await runner.close()


async def test_beyond_the_budget_seats_are_looked_at_less_often(pool: ThreadPoolExecutor) -> None:
    pace = Pace(every_ms=20, whole_ms=60, budget=0.2, burst_ms=50.0)
    began_ms = now_ms()
    runner = WatchRunner(pool, now_ms, pace, HASTY)
    hall = Hall(runner)
    for number in range(4):
        hall.sit(str(number), Eye(cost_ms=50.0))
    await until(lambda: runner.looks >= 6)
    # Every seat was looked at, none twice before the others.
    assert all(hall.asked[str(number)] in {1, 2, 3} for number in range(4))
    assert runner.cpu_ms <= pace.burst_ms + pace.budget * (now_ms() - began_ms) + AT_ONCE * 50.0
    assert runner.behind_ms > 0
    await runner.close()


async def test_an_engine_that_fails_says_nothing_about_the_seat(hall: Hall) -> None:
    eye = Eye()
    eye.problem = EngineUnavailable("gone")
    hall.sit("a", eye)
    await until(lambda: hall.runner.failed >= 4)
    assert hall.changes == []
    eye.problem = None
    await until(lambda: hall.last("a") is WatchState.PRESENT)
