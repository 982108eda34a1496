"""A circuit breaker: after several failures running, a service that is down is left alone for a while. Pure; time
is passed in.

    closed --failures running--> open --rest_ms later--> one trial --success--> closed
                                  ^----------------------- failure
"""

from __future__ import annotations


class Breaker:
    """Not safe for several threads at once."""

    def __init__(self, failures: int = 5, rest_ms: int = 30_000) -> None:
        if failures < 1 or rest_ms < 1:
            raise ValueError(f"{failures} failures, {rest_ms} ms")
        self._most = failures
        self._rest_ms = rest_ms
        self._failures = 0
        self._rests_until_ms = 0

    @property
    def is_open(self) -> bool:
        """Whether the service is left alone, or just tried again."""
        return self._failures >= self._most

    def allows(self, now_ms: int) -> bool:
        """Whether to ask now. When the rest is over, yes for one caller; the others wait for what becomes of it."""
        if not self.is_open:
            return True
        if now_ms < self._rests_until_ms:
            return False
        self._rests_until_ms = now_ms + self._rest_ms
        return True

    def succeeded(self) -> None:
        """The service answered. Idempotent."""
        self._failures = 0

    def failed(self, now_ms: int) -> None:
        """It did not."""
        self._failures += 1
        if self.is_open:
            self._rests_until_ms = now_ms + self._rest_ms
