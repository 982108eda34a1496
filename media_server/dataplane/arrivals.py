"""Transport-wide congestion control feedback to a publisher (draft-holmer-rmcat-transport-wide-cc-extensions-01).

The publisher's own estimator lives on these arrival times; without them Chromium stays at its start bitrate.
"""

from __future__ import annotations

import struct

INTERVAL_US = 50_000
"""Feedback at most so often: a twentieth of a second is what libwebrtc's probing is made for."""
LATEST_US = INTERVAL_US * 6 // 5
"""So long the first of what was not told waits when nothing comes that would wake us anyway."""
MAX_STATUSES = 400
"""Packets described by one RTCP packet: keeps it under an MTU."""
MAX_SPAN = 2048
"""Sequence numbers that are remembered: what is further behind the newest is not told."""

_TICK_US = 250
_REFERENCE_US = 64_000
_ABSENT, _SMALL, _LARGE = 0, 1, 2


class Arrivals:
    """Arrival times of one publisher's packets, by transport-wide sequence number. Pure: a ring of `MAX_SPAN`."""

    def __init__(self) -> None:
        self._times_us = [-1] * MAX_SPAN
        """By number modulo `MAX_SPAN`; -1 = not received."""
        self._highest = -1
        self._begin = 0
        self._count = 0
        self.since_us: int | None = None
        """When the first came of what was not told yet; None: all was told."""

    def received(self, sequence: int, arrival_us: int) -> None:
        """Note a packet. A repeated sequence number keeps its first arrival."""
        if self._highest < 0:
            self._begin = sequence + 0x10000
            self._highest = self._begin - 1
        highest, times_us = self._highest, self._times_us
        number = highest + ((sequence - highest + 0x8000 & 0xFFFF) - 0x8000)
        if number > highest:
            for missing in range(max(highest, number - MAX_SPAN) + 1, number):
                times_us[missing % MAX_SPAN] = -1
            self._highest = number
        elif number <= highest - MAX_SPAN or times_us[number % MAX_SPAN] >= 0:
            return
        elif number < self._begin:
            # A packet that comes late is told with everything since, though that was told before.
            self._begin = number
        times_us[number % MAX_SPAN] = arrival_us
        if self.since_us is None:
            self.since_us = arrival_us

    def due(self, now_us: int) -> bool:
        """Whether what was not told has waited for `INTERVAL_US`."""
        return self.since_us is not None and now_us - self.since_us >= INTERVAL_US

    def build(self, ssrc: int, media_ssrc: int) -> list[bytes]:
        """RTCP packets for everything since the last call; usually one, none when nothing has come."""
        packets: list[bytes] = []
        if self.since_us is None:
            return packets
        first, last = max(self._begin, self._highest - MAX_SPAN + 1), self._highest
        while first <= last:
            packet, first = self._build_one(ssrc, media_ssrc, first, last)
            packets.append(packet)
        self.since_us = None
        self._begin = last + 1
        return packets

    def _build_one(self, ssrc: int, media_ssrc: int, first: int, last: int) -> tuple[bytes, int]:
        reference = self._first_arrival(first, last) // _REFERENCE_US
        at_us = reference * _REFERENCE_US
        symbols: list[int] = []
        deltas = bytearray()
        sequence = first
        while sequence <= last and len(symbols) < MAX_STATUSES:
            arrival_us = self._times_us[sequence % MAX_SPAN]
            if arrival_us < 0:
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
        times_us = (self._times_us[number % MAX_SPAN] for number in range(first, last + 1))
        return next(time_us for time_us in times_us if time_us >= 0)


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
