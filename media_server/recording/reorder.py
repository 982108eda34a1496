"""Puts the packets of one track back into order and says what never came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from media_server.recording.clocks import Unwrapper

HOLD_US = 800_000
"""Time for a NACK, its answer, and once more."""
MAX_PACKETS = 2048
MAX_JUMP = 10_000
"""A larger step of the sequence number is a restarted sender, not loss."""


@dataclass(frozen=True, slots=True)
class Packet:
    """What later stages need of an RTP packet (RFC 3550 5.1), padding and extensions cut off."""

    sequence: int
    timestamp: int
    marker: bool
    payload: memoryview
    arrival_us: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Sequence numbers (unwrapped) first..last inclusive never came. `packets` is 0 when their number is unknown."""

    first: int
    last: int
    packets: int


def parse_rtp(rtp: bytes, arrival_us: int) -> Packet | None:
    """Fields of an RTP packet; None when it is none."""
    size = len(rtp)
    if size < 12 or rtp[0] >> 6 != 2:
        return None
    start = 12 + 4 * (rtp[0] & 0x0F)
    if rtp[0] & 0x10:
        if size < start + 4:
            return None
        start += 4 + 4 * (rtp[start + 2] << 8 | rtp[start + 3])
    end = size - rtp[-1] if rtp[0] & 0x20 else size
    if start > end:
        return None
    return Packet(
        rtp[2] << 8 | rtp[3],
        int.from_bytes(rtp[4:8], "big"),
        rtp[1] > 0x7F,
        memoryview(rtp)[start:end],
        arrival_us,
    )


class Reorder:
    """Waits up to `HOLD_US` for a missing packet, then declares it lost. Pure: time is passed in.

    Holds at most `MAX_PACKETS`; when full the oldest hole is declared lost at once. A packet that comes after
    its place was given up is dropped (it stays inside a declared loss).
    """

    def __init__(self, hold_us: int = HOLD_US) -> None:
        self._hold_us = hold_us
        self._unwrap = Unwrapper(16)
        self._expected: int | None = None
        self._waiting: dict[int, Packet] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def push(self, packet: Packet) -> Iterator[Packet | Lost]:
        """Take a packet; yields what is in order now. The iterator must be run to its end."""
        number = self._unwrap.peek(packet.sequence)
        if self._expected is None:
            self._expected = number
        behind = self._expected - number
        if behind > MAX_JUMP or -behind > MAX_JUMP:
            yield from self.flush()
            yield Lost(self._expected, self._expected, 0)
            self._expected = number
        elif behind > 0:
            return
        self._unwrap.take(packet.sequence)
        if number == self._expected and not self._waiting:
            self._expected += 1
            yield packet
            return
        self._waiting[number] = packet
        yield from self._in_order()
        if len(self._waiting) > MAX_PACKETS:
            yield from self._give_up()

    def release(self, now_us: int) -> Iterator[Packet | Lost]:
        """Yield what need not wait any longer, with losses declared. The iterator must be run to its end."""
        while self._waiting and min(p.arrival_us for p in self._waiting.values()) + self._hold_us <= now_us:
            yield from self._give_up()

    def flush(self) -> Iterator[Packet | Lost]:
        """Yield all that is held, in order, with the holes declared: the track has ended."""
        while self._waiting:
            yield from self._give_up()

    def _give_up(self) -> Iterator[Packet | Lost]:
        head = min(self._waiting)
        assert self._expected is not None
        yield Lost(self._expected, head - 1, head - self._expected)
        self._expected = head
        yield from self._in_order()

    def _in_order(self) -> Iterator[Packet | Lost]:
        assert self._expected is not None
        while (packet := self._waiting.pop(self._expected, None)) is not None:
            self._expected += 1
            yield packet
