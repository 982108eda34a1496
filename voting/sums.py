"""The counts of an open division, kept as ballots come, so that the result needs no second look at all of them.

The sums leave exclusions aside; `without` takes them out when the result is asked for, at the cost of the
excluded only.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from voting.leaves import Count
from voting.tally import Sums
from voting.words import Choice

_AT = {Choice.AGREE: 0, Choice.AGAINST: 1, Choice.ABSTAIN: 2, Choice.INVALID: 3}
_QUIET = 4
_TOTAL = 5


class Unit(msgspec.Struct, gc=False):
    """One head of a division as it stands."""

    amount_fen: int
    other_fen: int
    """With the other choice of the option `secured`; the same where the matter leaves none."""
    entries: int = 1
    """Lines of the roll in it."""
    choice: Choice | None = None
    seq: int = -1
    """Of the ballot that stands."""
    utc_ms: int = 0
    """When that was cast; paper counts by when it was received."""
    signed_in: bool = False


class _Side:
    __slots__ = ("fen", "heads", "other_fen")

    def __init__(self, heads: int = 0, fen: int = 0, other_fen: int = 0) -> None:
        self.heads = heads
        self.fen = fen
        self.other_fen = other_fen

    def move(self, heads: int, fen: int, other_fen: int) -> None:
        self.heads += heads
        self.fen += fen
        self.other_fen += other_fen

    def copy(self) -> _Side:
        return _Side(self.heads, self.fen, self.other_fen)


class Less(msgspec.Struct, frozen=True, kw_only=True):
    """What exclusions take from one unit."""

    amount_fen: int
    other_fen: int
    whole: bool
    """The unit goes with its head."""


class DivisionSums:
    """One division of a round. `units` by id."""

    __slots__ = ("_sides", "units")

    def __init__(self, units: dict[str, Unit]) -> None:
        self.units = units
        fen = sum(unit.amount_fen for unit in units.values())
        other_fen = sum(unit.other_fen for unit in units.values())
        self._sides = [_Side() for _ in range(5)] + [_Side(len(units), fen, other_fen)]

    def cast(self, unit: Unit, choice: Choice, seq: int, utc_ms: int) -> None:
        """The unit's ballot is this; one that it had counts no more."""
        before = unit.choice
        fen, other_fen = unit.amount_fen, unit.other_fen
        if before is not None:
            self._sides[_AT[before]].move(-1, -fen, -other_fen)
        elif unit.signed_in:
            self._sides[_QUIET].move(-1, -fen, -other_fen)
        unit.choice = choice
        unit.seq = seq
        unit.utc_ms = utc_ms
        self._sides[_AT[choice]].move(1, fen, other_fen)

    def sign_in(self, attendee: str) -> None:
        """The unit of that id is present, if there is one. Idempotent."""
        unit = self.units.get(attendee)
        if unit is None or unit.signed_in:
            return
        unit.signed_in = True
        if unit.choice is None:
            self._sides[_QUIET].move(1, unit.amount_fen, unit.other_fen)

    def turnout(self) -> tuple[Count, Count, Count]:
        """Units with a ballot, present without one, and all: never who chose what."""
        cast = Count()
        for side in self._sides[:_QUIET]:
            cast += Count(side.fen, side.heads)
        quiet, total = self._sides[_QUIET], self._sides[_TOTAL]
        return cast, Count(quiet.fen, quiet.heads), Count(total.fen, total.heads)

    def without(self, less: Iterable[tuple[Unit, Less]]) -> tuple[Sums, Sums]:
        """The sums, and those with the other choice of `secured`, less what exclusions take."""
        sides = [side.copy() for side in self._sides]
        for unit, taken in less:
            heads = -1 if taken.whole else 0
            fen = unit.amount_fen if taken.whole else taken.amount_fen
            other_fen = unit.other_fen if taken.whole else taken.other_fen
            sides[_TOTAL].move(heads, -fen, -other_fen)
            if unit.choice is not None:
                sides[_AT[unit.choice]].move(heads, -fen, -other_fen)
            elif unit.signed_in:
                sides[_QUIET].move(heads, -fen, -other_fen)
        return (
            _sums(Count(side.fen, side.heads) for side in sides),
            _sums(Count(side.other_fen, side.heads) for side in sides),
        )


def _sums(sides: Iterable[Count]) -> Sums:
    agree, against, abstain, invalid, quiet, total = sides
    return Sums(agree=agree, against=against, abstain=abstain, invalid=invalid, quiet=quiet, total=total)
