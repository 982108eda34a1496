"""Salts of leaves: 128 bits from the system's random source, 32 hex digits."""

from __future__ import annotations

import os

_AT_ONCE = 256
_BYTES = 16


class Salts:
    """Asks the system for many at once: a system call for each ballot would cost more than the rest of its leaf."""

    def __init__(self) -> None:
        self._ready: list[str] = []

    def next(self) -> str:
        """A salt that was never given out."""
        if not self._ready:
            digits = os.urandom(_BYTES * _AT_ONCE).hex()
            self._ready = [digits[at : at + 2 * _BYTES] for at in range(0, len(digits), 2 * _BYTES)]
        return self._ready.pop()
