"""The first half of an act that takes two persons, kept until a second, different person asks for the very same.

Nothing of it is in the log: what one person alone wanted changes no result. Pure; the caller brings the time.
"""

from __future__ import annotations

import msgspec

from hearing.errors import Refused
from voting.requests import Act

LIFETIME_MS = 120_000
MOST_PENDING = 50


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for somebody else."""

    act: Act
    by: str
    until_ms: int


class Countersign:
    """Of one meeting. Keeps `MOST_PENDING` acts at most and drops those that are older than `LIFETIME_MS`."""

    def __init__(self, lifetime_ms: int = LIFETIME_MS) -> None:
        self._lifetime_ms = lifetime_ms
        self._pending: dict[Act, Pending] = {}

    def ask(self, act: Act, person: str, now_ms: int) -> tuple[str, str] | None:
        """The two who have now asked for `act`; None while it waits for a second. Who asks twice is one person still
        and begins the time anew. Raises Refused `too-many-acts`."""
        self._expire(now_ms)
        first = self._pending.get(act)
        if first is not None and first.by != person:
            del self._pending[act]
            return first.by, person
        if first is None and len(self._pending) >= MOST_PENDING:
            raise Refused("too-many-acts", "待确认的操作过多", "too many acts wait for a second person")
        self._pending[act] = Pending(act=act, by=person, until_ms=now_ms + self._lifetime_ms)
        return None

    def withdraw(self, act: Act, person: str) -> bool:
        """Take back what one asked for. Whether there was such an act of this person."""
        first = self._pending.get(act)
        if first is None or first.by != person:
            return False
        del self._pending[act]
        return True

    def pending(self, now_ms: int) -> tuple[Pending, ...]:
        """What waits, oldest first."""
        self._expire(now_ms)
        return tuple(self._pending.values())

    def _expire(self, now_ms: int) -> None:
        self._pending = {act: each for act, each in self._pending.items() if each.until_ms > now_ms}
