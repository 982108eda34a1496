"""From a publisher's RTP timestamps to the server's monotonic clock.

Three clocks are involved. RTP timestamps count samples of a device; sender reports tie them to the publisher's
NTP clock; the NTP clock stands at an unknown distance from ours. `TrackClock` fits RTP -> NTP by least squares
over the newest reports of one track; `PeerClock` estimates NTP -> server from the quickest reports of *all*
tracks of one participant, so that both tracks share its error and lips stay in sync. Without reports the
quickest packets of the track itself say when it was sent.

A sender that is short of time reports and sends late, never early. So the line lies along the earliest reports, and
media is never believed to have been captured after it arrived.

Pure: arrival times are passed in. All times in microseconds, server times on CLOCK_MONOTONIC.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

WINDOW_REPORTS = 20
READY_REPORTS = 4
OUTLIER_SIGMAS = 3.0
SIGMA_FLOOR_US = 1000.0
REBUILD_AFTER = 5
STEP_US = 500_000
MAX_SKEW = 500e-6
"""Audio crystals are within 100 ppm; a steeper line comes from noise in few reports."""
OFFSET_WINDOW_US = 30_000_000
REPORT_DISTANCE_S = 60
"""A report that names a timestamp farther than this from the packets belongs to something else."""


def ntp_us(ntp: int) -> int:
    """64-bit NTP timestamp (RFC 3550 4) in microseconds since 1900."""
    return (ntp >> 32) * 1_000_000 + ((ntp & 0xFFFFFFFF) * 1_000_000 >> 32)


class Unwrapper:
    """Extends wrapping counters of `bits` bits to integers that go on; the first value stays as it is."""

    def __init__(self, bits: int) -> None:
        self._span = 1 << bits
        self._last: int | None = None

    def peek(self, value: int) -> int:
        """The extended value nearest to the last one taken; takes nothing."""
        if self._last is None:
            return value
        half = self._span >> 1
        return self._last + (value - self._last + half) % self._span - half

    def take(self, value: int) -> int:
        """Like `peek`, and the next values are measured from this one."""
        self._last = self.peek(value)
        return self._last


class QuickestOffset:
    """Sliding minimum of (arrival - sent): the packet that was delayed least is nearest to the truth.

    Keeps one minimum per second, so that its size is bounded whatever the packet rate."""

    def __init__(self, window_us: int = OFFSET_WINDOW_US) -> None:
        self._window_us = window_us
        self._seconds: deque[tuple[int, float]] = deque()
        self._value: float | None = None
        self.count = 0

    @property
    def value(self) -> float | None:
        """The minimum over the window; the last known one when the window has run empty."""
        return self._value

    def add(self, arrival_us: int, offset_us: float) -> None:
        self.count += 1
        second = arrival_us // 1_000_000
        seconds = self._seconds
        if seconds and seconds[-1][0] >= second:
            if offset_us >= seconds[-1][1]:
                return
            seconds[-1] = (seconds[-1][0], offset_us)
        else:
            seconds.append((second, offset_us))
            while seconds[0][0] * 1_000_000 < arrival_us - self._window_us:
                seconds.popleft()
        self._value = min(offset for _, offset in seconds)


class PeerClock:
    """NTP -> server time of one participant.

    A report that stands `STEP_US` off is not believed; when `READY_REPORTS` in a row agree on the new place the
    publisher's clock was stepped: a new epoch starts. Tracks measured in an old epoch keep its offset.
    """

    def __init__(self) -> None:
        self._epochs = [QuickestOffset()]
        self._suspects: list[tuple[int, int]] = []

    @property
    def epoch(self) -> int:
        """Number of steps of the publisher's clock noticed so far."""
        return len(self._epochs) - 1

    def offset_us(self, epoch: int) -> float | None:
        """Server minus NTP time in that epoch, the shortest one-way delay included; None before any report."""
        return self._epochs[epoch].value

    def report(self, sent_ntp_us: int, arrival_us: int) -> bool:
        """Learn from a sender report; whether it may be believed."""
        offset_us = arrival_us - sent_ntp_us
        known = self._epochs[-1].value
        if known is None or abs(offset_us - known) <= STEP_US:
            self._suspects.clear()
            self._epochs[-1].add(arrival_us, offset_us)
            return True
        self._suspects.append((arrival_us, offset_us))
        if any(abs(a[1] - b[1]) > STEP_US for a, b in pairwise(self._suspects)):
            self._suspects = self._suspects[-1:]
        if len(self._suspects) < READY_REPORTS:
            return False
        self._epochs.append(QuickestOffset())
        for suspect in self._suspects:
            self._epochs[-1].add(*suspect)
        self._suspects.clear()
        return True


