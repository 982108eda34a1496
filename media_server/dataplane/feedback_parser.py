"""Reads transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01).

Pure; a packet that is not whole and sound to its last byte is refused as a whole.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_STATUSES = 4096
"""A packet that speaks of more is refused: nobody waits so long with feedback, and it would cost us time."""
ABSENT = 1 << 20
"""In place of a delta: the packet has not arrived."""

_RTPFB, _TRANSPORT_CC = 205, 15
_FIRST_CHUNK = 20
_SMALL, _LARGE = 1, 2


class Feedback(NamedTuple):
    """One feedback packet."""

    base: int
    """16-bit transport-wide number that `deltas` begins with."""
    reference: int
    """24-bit time in 64 ms that the first delta counts from."""
    deltas: list[int]
    """For each number the time since the one before that arrived, in 250 us, or `ABSENT`."""


def split(compound: bytes) -> tuple[bytes, list[bytes]]:
    """A compound RTCP packet without its transport-cc feedback, and that feedback, packet by packet.

    From the first part on whose length is wrong, everything stays where it was.
    """
    kept: list[bytes] = []
    taken: list[bytes] = []
    at, end = 0, len(compound)
    while at + 4 <= end:
        stop = at + 4 + 4 * (compound[at + 2] << 8 | compound[at + 3])
        if stop > end:
            break
        part = compound[at:stop]
        mine = part[1] == _RTPFB and part[0] & 0x1F == _TRANSPORT_CC
        (taken if mine else kept).append(part)
        at = stop
    if not taken:
        return compound, taken
    kept.append(compound[at:])
    return b"".join(kept), taken


def read_feedback(packet: bytes) -> Feedback | None:
    """One RTCP packet of type 205, format 15, header included; None when it is cut short or makes no sense."""
    end = len(packet)
    if end < _FIRST_CHUNK or packet[0] & 0xDF != 0x80 | _TRANSPORT_CC or packet[1] != _RTPFB:
        return None
    base, count = packet[12] << 8 | packet[13], packet[14] << 8 | packet[15]
    if not 0 < count <= MAX_STATUSES:
        return None
    symbols: list[int] = []
    at = _FIRST_CHUNK
    while len(symbols) < count:
        if at + 2 > end:
            return None
        chunk = packet[at] << 8 | packet[at + 1]
        at += 2
        if not chunk & 0x8000:
            run = min(chunk & 0x1FFF, count - len(symbols))
            if not run:
                return None
            symbols.extend([chunk >> 13] * run)
        elif chunk & 0x4000:
            symbols.extend(chunk >> shift & 3 for shift in range(12, -1, -2))
        else:
            symbols.extend(chunk >> shift & 1 for shift in range(13, -1, -1))
    deltas: list[int] = []
    for symbol in symbols[:count]:
        if symbol == _SMALL:
            if at + 1 > end:
                return None
            deltas.append(packet[at])
            at += 1
        elif symbol == _LARGE:
            if at + 2 > end:
                return None
            value = packet[at] << 8 | packet[at + 1]
            deltas.append(value - 0x10000 if value & 0x8000 else value)
            at += 2
        elif symbol:
            return None
        else:
            deltas.append(ABSENT)
    return Feedback(base, packet[16] << 16 | packet[17] << 8 | packet[18], deltas)
