"""Watches seats: asks for a picture when a seat is due, looks at it in the worker pool, reports what has changed.

How the media side uses it, with a `media_server.sampler.Sampler` that gives pictures on demand:

    runner.add(seat, eye, ask=lambda: sampler.ask(participant), changed=report)
    async def look(picture): await runner.offer(seat, picture.rgb, picture.arrival_us // 1_000)

Nothing piles up: at most `at_once` looks run or wait for a worker. While they do, no further picture is asked for,
and one that comes nevertheless is skipped and asked for anew as soon as there is room: seats that began together
would otherwise be due together, and the same one skipped, again and again. `now_ms` must be the clock of the
pictures' arrival (CLOCK_MONOTONIC).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from hearing.errors import UserError
from hearing.tasks import TaskSet, log_fault
from identity.engine import Rgb
from identity.ports import SeatEye
from identity.watch import SeatWatch, WatchChange, WatchRules
from identity.watch_schedule import Pace, WatchSchedule

STEP_S = 0.1
"""Between two looks at the schedule."""
AT_ONCE = 2
"""So that people at the gate, whose challenge is timed, wait for two looks at most."""

_log = structlog.get_logger("identity")


@dataclass(slots=True, eq=False)
class _Seat:
    eye: SeatEye
    watch: SeatWatch
    ask: Callable[[], None]
    changed: Callable[[WatchChange], None]
    wanted: bool = False
    """Asked for and not yet looked at."""
    whole: bool = False
    looking: bool = False


class WatchRunner:
    """All watched seats of this server. Its counters only grow."""

    def __init__(
        self,
        pool: Executor,
        now_ms: Callable[[], int],
        pace: Pace | None = None,
        rules: WatchRules | None = None,
        at_once: int = AT_ONCE,
        step_s: float = STEP_S,
    ) -> None:
        self.looks = 0
        self.skipped = 0
        """Pictures that came while the pool was busy."""
        self.failed = 0
        """Looks that the engine could not do."""
        self.cpu_ms = 0.0
        """Of all looks, without decoding."""
        self._pool = pool
        self._now_ms = now_ms
        self._rules = rules or WatchRules()
        self._at_once = at_once
        self._step_s = step_s
        self._schedule = WatchSchedule(now_ms(), pace)
        self._seats: dict[str, _Seat] = {}
        self._looking = 0
        self._tasks = TaskSet()
        self._task: asyncio.Task[None] | None = None

    @property
    def seats(self) -> int:
        """Watched now."""
        return len(self._seats)

    @property
    def behind_ms(self) -> int:
        """How late the latest look is: above 0 for long, the budget does not suffice for all seats."""
        return self._schedule.behind_ms

    def add(self, seat: str, eye: SeatEye, ask: Callable[[], None], changed: Callable[[WatchChange], None]) -> None:
        """Watch this seat from now on, beginning anew where it was watched. `ask` wants a picture of it offered."""
        now_ms = self._now_ms()
        self.remove(seat)
        self._seats[seat] = _Seat(eye, SeatWatch(now_ms, self._rules), ask, changed)
        self._schedule.add(seat, now_ms)
        if self._task is None or self._task.done():
            self._task = self._tasks.spawn(self._run(), "watch seats")

    def remove(self, seat: str) -> None:
        """Watch it no more; of a look under way nothing is reported. Idempotent."""
        self._seats.pop(seat, None)
        self._schedule.remove(seat)

    async def offer(self, name: str, rgb: Rgb, time_ms: int) -> None:
        """A picture of a seat; looked at if it was asked for. Never raises for what is in it."""
        seat = self._seats.get(name)
        if seat is None or not seat.wanted or seat.looking:
            return
        if self._looking >= self._at_once:
            self.skipped += 1
            self._schedule.again(name)
            return
        whole, seat.wanted, seat.whole = seat.whole, False, False
        began_ms = seat.eye.cpu_ms
        seat.looking = True
        self._looking += 1
        try:
            sample = await asyncio.get_running_loop().run_in_executor(self._pool, seat.eye.look, rgb, time_ms, whole)
        except (UserError, ValueError) as problem:
            self.failed += 1
            _log.warning("identity.look_failed", problem=type(problem).__name__)
            return
        finally:
            seat.looking = False
            self._looking -= 1
            self.looks += 1
            spent_ms = seat.eye.cpu_ms - began_ms
            self.cpu_ms += spent_ms
            self._schedule.spent(spent_ms)
        if self._seats.get(name) is not seat:
            return
        change = seat.watch.observe(sample)
        if seat.watch.suspects:
            self._schedule.look_wholly(name, soon=seat.watch.pressing)
        if change is not None:
            seat.changed(change)

    async def close(self) -> None:
        """Watch nothing any more. Idempotent."""
        for seat in list(self._seats):
            self.remove(seat)
        await self._tasks.close()

    def step(self) -> None:
        """Ask for pictures that are due; called each `step_s` while seats are watched."""
        now_ms = self._now_ms()
        for look in self._schedule.due(now_ms, max(0, self._at_once - self._looking)):
            seat = self._seats[look.seat]
            seat.wanted, seat.whole = True, seat.whole or look.whole
            with _of_one(look.seat):
                seat.ask()
        for name, seat in list(self._seats.items()):
            change = seat.watch.tick(now_ms)
            if change is not None:
                with _of_one(name):
                    seat.changed(change)

    async def _run(self) -> None:
        while self._seats:
            self.step()
            await asyncio.sleep(self._step_s)


@contextmanager
def _of_one(seat: str) -> Iterator[None]:
    """What goes wrong with one seat must not end the watch of all."""
    try:
        yield
    except Exception as fault:
        log_fault("watching a seat failed", fault, seat=seat)
