"""Who speaks, for the log: a change is noted only when it has lasted, so that a cough is no event."""

from __future__ import annotations

from collections.abc import Sequence

from hearing import events as ev
from hearing.session import is_open
from records.ledger import Ledger

HOLD_US = 1_000_000
"""Shorter than this is not a turn of speech; the composite's layout must not flicker either."""


class SpeechLog:
    """Notes SpeakerChanged once the first speaker has stayed the same for HOLD_US."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._heard: tuple[str, ...] = ()
        self._since_us = 0

    def heard(self, participants: Sequence[str], now_us: int) -> None:
        """The media room says who speaks now, the loudest first."""
        if tuple(participants[:1]) != self._heard[:1]:
            self._since_us = now_us
        self._heard = tuple(participants)

    async def settle(self, now_us: int) -> None:
        """Note what has lasted. Silence keeps the last speaker, as a court's camera does. Raises StoreUnavailable."""
        if not self._heard or now_us - self._since_us < HOLD_US:
            return
        hearing = self._ledger.hearing
        known = tuple(p for p in self._heard if p in hearing.people)
        if known and is_open(hearing.state) and hearing.speakers[:1] != known[:1]:
            await self._ledger.note("server", [ev.SpeakerChanged(participants=known)])
