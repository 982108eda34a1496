"""Measures how busy this process is, once a second, for `stress.py`."""

from __future__ import annotations

import time
from collections.abc import Sequence

from media_server.dataplane.ports import DataPlane
from media_server.stress import Sample, percentile

PERIOD_S = 1.0


class LoadMeter:
    """Call `woke` at every wake-up of a timer; it gives a sample each second."""

    def __init__(self, planes: Sequence[DataPlane]) -> None:
        self._planes = planes
        self._late_ms: list[float] = []
        self._began_s = time.monotonic()
        self._cpu_s = time.process_time()
        self._totals = [(0, 0) for _ in planes]

    def woke(self, late_s: float) -> Sample | None:
        """The timer came `late_s` after its time; the last second's figures when it is over, else None."""
        self._late_ms.append(max(0.0, late_s) * 1000)
        now_s = time.monotonic()
        took_s = now_s - self._began_s
        if took_s < PERIOD_S:
            return None
        cpu_s = time.process_time()
        totals = [(stats.busy_us, stats.forwarded) for stats in (plane.stats() for plane in self._planes)]
        pairs = list(zip(totals, self._totals, strict=True))
        sample = Sample(
            cpu=(cpu_s - self._cpu_s) / took_s,
            loop_lag_ms=percentile(self._late_ms, 0.95),
            busy=max((now[0] - before[0] for now, before in pairs), default=0) / (took_s * 1_000_000),
            packets_per_s=int(sum(now[1] - before[1] for now, before in pairs) / took_s),
        )
        self._late_ms.clear()
        self._began_s, self._cpu_s, self._totals = now_s, cpu_s, totals
        return sample
