"""How busy a node is, as one number, and what it gives up for it. Pure: measurements are passed in, once a second.

Stress is load over limit (Jitsi's word), the largest of: cores in use, lateness of the event loop, share of time that
the busiest forwarding thread works, packets a second. A box falls off a cliff where the first of them runs out, so
none may hide behind an average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media_server.ports import Load, Shedding

SMOOTHING = 0.4
"""Weight of the newest second."""
UP = {Shedding.FEWER_TILES: 0.85, Shedding.LOW_LAYERS: 1.0, Shedding.NO_JOINS: 1.1}
"""A level begins at this stress..."""
DOWN = {Shedding.FEWER_TILES: 0.65, Shedding.LOW_LAYERS: 0.8, Shedding.NO_JOINS: 0.9}
"""... and ends below this."""
UP_S = 3
"""A level lasts at least so long before the next is added: shedding needs a moment to help..."""
DOWN_S = 10
"""... and longer before one is taken back: what caused the stress may come again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one node should carry at most."""

    cores: float
    loop_lag_ms: float = 150.0
    """Reports, repairs and joins wait so long behind other work: people feel it, media does not."""
    busy: float = 0.85
    """Share of a second that a forwarding thread works: above it queues grow."""
    packets_per_s: int = 400_000


@dataclass(frozen=True, slots=True)
class Sample:
    """Measured over the last second."""

    cpu: float
    """Cores used by the process."""
    loop_lag_ms: float
    """95th percentile."""
    busy: float
    """Of the busiest forwarding thread, 0 to 1; 0 where the event loop forwards."""
    packets_per_s: int


@dataclass(slots=True)
class Stress:
    """The node's state. `load` is the newest."""

    limits: Limits
    load: Load = field(default_factory=lambda: Load(0.0, Shedding.NONE, 0.0, 0.0, 0))
    _changed_s: float = -DOWN_S

    def measured(self, sample: Sample, now_s: float, *, sheds: bool = True) -> Load:
        """Take one second's measurement; returns the load with the shedding that holds from now on, at most one level
        away from before. `sheds` False: nothing is ever given up."""
        limits = self.limits
        raw = max(
            sample.cpu / limits.cores,
            sample.loop_lag_ms / limits.loop_lag_ms,
            sample.busy / limits.busy,
            sample.packets_per_s / limits.packets_per_s,
        )
        stress = self.load.stress + SMOOTHING * (raw - self.load.stress)
        shedding = self._shedding(stress, now_s - self._changed_s) if sheds else Shedding.NONE
        if shedding is not self.load.shedding:
            self._changed_s = now_s
        self.load = Load(stress, shedding, sample.cpu, sample.loop_lag_ms, sample.packets_per_s)
        return self.load

    def _shedding(self, stress: float, lasted_s: float) -> Shedding:
        now = self.load.shedding
        if now < Shedding.NO_JOINS and stress >= UP[more := Shedding(now + 1)] and lasted_s >= UP_S:
            return more
        if now > Shedding.NONE and stress < DOWN[now] and lasted_s >= DOWN_S:
            return Shedding(now - 1)
        return now


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed; 0 without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
