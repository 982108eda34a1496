"""Rates and what is known of a path's capacity.

Upstream the publisher estimates by itself from our transport-cc feedback (`feedback.py`); here we keep what
really arrived. Choosing layers by an estimate of the downstream is to come and will live here.
"""

from __future__ import annotations

from collections import deque

_SLOT_US = 100_000
_SLOTS = 10


class RateMeter:
    """Bits per second over the last second, in ten slots. Pure: time is passed in, microseconds."""

    def __init__(self) -> None:
        self._slots: deque[tuple[int, int]] = deque(maxlen=_SLOTS + 1)

    def add(self, size_bytes: int, now_us: int) -> None:
        """Count these bytes."""
        slot = now_us // _SLOT_US
        if self._slots and self._slots[-1][0] >= slot:
            last, total = self._slots[-1]
            self._slots[-1] = (last, total + size_bytes)
        else:
            self._slots.append((slot, size_bytes))

    def bits_per_second(self, now_us: int) -> int:
        """Rate over the last full second."""
        slot = now_us // _SLOT_US
        total = sum(size for at, size in self._slots if slot - _SLOTS <= at < slot)
        return total * 8 * 1_000_000 // (_SLOTS * _SLOT_US)


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
