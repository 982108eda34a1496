"""Presentation times of one track on the session clock: smooth, never backward, pulled to the best estimate."""

from __future__ import annotations

from collections.abc import Callable

from media_server.recording.clocks import TrackClock

SLEW = 0.05
"""Largest share of elapsed media time by which a correction moves: 5 % is not heard nor seen."""
FAR_MS = 100.0
FAR_SLEW = 0.25
"""An error beyond `FAR_MS` (a sender short of time at its start) is seen itself: made good five times faster."""
JUMP_MS = 1000.0
"""A larger error forward is a hole in the media, not an error of the estimate."""
FUTURE_MS = 1000.0
PAST_MS = 30_000.0


class Timeline:
    """Gives each frame of one track its time. Pure; `session_ms` maps server microseconds to session ms."""

    def __init__(self, clock: TrackClock, clock_rate_hz: int, session_ms: Callable[[float], float]) -> None:
        self._clock = clock
        self._tick_ms = 1000 / clock_rate_hz
        self._session_ms = session_ms
        self._last: tuple[int, float] | None = None
        self._first: tuple[int, float] | None = None
        self.drift_ms = 0.0
        """How far the publisher's media clock has run from the server's since the first frame; what was made good
        because the estimate had been far off is no drift."""

    def at(self, rtp: int, arrival_us: int) -> float:
        """Session ms of the frame with this unwrapped timestamp; at least that of the frame before.

        A time in the future of the arrival, or long before it, cannot be: then the timestamps have jumped and
        the estimate starts anew from this arrival.
        """
        target_ms = self._session_ms(self._clock.server_us(rtp))
        arrived_ms = self._session_ms(arrival_us)
        if not arrived_ms - PAST_MS <= target_ms <= arrived_ms + FUTURE_MS:
            self._clock.restart(rtp, arrival_us)
            self._first = self._last = None if self._last is None else (rtp, max(arrived_ms, self._last[1]))
            target_ms = arrived_ms
        if self._last is None or self._first is None:
            self._first = self._last = (rtp, target_ms)
            return target_ms
        last_rtp, last_ms = self._last
        elapsed_ms = (rtp - last_rtp) * self._tick_ms
        nominal_ms = last_ms + elapsed_ms
        error_ms = target_ms - nominal_ms
        far = abs(error_ms) > FAR_MS
        reach_ms = (FAR_SLEW if far else SLEW) * max(elapsed_ms, 0.0)
        if error_ms > JUMP_MS:
            pts_ms = target_ms
        else:
            pts_ms = max(nominal_ms + max(-reach_ms, min(reach_ms, error_ms)), last_ms)
        if pts_ms > arrived_ms + FUTURE_MS:
            pts_ms = max(target_ms, last_ms)
            self._first = (rtp, pts_ms)
        self._last = (rtp, pts_ms)
        if far:
            self._first = (rtp, target_ms)
        self.drift_ms = target_ms - self._first[1] - (rtp - self._first[0]) * self._tick_ms
        return pts_ms
