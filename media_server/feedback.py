"""Transport-wide congestion control feedback to a publisher (draft-holmer-rmcat-transport-wide-cc-extensions-01).

The publisher's own estimator lives on these arrival times; without them Chromium stays at its start bitrate.
"""

from __future__ import annotations

import struct

INTERVAL_US = 50_000
"""Feedback at most so often: a twentieth of a second is what libwebrtc's probing is made for."""
WINDOW_US = 500_000
"""A late packet is still reported when the others of its time are not older than this."""
MAX_STATUSES = 400
"""Packets described by one RTCP packet: keeps it under an MTU."""
MAX_SPAN = 4 * MAX_STATUSES
"""Sequence numbers that one `build` goes back: what is older is not told."""

_TICK_US = 250
_REFERENCE_US = 64_000
_ABSENT, _SMALL, _LARGE = 0, 1, 2


class TransportFeedback:
    """Arrival times of one publisher's packets, by transport-wide sequence number. Pure; at most `WINDOW_US` kept."""

    def __init__(self) -> None:
        self._arrivals: dict[int, int] = {}
        self._highest: int | None = None
        self._begin = 0
        self._fresh = False
        self._count = 0
        self._forget_us = 0
        """When the oldest is to be forgotten."""

    def received(self, sequence: int, arrival_us: int) -> None:
        """Note a packet. A repeated sequence number keeps its first arrival."""
        highest, arrivals = self._highest, self._arrivals
        if highest is None:
            highest = self._highest = self._begin = sequence + 0x10000
        extended = highest + ((sequence - highest + 0x8000 & 0xFFFF) - 0x8000)
        if extended > highest:
            self._highest = extended
            if arrival_us >= self._forget_us or len(arrivals) >= MAX_SPAN:
                self._forget_older(arrival_us - WINDOW_US)
        elif extended in arrivals or highest - extended >= MAX_SPAN:
            return
        elif extended < self._begin:
            # A packet that comes late is told with everything since, though that was told before.
            self._begin = extended
        arrivals[extended] = arrival_us
        self._fresh = True

    @property
    def pending(self) -> bool:
        """Whether something has come since the last `build`."""
        return self._fresh

    def build(self, ssrc: int, media_ssrc: int) -> list[bytes]:
        """RTCP packets for everything since the last call; usually one."""
        packets: list[bytes] = []
        if not self._fresh or self._highest is None:
            return packets
        first, last = max(self._begin, self._highest - MAX_SPAN), self._highest
        while first <= last:
            packet, first = self._build_one(ssrc, media_ssrc, first, last)
            packets.append(packet)
        self._fresh = False
        self._begin = last + 1
        return packets

    def _forget_older(self, limit_us: int) -> None:
        while self._arrivals:
            sequence, arrival_us = next(iter(self._arrivals.items()))
            if arrival_us >= limit_us and len(self._arrivals) < MAX_SPAN:
                self._forget_us = arrival_us + WINDOW_US
                break
            del self._arrivals[sequence]

    def _build_one(self, ssrc: int, media_ssrc: int, first: int, last: int) -> tuple[bytes, int]:
        reference = self._first_arrival(first, last) // _REFERENCE_US
        at_us = reference * _REFERENCE_US
        symbols: list[int] = []
        deltas = bytearray()
        sequence = first
        while sequence <= last and len(symbols) < MAX_STATUSES:
            arrival_us = self._arrivals.get(sequence)
            if arrival_us is None:
                symbols.append(_ABSENT)
            else:
                delta = (arrival_us - at_us) // _TICK_US
                if not -0x8000 <= delta <= 0x7FFF:
                    break
                at_us += delta * _TICK_US
                small = 0 <= delta <= 255
                symbols.append(_SMALL if small else _LARGE)
                deltas += struct.pack("!B" if small else "!h", delta)
            sequence += 1
        header = struct.pack("!IIHH", ssrc, media_ssrc, first & 0xFFFF, len(symbols))
        header += (reference & 0xFFFFFF).to_bytes(3, "big") + bytes((self._count & 0xFF,))
        self._count += 1
        body = header + _chunks(symbols) + bytes(deltas)
        padding = -len(body) % 4
        flags = 0x80 | 15
        if padding:
            body += bytes(padding - 1) + bytes((padding,))
            flags |= 0x20
        packet = struct.pack("!BBH", flags, 205, len(body) // 4) + body
        return packet, sequence

    def _first_arrival(self, first: int, last: int) -> int:
        return next(self._arrivals[sequence] for sequence in range(first, last + 1) if sequence in self._arrivals)


def _chunks(symbols: list[int]) -> bytes:
    """Packet status chunks: runs where seven or more are alike, else vectors of seven two-bit symbols."""
    out = bytearray()
    at = 0
    while at < len(symbols):
        run = 1
        while at + run < len(symbols) and symbols[at + run] == symbols[at] and run < 0x1FFF:
            run += 1
        if run >= 7 or at + run == len(symbols):
            out += struct.pack("!H", symbols[at] << 13 | run)
            at += run
            continue
        vector = 0xC000
        for index, symbol in enumerate(symbols[at : at + 7]):
            vector |= symbol << (12 - 2 * index)
        out += struct.pack("!H", vector)
        at += 7
    return bytes(out)
