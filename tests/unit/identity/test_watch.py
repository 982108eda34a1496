"""The watch reports an empty chair, a second person and another person within a minute, and nothing else."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.identity_events import WatchChanged
from identity.watch import Sample, SeatWatch, WatchChange, WatchState
from identity.watch_schedule import Pace, WatchSchedule

pytestmark = pytest.mark.unit

MINUTE_MS = 60_000
GENUINE, IMPOSTOR = 7.0, -0.5


class Seat:
    """A seat looked at as the schedule says: around the face every 10 s, wholly every 20 s or on suspicion."""

    def __init__(self, phase_ms: int = 0) -> None:
        self.watch = SeatWatch(0)
        self.schedule = WatchSchedule(0)
        self.schedule.add("seat", phase_ms)
        self.now_ms = 0
        self.changes: list[WatchChange] = []

    def sees(self, faces: int, seconds: int, score: float | None = GENUINE, usable: bool = True) -> list[str]:
        """What is told within that time."""
        told = len(self.changes)
        for _ in range(seconds):
            self.now_ms += 1_000
            for look in self.schedule.due(self.now_ms):
                seen = faces if look.whole else min(faces, 1)
                change = self.watch.observe(
                    Sample(
                        self.now_ms, seen, look.whole or not faces, usable, score if seen == 1 and usable else None
                    )
                )
                self.changes += [change] if change else []
                if self.watch.suspects:
                    self.schedule.look_wholly(look.seat, soon=self.watch.pressing)
        return [change.state.value for change in self.changes[told:]]


PHASES = st.integers(0, 10_000)


@given(PHASES)
def test_an_empty_chair_is_reported_within_a_minute_and_who_comes_back_too(phase_ms: int) -> None:
    seat = Seat(phase_ms)
    assert seat.sees(1, 60) == ["present"]
    assert seat.sees(0, 60) == ["absent"]
    assert seat.sees(1, 60) == ["present"]


@given(PHASES)
def test_a_second_person_is_reported_within_a_minute(phase_ms: int) -> None:
    seat = Seat(phase_ms)
    seat.sees(1, 60)
    assert seat.sees(2, 60) == ["multiple"]
    assert seat.sees(1, 60) == ["present"]


@given(PHASES, st.integers(20, 60))
def test_a_second_person_who_once_looks_away_is_reported_within_a_minute_too(phase_ms: int, away_s: int) -> None:
    seat = Seat(phase_ms)
    seat.sees(1, 60)
    told = seat.sees(2, away_s)
    # No more than one look falls into five seconds.
    told += seat.sees(1, min(5, 60 - away_s)) + seat.sees(2, max(0, 55 - away_s))
    assert told == ["multiple"]


@given(PHASES, st.integers(1, 19), st.integers(30, 60))
def test_who_passes_is_not_reported_however_often(phase_ms: int, seconds: int, pause_s: int) -> None:
    seat = Seat(phase_ms)
    seat.sees(1, 60)
    for _ in range(10):
        assert seat.sees(2, seconds) == []
        assert seat.sees(1, pause_s) == []


@given(PHASES, st.floats(5, 40), st.floats(-5, 2.4))
def test_another_person_is_reported_within_a_minute(phase_ms: int, good: float, bad: float) -> None:
    seat = Seat(phase_ms)
    assert seat.sees(1, 600, good) == ["present"]
    assert seat.sees(1, 60, bad) == ["mismatch"]
    assert seat.sees(1, 60, good) == ["present"]


def test_another_person_just_below_the_limit_is_reported_within_a_minute() -> None:
    seat = Seat()
    seat.sees(1, 600, 5.0)
    assert seat.sees(1, 60, 2.375) == ["mismatch"]


def test_nobody_is_accused_by_a_look_that_shows_them() -> None:
    seat = Seat()
    seat.sees(1, 60)
    # Two looks at somebody behind while the person is hidden, then the person.
    assert seat.sees(1, 20, -2.5) + seat.sees(1, 100) == []


@given(st.integers(0, 1_000))
def test_two_hours_of_the_same_person_report_nothing(seed: int) -> None:
    """Scores of one sample in twenty below the limit, a look away now and then, darkness: none of it counts."""
    chance = random.Random(seed)
    seat = Seat()
    seat.sees(1, 10)
    told = []
    for _ in range(720):
        kind = chance.choices(["good", "low", "away", "dark"], [90, 3, 4, 3])[0]
        told += seat.sees(int(kind != "away"), 10, {"low": 1.5}.get(kind, chance.gauss(7, 1)), usable=kind != "dark")
    assert [state for state in told if state in {"mismatch", "multiple"}] == []


def test_a_glance_aside_is_no_absence() -> None:
    seat = Seat()
    seat.sees(1, 60)
    assert seat.sees(0, 20) == []
    assert seat.sees(1, 60) == []


def test_what_cannot_be_compared_is_unknown_and_never_a_mismatch() -> None:
    seat = Seat()
    seat.sees(1, 60)
    assert seat.sees(1, 120, usable=False) == ["unknown"]
    assert seat.sees(1, 60) == ["present"]


def test_without_a_template_presence_is_all_that_is_watched() -> None:
    seat = Seat()
    assert seat.sees(1, 60, None) == ["present"]
    assert seat.sees(0, 60, None) == ["absent"]


def test_no_picture_makes_a_seat_unknown_once() -> None:
    seat = Seat()
    seat.sees(1, 60)
    assert seat.watch.tick(seat.now_ms + 30_000) is None
    change = seat.watch.tick(seat.now_ms + 50_000)
    assert change is not None
    assert change.state is WatchState.UNKNOWN
    assert seat.watch.tick(seat.now_ms + 60_000) is None


def test_a_score_that_is_no_number_is_no_match() -> None:
    seat = Seat()
    assert "present" not in seat.sees(1, 120, float("nan"))


SAMPLES = st.builds(
    Sample,
    time_ms=st.integers(0, 200_000),
    faces=st.integers(0, 3),
    whole=st.booleans(),
    usable=st.booleans(),
    score=st.one_of(st.none(), st.floats(-5, 10)),
)


@given(st.lists(SAMPLES, max_size=60))
def test_any_samples_keep_the_rules(samples: list[Sample]) -> None:
    watch = SeatWatch(-1)
    for sample in samples:
        before = watch.state
        change = watch.observe(sample)
        assert (change is None) == (watch.state is before)
        if change is not None and change.state is WatchState.MISMATCH:
            assert change.score is not None
        if change is not None and change.state is WatchState.ABSENT:
            assert change.time_ms - change.since_ms >= 15_000
    WatchChanged(participant="p", state=watch.state.value)


# The schedule.


def looks(schedule: WatchSchedule, seconds: int, cost_ms: tuple[float, float] = (15, 60)) -> dict[str, list[int]]:
    """When each seat was looked at; whole pictures are negative."""
    seen: dict[str, list[int]] = {}
    for now_ms in range(0, seconds * 1_000, 100):
        for look in schedule.due(now_ms):
            seen.setdefault(look.seat, []).append(-now_ms if look.whole else now_ms)
            schedule.spent(cost_ms[look.whole])
    return seen


def test_every_seat_is_looked_at_in_ten_seconds_and_wholly_in_twenty() -> None:
    schedule = WatchSchedule(0)
    for number in range(20):
        schedule.add(f"seat-{number}", 0)
    for times in looks(schedule, 120).values():
        assert all(10_000 <= abs(b) - abs(a) <= 12_000 for a, b in itertools.pairwise(times))
        wholly = [-time for time in times if time <= 0]
        assert all(b - a <= 24_000 for a, b in itertools.pairwise(wholly))
    assert schedule.behind_ms < 2_000


def test_the_budget_holds_and_all_seats_wait_alike() -> None:
    schedule = WatchSchedule(0, Pace(budget=0.05))
    for number in range(60):
        schedule.add(f"seat-{number}", 0)
    seen = looks(schedule, 300)
    spent_ms = sum(60 if time <= 0 else 15 for times in seen.values() for time in times)
    assert spent_ms <= 300_000 * 0.05 + 560
    counts = [len(times) for times in seen.values()]
    assert len(counts) == 60
    assert max(counts) - min(counts) <= 1
    assert schedule.behind_ms > 5_000


def test_a_removed_seat_is_looked_at_no_more() -> None:
    schedule = WatchSchedule(0)
    schedule.add("a", 0)
    schedule.add("a", 0)
    assert [look.seat for look in schedule.due(0, at_most=5)] == ["a"]
    schedule.remove("a")
    schedule.remove("a")
    schedule.look_wholly("a")
    assert schedule.due(60_000) == []