class _Fit:
    """Least-squares line NTP us = f(RTP ticks) over the newest reports; nominal slope until `READY_REPORTS`."""

    def __init__(self, clock_rate_hz: int, epoch: int) -> None:
        self.epoch = epoch
        self._nominal = 1_000_000 / clock_rate_hz
        self._pairs: deque[tuple[int, int]] = deque(maxlen=WINDOW_REPORTS)
        self._rejected: list[tuple[int, int]] = []
        self._x0 = self._y0 = 0
        self._mean_x = self._mean_y = 0.0
        self._slope = self._nominal
        self._sigma_us = SIGMA_FLOOR_US
        self._earliest_us = 0.0

    def __len__(self) -> int:
        return len(self._pairs)

    def at(self, rtp: int) -> float:
        """NTP time in us of an (unwrapped) RTP timestamp: as the earliest report has it."""
        return self._middle(rtp) + self._earliest_us

    def _middle(self, rtp: int) -> float:
        return self._y0 + self._mean_y + (rtp - self._x0 - self._mean_x) * self._slope

    def add(self, rtp: int, sent_us: int) -> None:
        error_us = self._middle(rtp) - sent_us
        if len(self._pairs) >= READY_REPORTS and abs(error_us) > OUTLIER_SIGMAS * self._sigma_us:
            self._rejected.append((rtp, sent_us))
            if len(self._rejected) < REBUILD_AFTER:
                return
            self._pairs.clear()
            self._pairs.extend(self._rejected)
        else:
            self._pairs.append((rtp, sent_us))
        self._rejected.clear()
        self._solve()

    def _solve(self) -> None:
        self._x0, self._y0 = self._pairs[0]
        xs = [rtp - self._x0 for rtp, _ in self._pairs]
        ys = [sent_us - self._y0 for _, sent_us in self._pairs]
        count = len(xs)
        self._mean_x, self._mean_y = sum(xs) / count, sum(ys) / count
        self._slope = self._nominal
        square = sum((x - self._mean_x) ** 2 for x in xs)
        if count >= READY_REPORTS and square:
            product = sum((x - self._mean_x) * (y - self._mean_y) for x, y in zip(xs, ys, strict=True))
            skew = product / square / self._nominal - 1
            self._slope = self._nominal * (1 + max(-MAX_SKEW, min(MAX_SKEW, skew)))
        errors = [self._middle(rtp) - sent_us for rtp, sent_us in self._pairs]
        self._earliest_us = -max(errors)
        self._sigma_us = max(SIGMA_FLOOR_US, (sum(e * e for e in errors) / count) ** 0.5)


class TrackClock:
    """RTP -> server time of one track. `peer` is shared by the tracks of one participant."""

    def __init__(self, clock_rate_hz: int, peer: PeerClock) -> None:
        if clock_rate_hz <= 0:
            raise ValueError(f"clock rate {clock_rate_hz} Hz")
        self._rate_hz = clock_rate_hz
        self._peer = peer
        self._unwrap = Unwrapper(32)
        self._tick_us = 1_000_000 / clock_rate_hz
        self._arrivals = QuickestOffset()
        self._fit: _Fit | None = None
        self._first_us: int | None = None

    @property
    def reported(self) -> bool:
        """Whether sender reports, not arrivals, say when media was captured."""
        return self._fit is not None

    def known_us(self, now_us: int) -> int:
        """How long packets have been coming."""
        return 0 if self._first_us is None else now_us - self._first_us

    def packet(self, timestamp: int, arrival_us: int) -> int:
        """Learn from a packet; returns its unwrapped RTP timestamp."""
        rtp = self._unwrap.take(timestamp)
        if self._first_us is None:
            self._first_us = arrival_us
        self._arrivals.add(arrival_us, arrival_us - rtp * self._tick_us)
        return rtp

    def report(self, timestamp: int, ntp: int, arrival_us: int) -> None:
        """Learn from a sender report. Reports before the first packet, and absurd ones, are ignored."""
        if self._first_us is None:
            return
        rtp = self._unwrap.peek(timestamp)
        expected_us = rtp * self._tick_us + (self._arrivals.value or 0.0)
        if abs(expected_us - arrival_us) > REPORT_DISTANCE_S * 1_000_000:
            return
        sent_us = ntp_us(ntp)
        if not self._peer.report(sent_us, arrival_us):
            return
        epoch = self._peer.epoch
        if self._fit is None or self._fit.epoch != epoch:
            self._fit = _Fit(self._rate_hz, epoch)
        self._fit.add(rtp, sent_us)

    def restart(self, rtp: int, arrival_us: int) -> None:
        """Start anew from this packet: the timestamps jumped without reason (a broken or restarted sender)."""
        self._arrivals = QuickestOffset()
        self._arrivals.add(arrival_us, arrival_us - rtp * self._tick_us)
        self._fit = None

    def server_us(self, rtp: int) -> float:
        """When the media of this unwrapped timestamp was captured, plus the shortest way to us."""
        quickest_us = rtp * self._tick_us + (self._arrivals.value or 0.0)
        if self._fit is not None:
            offset_us = self._peer.offset_us(self._fit.epoch)
            if offset_us is not None:
                return min(self._fit.at(rtp) + offset_us, quickest_us)
        return quickest_us
