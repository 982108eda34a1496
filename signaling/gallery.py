"""旁听席: who holds a seat of the public gallery now, and from which address. Pure; times are passed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hearing.errors import UserError
from hearing.participant import CONNECTED, Presence
from hearing.roles import Role
from hearing.session import is_over
from hearing.state import Hearing

MAX_OBSERVERS = 200
MAX_PER_ADDRESS = 50
"""Of one address prefix at once: a class of students fits, and no single address fills the gallery."""
HOLD_US = 90_000_000
"""A seat is kept so long for somebody who has a ticket, or has just come in, and is not connected."""

_GONE = frozenset({Presence.LEFT, Presence.REMOVED, Presence.DISMISSED})


@dataclass(slots=True)
class _Visit:
    address: str
    held_until_us: int


class Gallery:
    """Seats of every session. Addresses are remembered in memory only, while the session is not over: after a restart
    those who come back count towards the whole gallery but towards no address."""

    def __init__(self, max_observers: int = MAX_OBSERVERS, max_per_address: int = MAX_PER_ADDRESS) -> None:
        self._max_observers = max_observers
        self._max_per_address = max_per_address
        self._visits: dict[str, dict[str, _Visit]] = {}

    def check(self, hearing: Hearing, address: str, now_us: int) -> None:
        """Whether one more may register from this address. Raises UserError `gallery-full`, `too-many`."""
        self._check(hearing, address, "", now_us)

    def hold(self, session: str, participant: str, address: str, now_us: int) -> None:
        """Keep a seat for somebody who has just been registered."""
        self._visits.setdefault(session, {})[participant] = _Visit(address, now_us + HOLD_US)

    def enter(self, hearing: Hearing, participant: str, now_us: int) -> None:
        """Before an observer comes in or comes back: their seat may have been given away meanwhile. Does nothing for
        anybody else. Raises as `check`."""
        person = hearing.people.get(participant)
        if person is None or person.role is not Role.OBSERVER:
            return
        visit = self._visits.get(hearing.session, {}).get(participant)
        self._check(hearing, visit.address if visit is not None else "", participant, now_us)
        self.hold(hearing.session, participant, visit.address if visit is not None else "", now_us)

    def forget_over(self, hearings: Sequence[Hearing]) -> int:
        """Forget addresses of sessions that are over; returns of how many sessions. Idempotent."""
        over = [h.session for h in hearings if is_over(h.state) and h.session in self._visits]
        for session in over:
            del self._visits[session]
        return len(over)

    def _check(self, hearing: Hearing, address: str, participant: str, now_us: int) -> None:
        visits = self._visits.get(hearing.session, {})
        taken = here = 0
        for other, person in hearing.people.items():
            if person.role is not Role.OBSERVER or other == participant:
                continue
            visit = visits.get(other)
            kept = visit is not None and now_us < visit.held_until_us and person.presence not in _GONE
            if kept or person.presence in CONNECTED:
                taken += 1
                here += bool(address) and visit is not None and visit.address == address
        if taken >= self._max_observers:
            raise UserError("gallery-full", "旁听席已满", "the gallery is full")
        if here >= self._max_per_address:
            raise UserError("too-many", "您所在网络的旁听人数已满", "too many observers from your network")
