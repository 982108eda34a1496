"""Which packets of an incoming stream to ask for again, and when to give up (RFC 4585 generic NACK)."""

from __future__ import annotations

from dataclasses import dataclass

REORDERING_US = 10_000
"""A hole is given this long to be filled by a late packet before it is asked for."""
SHORTEST_RETRY_US = 20_000
MAX_TRIES = 10
MAX_MISSING = 300
"""More holes than this are no longer worth repairing: all are given up at once."""


@dataclass(slots=True)
class _Hole:
    seen_us: int
    asked_us: int = 0
    tries: int = 0


class NackGenerator:
    """Holes of one stream, at most `MAX_MISSING`. Pure: time is passed in, microseconds."""

    def __init__(self, patience_us: int = 1_000_000) -> None:
        self._patience_us = patience_us
        self._highest: int | None = None
        self._holes: dict[int, _Hole] = {}
        self._gave_up = False
        self.round_trip_us: int | None = None
        """Smoothed time from the first question to the answer: a round trip seen from here."""

    def received(self, sequence: int, now_us: int) -> bool:
        """Note a packet; True when it is a repetition that we asked for."""
        if self._highest is None:
            self._highest = sequence + 0x10000
            return False
        ahead = (sequence - self._highest + 0x8000 & 0xFFFF) - 0x8000
        if ahead == 1:
            self._highest += 1
            return False
        extended = self._highest + ahead
        if ahead <= 0:
            hole = self._holes.pop(extended, None)
            if hole is None or not hole.tries:
                return False
            if hole.tries == 1:
                self._measure(now_us - hole.asked_us)
            return True
        if ahead > MAX_MISSING or len(self._holes) + ahead - 1 > MAX_MISSING:
            self._holes.clear()
            self._gave_up = True
        else:
            for missing in range(self._highest + 1, extended):
                self._holes[missing] = _Hole(now_us)
        self._highest = extended
        return False

    def due(self, now_us: int, round_trip_us: int | None = None) -> list[int]:
        """Sequence numbers (16 bit, ascending) to ask for now; each counts as asked. Holes too old are dropped."""
        trip_us = self.round_trip_us if round_trip_us is None else round_trip_us
        retry_us = max(SHORTEST_RETRY_US, (100_000 if trip_us is None else trip_us) * 5 // 4)
        asked = []
        for sequence, hole in list(self._holes.items()):
            if hole.tries >= MAX_TRIES or now_us - hole.seen_us > self._patience_us:
                del self._holes[sequence]
                self._gave_up = True
                continue
            # Each try waits longer, so that ten of them outlast a short outage even on a fast network.
            wait_us = retry_us * min(hole.tries, 5) if hole.tries else REORDERING_US
            if now_us - (hole.asked_us or hole.seen_us) >= wait_us:
                hole.asked_us = now_us
                hole.tries += 1
                asked.append(sequence & 0xFFFF)
        return asked

    def gave_up(self) -> bool:
        """Whether a hole has been given up since the last call: video then needs a keyframe."""
        gave_up, self._gave_up = self._gave_up, False
        return gave_up

    def forget(self) -> None:
        """Drop all holes and start anew with the next packet (muted or restarted stream). Idempotent."""
        self._holes.clear()
        self._highest = None
        self._gave_up = False

    @property
    def missing(self) -> int:
        """Holes now."""
        return len(self._holes)

    def _measure(self, sample_us: int) -> None:
        old = self.round_trip_us
        self.round_trip_us = sample_us if old is None else (7 * old + sample_us) // 8
