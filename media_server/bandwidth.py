"""Rates and what is known of a path's capacity.

Upstream the publisher estimates by itself from our transport-cc feedback (`feedback.py`); here we keep what
really arrived. Downstream the data plane estimates from the viewer's transport-cc feedback; for viewers that send
none `ReportedCapacity` makes do with REMB and receiver reports.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

_SLOT_US = 100_000
_SLOTS = 10


class Rate(Protocol):
    """What both meters here do."""

    def add(self, size_bytes: int, now_us: int) -> None:
        """Count these bytes."""

    def bits_per_second(self, now_us: int) -> int:
        """Rate lately."""


class RateMeter:
    """Bits per second over the last second, in ten slots. Pure: time is passed in, microseconds."""

    def __init__(self) -> None:
        self._slots: deque[tuple[int, int]] = deque(maxlen=_SLOTS + 1)
        self._slot = self._bytes = 0
        """The newest slot."""

    def add(self, size_bytes: int, now_us: int) -> None:
        """Count these bytes."""
        slot = now_us // _SLOT_US
        if slot > self._slot:
            self._slots.append((self._slot, self._bytes))
            self._slot, self._bytes = slot, 0
        self._bytes += size_bytes

    def bits_per_second(self, now_us: int) -> int:
        """Rate over the last full second."""
        slot = now_us // _SLOT_US
        counted = (*self._slots, (self._slot, self._bytes))
        total = sum(size for at, size in counted if slot - _SLOTS <= at < slot)
        return total * 8 * 1_000_000 // (_SLOTS * _SLOT_US)


class CountedRate:
    """Bits per second of what a counter tells now and then: over the last second, or between the last two looks at it
    when they are further apart. Pure: time is passed in, microseconds."""

    def __init__(self) -> None:
        self._total = 0
        self._looks: deque[tuple[int, int]] = deque()

    def add(self, size_bytes: int, now_us: int) -> None:
        """So much more than at the last look. What several counters tell at one moment is one look."""
        self._total += size_bytes
        looks = self._looks
        if looks and looks[-1][0] >= now_us:
            looks.pop()
        looks.append((now_us, self._total))
        while len(looks) > 2 and looks[1][0] <= now_us - _SLOTS * _SLOT_US:
            looks.popleft()

    def bits_per_second(self, now_us: int) -> int:
        """As of the last look; 0 before the second."""
        if len(self._looks) < 2:
            return 0
        (from_us, before), (to_us, total) = self._looks[0], self._looks[-1]
        return (total - before) * 8_000_000 // (to_us - from_us)


class UpstreamEstimate:
    """The highest rate that arrived lately: the uplink has carried this much, so it can. A lower bound."""

    WINDOW_US = 10_000_000

    def __init__(self) -> None:
        self._samples: deque[tuple[int, int]] = deque(maxlen=32)

    def sample(self, rate_bps: int, now_us: int) -> None:
        """Note a rate; to be called about once a second."""
        self._samples.append((now_us, rate_bps))
        while self._samples and now_us - self._samples[0][0] > self.WINDOW_US:
            self._samples.popleft()

    def bits_per_second(self) -> int | None:
        """None before the first sample."""
        return max((rate for _, rate in self._samples), default=None)


class ReportedCapacity:
    """Downstream capacity by a client without transport-cc: REMB (draft-alvestrand-rmcat-remb-03), bounded by loss.

    The loss rule is GCC's (draft-ietf-rmcat-gcc-02, section 6): over 10 % lost, down by half of the share; under 2 %,
    up by 5 % a second. Only loss tells of a limit here, so growth is not bound to what is sent: it costs a try.
    Nor does little that is sent say that no more fits: while less than half of the capacity is used, loss lowers it
    by its share alone.
    """

    START_BPS = 2_000_000
    LEAST_BPS = 50_000
    MOST_BPS = 20_000_000
    REMB_US = 5_000_000
    """A REMB holds for so long (libwebrtc sends one a second)."""

    def __init__(self) -> None:
        self._loss_bps = float(self.START_BPS)
        self._lowered_us = self._raised_us = 0
        self._remb: tuple[int, int] | None = None
        self.limited = False
        """Whether the viewer has told of a limit: until then only a start is assumed, nothing known."""

    def remb(self, rate_bps: int, now_us: int) -> None:
        """The viewer's own estimate."""
        self._remb = (rate_bps, now_us)
        self.limited = True

    def reported(self, fraction_lost: float, sent_bps: int, now_us: int) -> None:
        """A report block: share lost since the one before, 0 to 1; what is being sent to the viewer."""
        if fraction_lost > 0.1:
            # Reports of several tracks come together and tell of the same loss.
            if now_us - self._lowered_us >= 500_000:
                self.limited = True
                used = sent_bps >= self._loss_bps / 2
                lowered = (min(self._loss_bps, sent_bps) if used else self._loss_bps) * (1 - fraction_lost / 2)
                self._loss_bps = max(lowered, self.LEAST_BPS)
                self._lowered_us = now_us
        elif fraction_lost < 0.02:
            seconds = min(1.0, (now_us - self._raised_us) / 1_000_000) if self._raised_us else 0.0
            self._loss_bps = min(self._loss_bps * 1.05**seconds, self.MOST_BPS)
        self._raised_us = now_us

    def bits_per_second(self, now_us: int) -> int:
        """What may be sent."""
        if self._remb is not None and now_us - self._remb[1] < self.REMB_US:
            return max(self.LEAST_BPS, min(int(self._loss_bps), self._remb[0]))
        return int(self._loss_bps)
