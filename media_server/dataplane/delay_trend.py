"""Does the queue on the way to a peer grow? The delay part of Google congestion control.

Packets sent within 5 ms are one group; the change of one-way delay from group to group is summed, smoothed, and a
line is fitted through the last 20 sums. Its slope against a threshold that follows the path's own jitter says
whether we send too much. Sources: draft-ietf-rmcat-gcc-02 (groups, adaptive threshold); Carlucci et al., "Analysis
and design of the Google congestion control for web real-time communication", MMSys 2016; the line fit in place of
the draft's Kalman filter is what libwebrtc does.

Pure. Doubles, and sums from left to right, so that the compiled twin gets the same bits.
"""

from __future__ import annotations

NORMAL, OVERUSE, UNDERUSE = 0, 1, 2

_GROUP_US = 5_000
_BURST_US = 100_000
_WINDOW_GROUPS = 20
_SMOOTHING = 0.9
_GAIN = 4.0
_MAX_DELTAS = 60
_ANOMALY_US = 3_000_000
_MAX_REORDERED = 3
_THRESHOLD_MS, _LEAST_THRESHOLD_MS, _MOST_THRESHOLD_MS = 12.5, 6.0, 600.0
_THRESHOLD_UP, _THRESHOLD_DOWN = 0.0087, 0.039
_SPIKE_MS = 15.0
_MAX_STEP_MS = 100.0
_OVERUSE_MS = 10.0


class DelayTrend:
    """The state of one path. Give it packets that arrived, in order of sending; read `usage`."""

    __slots__ = (
        "_accumulated_ms", "_arrivals_ms", "_deltas", "_first_arrival_us", "_group", "_last_update_us", "_over_count",
        "_over_ms", "_previous", "_reordered", "_smoothed", "_smoothed_ms", "_threshold_ms", "_trend", "usage",
    )  # fmt: skip

    def __init__(self) -> None:
        self.usage = NORMAL
        # first sent, last sent, first arrival, last arrival; -1 in the first place: none.
        self._group = (-1, 0, 0, 0)
        self._previous = (-1, 0, 0, 0)
        self._reordered = 0
        self._first_arrival_us = -1
        self._deltas = 0
        self._accumulated_ms = self._smoothed_ms = 0.0
        self._arrivals_ms: list[float] = []
        self._smoothed: list[float] = []
        self._trend = 0.0
        self._threshold_ms = _THRESHOLD_MS
        self._last_update_us = -1
        self._over_ms = -1.0
        self._over_count = 0

    def packet(self, sent_us: int, arrival_us: int) -> None:
        """Note a packet: when it was sent (our clock) and when it arrived (the peer's)."""
        first_sent, last_sent, first_arrival, last_arrival = self._group
        if first_sent < 0:
            self._group = (sent_us, sent_us, arrival_us, arrival_us)
            return
        if sent_us < first_sent:
            return
        if self._same_group(sent_us, arrival_us):
            self._group = (first_sent, max(last_sent, sent_us), first_arrival, max(last_arrival, arrival_us))
            return
        self._complete()
        self._group = (sent_us, sent_us, arrival_us, arrival_us)

    def _same_group(self, sent_us: int, arrival_us: int) -> bool:
        first_sent, last_sent, first_arrival, last_arrival = self._group
        if sent_us - first_sent <= _GROUP_US:
            return True
        # What the link held back and then delivers at once tells nothing of a queue (MMSys 2016, section 3.1).
        gap_us = arrival_us - last_arrival
        return gap_us <= _GROUP_US and gap_us < sent_us - last_sent and arrival_us - first_arrival < _BURST_US

    def _complete(self) -> None:
        """The present group is whole: compare it with the one before."""
        _, sent_us, _, arrival_us = self._group
        if self._previous[0] >= 0:
            sent_delta_us = sent_us - self._previous[1]
            arrival_delta_us = arrival_us - self._previous[3]
            if arrival_delta_us < 0:
                self._reordered += 1
                if self._reordered >= _MAX_REORDERED:
                    self._previous = (-1, 0, 0, 0)
                    self._reordered = 0
                return
            self._reordered = 0
            if arrival_delta_us - sent_delta_us < _ANOMALY_US:
                self._update((arrival_delta_us - sent_delta_us) / 1000.0, sent_delta_us / 1000.0, arrival_us)
        self._previous = self._group

    def _update(self, delta_ms: float, sent_delta_ms: float, arrival_us: int) -> None:
        if self._first_arrival_us < 0:
            self._first_arrival_us = arrival_us
        self._deltas = min(self._deltas + 1, _MAX_DELTAS)
        self._accumulated_ms += delta_ms
        self._smoothed_ms = _SMOOTHING * self._smoothed_ms + (1.0 - _SMOOTHING) * self._accumulated_ms
        self._arrivals_ms.append((arrival_us - self._first_arrival_us) / 1000.0)
        self._smoothed.append(self._smoothed_ms)
        if len(self._smoothed) > _WINDOW_GROUPS:
            del self._arrivals_ms[0], self._smoothed[0]
        trend = self._slope(self._trend) if len(self._smoothed) == _WINDOW_GROUPS else self._trend
        self._detect(trend, sent_delta_ms, arrival_us)

    def _slope(self, otherwise: float) -> float:
        """Least squares through the window."""
        sum_x = sum_y = 0.0
        for at in range(_WINDOW_GROUPS):
            sum_x += self._arrivals_ms[at]
            sum_y += self._smoothed[at]
        mean_x, mean_y = sum_x / _WINDOW_GROUPS, sum_y / _WINDOW_GROUPS
        numerator = denominator = 0.0
        for at in range(_WINDOW_GROUPS):
            x = self._arrivals_ms[at] - mean_x
            numerator += x * (self._smoothed[at] - mean_y)
            denominator += x * x
        return numerator / denominator if denominator > 0.0 else otherwise

    def _detect(self, trend: float, sent_delta_ms: float, arrival_us: int) -> None:
        modified = self._deltas * trend * _GAIN
        if self._deltas < 2:
            self.usage = NORMAL
        elif modified > self._threshold_ms:
            self._over_ms = sent_delta_ms / 2.0 if self._over_ms < 0.0 else self._over_ms + sent_delta_ms
            self._over_count += 1
            if self._over_ms > _OVERUSE_MS and self._over_count > 1 and trend >= self._trend:
                self._over_ms = 0.0
                self._over_count = 0
                self.usage = OVERUSE
        else:
            self._over_ms = -1.0
            self._over_count = 0
            self.usage = UNDERUSE if modified < -self._threshold_ms else NORMAL
        self._trend = trend
        self._adapt(modified, arrival_us)

    def _adapt(self, modified: float, arrival_us: int) -> None:
        """Let the threshold follow, fast downward and slowly upward; a single spike does not move it."""
        if self._last_update_us < 0:
            self._last_update_us = arrival_us
        size = abs(modified)
        if size <= self._threshold_ms + _SPIKE_MS:
            factor = _THRESHOLD_DOWN if size < self._threshold_ms else _THRESHOLD_UP
            step_ms = min((arrival_us - self._last_update_us) / 1000.0, _MAX_STEP_MS)
            threshold = self._threshold_ms + factor * (size - self._threshold_ms) * step_ms
            self._threshold_ms = min(max(threshold, _LEAST_THRESHOLD_MS), _MOST_THRESHOLD_MS)
        self._last_update_us = arrival_us
