"""What the bandwidth estimator counts: arrival rate, share lost, least value, a probe's two rates.

Pure, of fixed size, integers only: the compiled twin counts the same.
"""

from __future__ import annotations

_RATE_SLOT_US, _RATE_SLOTS = 50_000, 10
_LEAST_RATE_SPAN_US = 100_000
_CLOCK_JUMP_US = 3_000_000
_LOSS_SLOT_US, _LOSS_SLOTS = 100_000, 10
_LEAST_SPAN_US = 5_000_000

UNKNOWN = -1


class ArrivalRate:
    """Bits per second over the last half second of a peer's own clock. Older slots are forgotten."""

    __slots__ = ("_first_us", "_newest_us", "_slots")

    def __init__(self) -> None:
        self._slots = [0] * _RATE_SLOTS
        self._first_us = self._newest_us = UNKNOWN

    def add(self, size_bytes: int, arrival_us: int) -> None:
        """Count what arrived then. What is older than the window is left out."""
        if self._newest_us < 0 or arrival_us < self._newest_us - _CLOCK_JUMP_US:
            # The first packet, or the peer's clock was set back.
            self._slots = [0] * _RATE_SLOTS
            self._first_us = self._newest_us = arrival_us
        slot, newest = arrival_us // _RATE_SLOT_US, self._newest_us // _RATE_SLOT_US
        if slot <= newest - _RATE_SLOTS:
            return
        if slot > newest:
            for passed in range(max(newest + 1, slot - _RATE_SLOTS + 1), slot + 1):
                self._slots[passed % _RATE_SLOTS] = 0
        self._newest_us = max(self._newest_us, arrival_us)
        self._slots[slot % _RATE_SLOTS] += size_bytes

    def bits_per_second(self, slots: int = _RATE_SLOTS) -> int:
        """Over the newest so many slots of 50 ms; 0 until a tenth of a second is known."""
        newest = self._newest_us // _RATE_SLOT_US
        begin = max((newest - slots + 1) * _RATE_SLOT_US, self._first_us)
        span_us = self._newest_us - begin
        if self._newest_us < 0 or span_us < _LEAST_RATE_SPAN_US:
            return 0
        total = 0
        for slot in range(newest - slots + 1, newest + 1):
            total += self._slots[slot % _RATE_SLOTS]
        return total * 8_000_000 // span_us


class LossShare:
    """Packets told of and lost in the last second of our clock."""

    __slots__ = ("_lost", "_newest", "_told")

    def __init__(self) -> None:
        self._told = [0] * _LOSS_SLOTS
        self._lost = [0] * _LOSS_SLOTS
        self._newest = 0

    def add(self, told: int, lost: int, now_us: int) -> None:
        """Count; `lost` is -1 for a packet that was told lost and came after all. Time never goes back."""
        self._advance(now_us)
        self._told[self._newest % _LOSS_SLOTS] += told
        self._lost[self._newest % _LOSS_SLOTS] += lost

    def share(self, now_us: int) -> float:
        """0 to 1; 0 when nothing was told."""
        self._advance(now_us)
        told = lost = 0
        for at in range(_LOSS_SLOTS):
            told += self._told[at]
            lost += self._lost[at]
        return min(lost / told, 1.0) if told > 0 and lost > 0 else 0.0

    def _advance(self, now_us: int) -> None:
        slot = now_us // _LOSS_SLOT_US
        for passed in range(max(self._newest + 1, slot - _LOSS_SLOTS + 1), slot + 1):
            self._told[passed % _LOSS_SLOTS] = self._lost[passed % _LOSS_SLOTS] = 0
        self._newest = max(self._newest, slot)


class Least:
    """The least value of the last 5 to 10 seconds, in two buckets."""

    __slots__ = ("_before", "_begun_us", "_known", "_now")

    def __init__(self) -> None:
        self._known = 0
        self._begun_us = self._now = self._before = 0

    def add(self, value: int, now_us: int) -> None:
        """Note a value."""
        if self._known == 0 or now_us - self._begun_us >= 2 * _LEAST_SPAN_US:
            self._known, self._begun_us = 1, now_us
            self._now = self._before = value
        elif now_us - self._begun_us >= _LEAST_SPAN_US:
            self._begun_us += _LEAST_SPAN_US
            self._before, self._now = self._now, value
        else:
            self._now = min(self._now, value)

    def value(self, otherwise: int) -> int:
        """The least, or `otherwise` before the first."""
        return min(self._now, self._before) if self._known else otherwise


class ProbeMeter:
    """One cluster of packets: how fast it was sent and how fast it arrived."""

    __slots__ = (
        "_arrived", "_arrived_bytes", "_first_arrival_us", "_first_sent_us", "_first_size", "_last_arrival_us",
        "_last_sent_us", "_last_size", "_sent", "_sent_bytes", "closed", "last_number",
    )  # fmt: skip

    def __init__(self) -> None:
        self._sent = self._sent_bytes = self._first_sent_us = self._last_sent_us = self._last_size = 0
        self._arrived = self._arrived_bytes = self._first_size = 0
        self._first_arrival_us = self._last_arrival_us = 0
        self.last_number = UNKNOWN
        self.closed = False

    def sent(self, number: int, size_bytes: int, now_us: int) -> None:
        """A packet of the cluster left."""
        if not self._sent:
            self._first_sent_us = now_us
        self._sent += 1
        self._sent_bytes += size_bytes
        self._last_sent_us, self._last_size, self.last_number = now_us, size_bytes, number

    def arrived(self, size_bytes: int, arrival_us: int) -> None:
        """A packet of the cluster arrived."""
        if not self._arrived or arrival_us < self._first_arrival_us:
            self._first_arrival_us, self._first_size = arrival_us, size_bytes
        if not self._arrived or arrival_us > self._last_arrival_us:
            self._last_arrival_us = arrival_us
        self._arrived += 1
        self._arrived_bytes += size_bytes

    def rates(self) -> tuple[int, int]:
        """Sent and arrived, bits per second; (0, 0) when too little of it arrived to tell."""
        sent_us, arrived_us = self._last_sent_us - self._first_sent_us, self._last_arrival_us - self._first_arrival_us
        if self._arrived < 5 or self._arrived * 2 < self._sent or sent_us <= 0 or arrived_us <= 0:
            return 0, 0
        # The last packet's sending and the first one's arrival take no time that we see.
        sent_bits = (self._sent_bytes - self._last_size) * 8
        arrived_bits = (self._arrived_bytes - self._first_size) * 8
        return sent_bits * 1_000_000 // sent_us, arrived_bits * 1_000_000 // arrived_us
