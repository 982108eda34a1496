"""Which seat is looked at next, and how closely, within a budget of CPU time. Pure; times are handed in.

Looking around the last place of a face costs 15 ms of CPU, looking through a whole picture of 640x480 50 to 70 ms, so
a seat is looked at every 10 s and wholly every 20 s, twice as often while a doubt presses: 4 ms a second. When the
budget does not suffice for all seats, who has waited longest is looked at first and every seat is looked at less
often; `behind_ms` says by how much.
"""

from __future__ import annotations

import msgspec


class Pace(msgspec.Struct, frozen=True):
    """How often. `budget` is CPU seconds a second for all seats together."""

    every_ms: int = 10_000
    whole_ms: int = 20_000
    budget: float = 0.35
    burst_ms: float = 500.0
    """CPU time that may be spent at once after a quiet while."""


class Look(msgspec.Struct, frozen=True):
    """Look at this seat now."""

    seat: str
    whole: bool


class _Seat(msgspec.Struct):
    handed_out_ms: int
    due_ms: int
    whole_due_ms: int


class WatchSchedule:
    """All watched seats. `due` hands out looks, `spent` takes what they cost."""

    def __init__(self, now_ms: int, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.behind_ms = 0
        """How late the look was that is latest now: 0 while the budget suffices."""
        self._seats: dict[str, _Seat] = {}
        self._saved_ms = self.pace.burst_ms
        self._counted_ms = now_ms

    def add(self, seat: str, now_ms: int) -> None:
        """Watch a seat from now on. Idempotent."""
        self._seats.setdefault(seat, _Seat(now_ms, now_ms, now_ms))

    def remove(self, seat: str) -> None:
        """Watch it no more. Idempotent."""
        self._seats.pop(seat, None)

    def due(self, now_ms: int, at_most: int = 1) -> list[Look]:
        """What to look at now, longest waiting first; nothing while the budget is spent. A look that is handed out is
        not handed out again before its time, also when no picture was there."""
        earned_ms = (now_ms - self._counted_ms) * self.pace.budget
        self._saved_ms = min(self._saved_ms + max(0.0, earned_ms), self.pace.burst_ms)
        self._counted_ms = max(now_ms, self._counted_ms)
        waiting = sorted(
            ((seat.due_ms, name) for name, seat in self._seats.items() if seat.due_ms <= now_ms),
        )
        self.behind_ms = now_ms - waiting[0][0] if waiting else 0
        if self._saved_ms <= 0:
            return []
        return [self._hand_out(name, now_ms) for _, name in waiting[:at_most]]

    def look_wholly(self, name: str, soon: bool = False) -> None:
        """The next look at this seat takes the whole picture: the face was not where it had been, or somebody else
        may be there (`SeatWatch.suspects`). `soon`: after half the usual pause. Unknown seats are ignored."""
        seat = self._seats.get(name)
        if seat is None:
            return
        seat.whole_due_ms = 0
        if soon:
            seat.due_ms = min(seat.due_ms, seat.handed_out_ms + self.pace.every_ms // 2)

    def again(self, name: str) -> None:
        """This seat's picture could not be looked at: it is due at once. Unknown seats are ignored."""
        seat = self._seats.get(name)
        if seat is not None:
            seat.due_ms = seat.handed_out_ms

    def spent(self, cpu_ms: float) -> None:
        """What looks cost; may overdraw the budget, which is then waited for."""
        self._saved_ms -= cpu_ms

    def _hand_out(self, name: str, now_ms: int) -> Look:
        seat = self._seats[name]
        whole = seat.whole_due_ms <= now_ms
        seat.handed_out_ms, seat.due_ms = now_ms, now_ms + self.pace.every_ms
        if whole:
            seat.whole_due_ms = now_ms + self.pace.whole_ms
        return Look(name, whole)
