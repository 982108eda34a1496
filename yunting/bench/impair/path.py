"""One direction of a bad network, as arithmetic: when does a datagram arrive, if at all. Pure, with a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Impairment:
    """What a path does. `rate_bps` 0 = no limit; behind a limit a queue of `queue_ms` drops the newest."""

    loss: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    """Added evenly between 0 and this; order is kept."""
    rate_bps: int = 0
    queue_ms: float = 300.0


class Path:
    """Times in seconds of any clock that goes forward. `impairment` may be changed while it runs."""

    def __init__(self, impairment: Impairment, seed: int) -> None:
        self.impairment = impairment
        self.passed = self.lost = self.overflowed = 0
        self._random = random.Random(seed)
        self._free_s = 0.0
        """When the link has sent all that it took."""
        self._last_s = 0.0

    def arrival_s(self, now_s: float, size_bytes: int) -> float | None:
        """When a datagram that is sent now arrives; None: it is lost."""
        how = self.impairment
        # Both are drawn for every datagram, so that one scenario's loss does not move with its jitter.
        lost, jitter = self._random.random() < how.loss, self._random.random()
        if lost:
            self.lost += 1
            return None
        leaves_s = now_s
        if how.rate_bps:
            begins_s = max(now_s, self._free_s)
            if (begins_s - now_s) * 1000 > how.queue_ms:
                self.overflowed += 1
                return None
            leaves_s = self._free_s = begins_s + size_bytes * 8 / how.rate_bps
        self.passed += 1
        self._last_s = max(self._last_s, leaves_s + (how.delay_ms + how.jitter_ms * jitter) / 1000)
        return self._last_s
