"""What strangers may take of the server: proofs asked for, and sockets that have not said whose they are.

By address: there is nothing else of a stranger. Thousands of phones share a carrier's address, so the bounds are far
beyond what they need. Whoever has a pass is bound by it instead: so many sockets for each person (`socket.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from signaling.limits import Limiter, TooMany

PROOFS_PER_S = 200.0
"""Heads and proofs of one address: a proof costs a quarter of a millisecond with its request."""
PROOFS_BURST = 4_000
MOST_KNOCKING = 1_000
"""Sockets of one address that are open and have not sent a valid `enter`; each has some seconds for it."""


class Crowd:
    """Counts; nothing waits here, whoever is beyond a bound is told when to come back."""

    def __init__(self, monotonic_us: Callable[[], int]) -> None:
        self._proofs = Limiter(PROOFS_PER_S, PROOFS_BURST, monotonic_us)
        self._knocking: Counter[str] = Counter()

    def ask_proof(self, address: str) -> None:
        """One more head or proof. Raises TooMany."""
        if not self._proofs.take(address):
            raise TooMany(self._proofs.wait_s(address))

    @contextmanager
    def knock(self, address: str) -> Iterator[None]:
        """A socket whose page has not entered yet. Raises TooMany."""
        if self._knocking[address] >= MOST_KNOCKING:
            raise TooMany(5.0)
        self._knocking[address] += 1
        try:
            yield
        finally:
            self._knocking[address] -= 1
            if not self._knocking[address]:
                del self._knocking[address]
