"""A path with a bottleneck, in simulated time: what a bandwidth estimator is tried on."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field

from media_server.dataplane.arrivals import Arrivals
from media_server.dataplane.congestion import Estimator
from media_server.dataplane.ports import Bandwidth, BandwidthLimits

PACKET_BYTES = 1200
STEP_US = 5_000
FEEDBACK_US = 50_000
_PEER_CLOCK_US = 7_654_321_000


@dataclass
class Path:
    """A drop-tail queue of `queue_ms` in front of a link, then random loss, then delay; the way back has delay only.

    `send` sends at the estimate (or `demand_bps` if less) in steps of 5 ms. Feedback comes each 50 ms."""

    rate_bps: int
    queue_ms: int = 200
    loss: float = 0.0
    delay_ms: int = 25
    jitter_ms: float = 0.0
    demand_bps: int = 100_000_000
    probe_every_us: int = 0
    seed: int = 1
    limits: BandwidthLimits = field(default_factory=BandwidthLimits)

    def __post_init__(self) -> None:
        self.estimator = Estimator(self.limits)
        self.now_us = 1_000_000
        self.feedback_lost = False
        self.delays_ms: list[float] = []
        """Time in the queue of each packet since it was last cleared."""
        self.arrived_bytes = 0
        self._random = random.Random(self.seed)
        self._reports = Arrivals()
        self._link_free_us = 0.0
        self._arrivals: list[tuple[float, int]] = []
        self._returning: list[tuple[int, bytes]] = []
        self._budget = 0.0
        self._probe_until_us = 0
        self._probe_bps = 0
        self._next_probe_us = 0
        self._next_report_us = 0

    def known(self) -> Bandwidth:
        """The estimate now."""
        return self.estimator.bandwidth(self.now_us)

    def run(self, seconds: float) -> list[int]:
        """Let time pass; returns the estimate of each step."""
        course = []
        for _ in range(int(seconds * 1_000_000) // STEP_US):
            self.now_us += STEP_US
            self._send()
            self._report()
            while self._returning and self._returning[0][0] <= self.now_us:
                _, packet = self._returning.pop(0)
                self.estimator.feedback(packet, self.now_us)
            course.append(self.known().estimate_bps)
        return course

    def probe(self, rate_bps: int, duration_ms: int) -> None:
        """Send at this rate for so long, as a probe."""
        self.estimator.begin_probe()
        self._probe_bps, self._probe_until_us = rate_bps, self.now_us + 1000 * duration_ms

    def _send(self) -> None:
        if self.probe_every_us and self.now_us >= self._next_probe_us:
            self._next_probe_us = self.now_us + self.probe_every_us
            self.probe(2 * self.known().estimate_bps, 150)
        rate = min(self.known().estimate_bps, self.demand_bps)
        probing = self.now_us < self._probe_until_us
        if probing:
            rate = self._probe_bps
        elif self._probe_bps:
            self._probe_bps = 0
            self.estimator.end_probe()
        self._budget += rate * STEP_US / 8e6
        while self._budget >= PACKET_BYTES:
            self._budget -= PACKET_BYTES
            self._packet(self.estimator.take(PACKET_BYTES, self.now_us, probing=probing))

    def _packet(self, number: int) -> None:
        begin = max(self._link_free_us, float(self.now_us))
        waits_ms = (begin - self.now_us) / 1000
        if waits_ms > self.queue_ms:
            return
        self.delays_ms.append(waits_ms)
        self._link_free_us = begin + PACKET_BYTES * 8e6 / self.rate_bps
        if self._random.random() < self.loss:
            return
        jitter_us = abs(self._random.gauss(0, self.jitter_ms)) * 1000
        heapq.heappush(self._arrivals, (self._link_free_us + self.delay_ms * 1000 + jitter_us, number))

    def _report(self) -> None:
        while self._arrivals and self._arrivals[0][0] <= self.now_us:
            at_us, number = heapq.heappop(self._arrivals)
            self.arrived_bytes += PACKET_BYTES
            self._reports.received(number, int(at_us) + _PEER_CLOCK_US)
        if self.now_us >= self._next_report_us:
            self._next_report_us = self.now_us + FEEDBACK_US
            for packet in self._reports.build(1, 2):
                if not self.feedback_lost:
                    self._returning.append((self.now_us + 1000 * self.delay_ms, packet))
