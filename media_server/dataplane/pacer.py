"""When a packet may leave: a peer's pace, its queue, and the probe under way. Pure: time is passed in, microseconds.

Tokens are bits times microseconds, integers, so that the compiled twin counts the same.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from media_server.dataplane.routes import RouteState

STEP_US = 5_000
"""How often a waiting queue is looked at."""
_BURST_STEPS = 4
"""How much may leave at once: what a late look has missed is made up for, else a busy machine sends below the pace
and its queue only grows."""
MAX_PACKETS = 1000
MAX_FILLINGS = 256
"""A probe sends at most so many packets a step: a clock that was late does not make up for it with a flood."""

_PER_BYTE = 8_000_000
_DEBT_STEPS = 20


class Leaving(NamedTuple):
    """A packet to a peer, not sealed yet."""

    route: RouteState
    ssrc: int
    out_index: int
    """-1: taken when it leaves (RTX)."""
    marker_and_type: int
    timestamp: int
    elements: list[tuple[int, bytes]]
    """By outgoing ids, without those of the hop."""
    payload: bytes
    repeat: bool
    late: bool
    """Older than the newest of its stream when it came."""


class Pacer:
    """Holds back what is too fast. The queue takes a second's worth at the pace and `MAX_PACKETS`; when it is full,
    the newest packet is dropped."""

    __slots__ = (
        "_ahead", "_at_us", "_probe_begun_us", "_probe_until_us", "_tokens", "probe_bps", "probe_bytes", "queue",
        "queued_bytes", "rate_bps",
    )  # fmt: skip

    def __init__(self) -> None:
        self.rate_bps: int | None = None
        self.queue: deque[Leaving] = deque()
        self._ahead = 0
        """How many of them are repeats: these stand in front of the rest."""
        self.queued_bytes = 0
        self._tokens = 0
        self._at_us = -1
        self.probe_bps = 0
        """0: none under way."""
        self.probe_bytes = 0
        self._probe_begun_us = self._probe_until_us = 0

    def pace(self, rate_bps: int | None) -> None:
        """See `DataPlane.pace`. What waits leaves at the new pace; None lets everything go at the next look."""
        self.rate_bps = None if rate_bps is None else max(rate_bps, 1)

    def may_leave(self, now_us: int) -> bool:
        """Whether the next packet may leave now."""
        if self.rate_bps is None:
            return True
        rate = max(self.rate_bps, self.probe_bps)
        if self._at_us < 0:
            self._tokens = rate * _BURST_STEPS * STEP_US
        else:
            self._tokens = min(self._tokens + (now_us - self._at_us) * rate, rate * _BURST_STEPS * STEP_US)
        self._at_us = now_us
        return self._tokens > 0

    def left(self, size_bytes: int) -> None:
        """A datagram left, whether it had waited or not."""
        if self.probe_bps:
            self.probe_bytes += size_bytes
        if self.rate_bps is not None:
            # What does not wait (audio) may not starve the rest for longer than this.
            self._tokens = max(self._tokens - size_bytes * _PER_BYTE, -_DEBT_STEPS * STEP_US * self.rate_bps)

    def room(self, packets: int, size_bytes: int) -> bool:
        """Whether the queue would take so much more."""
        if self.rate_bps is None:
            return True
        return len(self.queue) + packets <= MAX_PACKETS and (self.queued_bytes + size_bytes) * 8 <= self.rate_bps

    def waits_before(self, leaving: Leaving) -> bool:
        """Whether something waits that leaves before it would."""
        return self._ahead > 0 if leaving.repeat else bool(self.queue)

    def wait(self, leaving: Leaving) -> bool:
        """Put it in the queue; False when that is full. An empty queue takes one packet at any pace."""
        size = len(leaving.payload)
        if self.queue and not self.room(1, size):
            return False
        if leaving.repeat:
            self.queue.insert(self._ahead, leaving)
            self._ahead += 1
        else:
            self.queue.append(leaving)
        self.queued_bytes += size
        return True

    def next(self) -> Leaving:
        """The first that waits, taken out."""
        leaving = self.queue.popleft()
        self._ahead -= leaving.repeat
        self.queued_bytes -= len(leaving.payload)
        return leaving

    def drop(self, route: RouteState) -> int:
        """Take everything of a route out of the queue; returns the lowest index that will not leave now, -1 if none.

        A late packet has a number between those that left, so that it does not count."""
        lowest = -1
        kept: deque[Leaving] = deque()
        for leaving in self.queue:
            if leaving.route is not route:
                kept.append(leaving)
                continue
            self.queued_bytes -= len(leaving.payload)
            self._ahead -= leaving.repeat
            if lowest < 0 and not leaving.late and not leaving.repeat:
                lowest = leaving.out_index
        self.queue = kept
        return lowest

    def queued(self, route: RouteState) -> int:
        """How many packets of a route wait."""
        count = 0
        for leaving in self.queue:
            count += leaving.route is route
        return count

    def begin_probe(self, rate_bps: int, duration_us: int, now_us: int) -> None:
        """Send at this rate for so long."""
        self.probe_bps, self.probe_bytes = rate_bps, 0
        self._probe_begun_us, self._probe_until_us = now_us, now_us + duration_us

    def probe_lacks(self, now_us: int) -> bool:
        """Whether the probe's rate asks for another packet now."""
        due_us = min(now_us + STEP_US, self._probe_until_us) - self._probe_begun_us
        return self.probe_bps > 0 and self.probe_bytes * _PER_BYTE < self.probe_bps * due_us

    def probe_over(self, now_us: int) -> bool:
        """True once, when the probe's time has come to its end."""
        if not self.probe_bps or now_us < self._probe_until_us:
            return False
        self.probe_bps = 0
        return True

    @property
    def busy(self) -> bool:
        """Whether it must be looked at again in `STEP_US`."""
        return bool(self.queue) or self.probe_bps > 0
