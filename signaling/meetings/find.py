"""Creditors by what somebody types: one search through one long string, milliseconds for 118,738 of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from voting.rolls import Registered

_BETWEEN_FIELDS = "\x00"
_BETWEEN_PEOPLE = "\n"


class CreditorIndex:
    """Of one register. Making it takes a fifth of a second of a large one: for a thread."""

    def __init__(self, register: Mapping[str, Registered]) -> None:
        self._people = list(register)
        self._starts: list[int] = []
        lines: list[str] = []
        at = 0
        for creditor, person in register.items():
            line = _BETWEEN_FIELDS.join((creditor, person.name, person.number)).upper()
            self._starts.append(at)
            lines.append(line)
            at += len(line) + len(_BETWEEN_PEOPLE)
        self._text = _BETWEEN_PEOPLE.join(lines)

    def find(self, words: str, most: int) -> list[str]:
        """Ids of creditors whose id, name or number has `words` in it, in the register's order; the first ones for no
        words at all."""
        wanted = words.strip().upper()
        if not wanted:
            return self._people[:most]
        if _BETWEEN_FIELDS in wanted or _BETWEEN_PEOPLE in wanted:
            return []
        found: list[str] = []
        at = self._text.find(wanted)
        while at >= 0 and len(found) < most:
            place = bisect_right(self._starts, at) - 1
            found.append(self._people[place])
            if place + 1 == len(self._starts):
                break
            at = self._text.find(wanted, self._starts[place + 1])
        return found
