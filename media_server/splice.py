"""One RTP stream made of several: sequence numbers and timestamps go on where a track changes its layer.

What a route does for a viewer, for those inside the server who are given packets as bytes. Pure.
"""

from __future__ import annotations

import struct
from collections import deque

from media_server.dataplane.ports import TapPacket

_HELD = 256
_RECENT = 512
_DISBELIEVED_S = 2
"""A time from sender reports that stands so far from the time of arrival is not believed."""


class Splice:
    """The first stream passes as it is; after `cut` another one is moved to follow it.

    Packets are passed in order of arrival and once each. `ssrc` is what every packet carries.
    """

    def __init__(self, ssrc: int, clock_rate_hz: int) -> None:
        self.ssrc = ssrc
        self.timestamp_offset = 0
        """Added to the present stream's timestamps, modulo 2**32."""
        self._rate_hz = clock_rate_hz
        self._sequence_offset = 0
        self._first: int | None = None
        self._moved = False
        self._last: tuple[int, int, int] | None = None
        self._recent: deque[int] = deque(maxlen=_RECENT)
        self._recent_set: set[int] = set()

    def cut(self, first: TapPacket, shift: int | None) -> None:
        """From now on packets are of another stream, which begins with `first`; older ones of it are dropped.

        `shift`: the new stream's timestamp minus the present one's for the same instant; None where sender reports do
        not say it: then by time of arrival.
        """
        sequence, timestamp = _numbers(first.rtp)
        self._first, self._moved = sequence, True
        self._recent.clear()
        self._recent_set.clear()
        if self._last is None:
            return
        last_sequence, last_timestamp, last_us = self._last
        self._sequence_offset = last_sequence + 1 - sequence & 0xFFFF
        arrived = last_timestamp + max(0, first.arrival_us - last_us) * self._rate_hz // 1_000_000
        moved = arrived if shift is None else timestamp + self.timestamp_offset - shift
        if abs(_ahead(moved, arrived, 32)) > _DISBELIEVED_S * self._rate_hz:
            moved = arrived
        # Two pictures with one timestamp would be taken for one.
        moved += _ahead(moved, last_timestamp, 32) == 0
        self.timestamp_offset = moved - timestamp & 0xFFFFFFFF

    def push(self, packet: TapPacket) -> bytes | None:
        """The packet as it goes on, or None for a repetition or one from before the cut."""
        rtp = packet.rtp
        sequence, timestamp = _numbers(rtp)
        if sequence in self._recent_set or (self._first is not None and _ahead(sequence, self._first, 16) < 0):
            return None
        if len(self._recent) == _RECENT:
            self._recent_set.discard(self._recent[0])
            # What is forgotten must not pass for old once the numbers have gone round.
            self._first = None
        self._recent.append(sequence)
        self._recent_set.add(sequence)
        out = sequence + self._sequence_offset & 0xFFFF
        moved = timestamp + self.timestamp_offset & 0xFFFFFFFF
        if self._last is None or _ahead(out, self._last[0], 16) > 0:
            self._last = (out, moved, packet.arrival_us)
        if not self._moved:
            return rtp
        return rtp[:2] + struct.pack("!HII", out, moved, self.ssrc) + rtp[12:]


class Held:
    """Packets of a stream that waits for its keyframe, the newest 256: the first of a keyframe may come last."""

    def __init__(self) -> None:
        self._packets: deque[TapPacket] = deque(maxlen=_HELD)

    def push(self, packet: TapPacket) -> None:
        """Keep it."""
        self._packets.append(packet)

    def since(self, first: TapPacket) -> list[TapPacket]:
        """`first` and what is kept of the packets behind it in sequence, in that order."""
        begin = _numbers(first.rtp)[0]
        later = [packet for packet in self._packets if _ahead(_numbers(packet.rtp)[0], begin, 16) > 0]
        return [first, *sorted(later, key=lambda packet: _ahead(_numbers(packet.rtp)[0], begin, 16))]


def _numbers(rtp: bytes) -> tuple[int, int]:
    """Sequence number and timestamp (RFC 3550 5.1)."""
    return rtp[2] << 8 | rtp[3], int.from_bytes(rtp[4:8], "big")


def _ahead(number: int, other: int, bits: int) -> int:
    half = 1 << bits - 1
    return (number - other + half & (1 << bits) - 1) - half
