"""Session clock: milliseconds since the session opened, from a monotonic source, anchored to UTC.

The wall clock may be stepped (NTP, an operator, a dead battery): it is read only when an anchor is made and to
notice that it has moved. Before 开庭 the clock stands at 0. After a restart of the server the monotonic source
starts anew, so `resumed` bridges the gap by UTC and says how uncertain that is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sources:
    """Where time comes from: `monotonic_us` never goes back; `utc_ms` is the wall clock."""

    monotonic_us: Callable[[], int]
    utc_ms: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Anchor:
    """`session_ms` on the session clock was `utc_ms` of UTC, give or take `uncertainty_ms`."""

    session_ms: int
    utc_ms: int
    uncertainty_ms: int


class SessionClock:
    """One session's clock. Monotonic within a process and never before the last anchored moment."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._zero_us: int | None = None
        self._anchor = Anchor(0, 0, 0)

    @property
    def running(self) -> bool:
        """Whether the session has opened."""
        return self._zero_us is not None

    @property
    def anchor(self) -> Anchor:
        """The newest anchor; meaningless before the clock runs."""
        return self._anchor

    def start(self) -> Anchor:
        """Open the session now: the clock starts at 0. Idempotent: a running clock keeps its anchor."""
        if self._zero_us is None:
            before_us = self._sources.monotonic_us()
            utc_ms = self._sources.utc_ms()
            self._zero_us = self._sources.monotonic_us()
            self._anchor = Anchor(0, utc_ms, 1 + (self._zero_us - before_us) // 1000)
        return self._anchor

    def cancel_start(self) -> None:
        """Forget an opening that did not become durable: the clock stands at 0 again."""
        self._zero_us = None
        self._anchor = Anchor(0, 0, 0)

    def resume(self, last: Anchor, last_event_ms: int) -> Anchor:
        """Go on after a restart from the anchor and the last event in the log; returns the new anchor.

        The gap is measured by UTC. When UTC went back below the last event the clock goes on from that event
        and the uncertainty is the difference: nothing in the record may lie before what precedes it.
        """
        utc_ms = self._sources.utc_ms()
        by_utc_ms = last.session_ms + (utc_ms - last.utc_ms)
        session_ms = max(by_utc_ms, last_event_ms)
        self._zero_us = self._sources.monotonic_us() - session_ms * 1000
        self._anchor = Anchor(session_ms, utc_ms, last.uncertainty_ms + 1 + (session_ms - by_utc_ms))
        return self._anchor

    def now_ms(self) -> int:
        """Session time; 0 before opening."""
        if self._zero_us is None:
            return 0
        return (self._sources.monotonic_us() - self._zero_us) // 1000

    def at_us(self, monotonic_us: int) -> float:
        """Session time in ms of a moment on the server's monotonic clock. ValueError before opening."""
        if self._zero_us is None:
            raise ValueError("the session clock does not run yet")
        return (monotonic_us - self._zero_us) / 1000

    def utc_at(self, session_ms: int) -> int:
        """UTC ms of a session time, by the newest anchor: not moved when the wall clock is stepped."""
        return self._anchor.utc_ms + session_ms - self._anchor.session_ms

    def wall_step_ms(self) -> int:
        """How far the wall clock now stands from where the anchor says it should: a step or slow drift."""
        return self._sources.utc_ms() - self.utc_at(self.now_ms()) if self.running else 0

    def adopt(self, anchor: Anchor) -> None:
        """Tie the running clock to the wall clock anew after a step; session time itself does not move."""
        self._anchor = anchor
