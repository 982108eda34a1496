"""One round of one motion: who may vote in it, what was cast, when it opened and closed, what came of it."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator

import msgspec

from voting.leaves import Count, MotionOpened, Result
from voting.outcome import Counts
from voting.roll import Roll
from voting.roll_entry import RollEntry
from voting.rules.model import Amounts, MatterRule
from voting.sums import DivisionSums, Less, Unit
from voting.units import counted_elsewhere, counts_whole
from voting.words import ALL, Standing, bloc_unit


class State(enum.StrEnum):
    """Of a round; a motion that nobody opened is a draft and in no log."""

    OPEN = "open"
    CLOSED = "closed"
    TALLIED = "tallied"
    ANNOUNCED = "announced"


class Cast(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a ballot said: enough to know a repeated request again."""

    seq: int
    motion: str
    round: int
    division: str
    creditor: str
    actor: str
    choice: str


class Round:
    """Changed by `voting.meeting` alone. `excluded` are creditors."""

    def __init__(
        self,
        leaf: MotionOpened,
        rule: MatterRule,
        roll: Roll,
        divisions: dict[str, DivisionSums],
        excluded: Iterable[str],
        present: Iterable[str],
    ) -> None:
        self.opened = leaf
        self.rule = rule
        self.roll = roll
        self.options = leaf.options
        self.closes_utc_ms = leaf.closes_utc_ms
        self.extended = 0
        self.excluded: set[str] = set(excluded)
        self.closed_seq = -1
        self.closed_utc_ms = -1
        self.result: Result | None = None
        self.announced_seq = -1
        self.announced_utc_ms = -1
        self.representatives = {bloc_unit(bloc.group): bloc.representative for bloc in leaf.options.bloc}
        self.divisions = divisions
        self._were_here = list(present)

    @property
    def state(self) -> State:
        """Where the round stands."""
        if self.announced_seq >= 0:
            return State.ANNOUNCED
        if self.result is not None:
            return State.TALLIED
        return State.OPEN if self.closed_seq < 0 else State.CLOSED

    def sign_in(self, attendee: str) -> None:
        """The attendee is present at this round. Idempotent."""
        for division in self.divisions.values():
            division.sign_in(attendee)

    def settle(self, most: int) -> bool:
        """Take up to `most` of those who were here at the opening into the sums; whether some are left. When it is
        done changes nothing, so that the opening of a large meeting need not do it all at once."""
        taken = self._were_here[-most:] if most else []
        del self._were_here[len(self._were_here) - len(taken) :]
        for attendee in taken:
            self.sign_in(attendee)
        return bool(self._were_here)

    def turnout(self) -> dict[str, tuple[Count, Count, Count]]:
        """By division, exclusions left aside: units with a ballot; present without one, as far as `settle` came; all.
        Never who chose what."""
        return {name: division.turnout() for name, division in self.divisions.items()}

    def counts(self) -> Counts:
        """What is counted so far, every way. Costs what the excluded have, not what all have, once all is settled."""
        self.settle(len(self._were_here))
        less = self._less()
        main, other, everybody = {}, {}, {}
        for name, division in self.divisions.items():
            main[name], other[name] = division.without(less.get(name, ()))
            everybody[name], _ = division.without(())
        return Counts(
            main=main,
            other_secured=other if counted_elsewhere(self.rule, self.options) is not None else None,
            nobody_excluded=everybody if self.excluded else None,
        )

    def everybody_voted(self) -> bool:
        """Whether every unit has a ballot."""
        return all(cast.heads == total.heads for cast, _, total in self.turnout().values())

    def bloc_of(self, entry: RollEntry) -> str | None:
        """The unit in which the entry votes with its whole group; None where it does not."""
        unit = bloc_unit(entry.group)
        return unit if unit in self.representatives else None

    def _less(self) -> dict[str, list[tuple[Unit, Less]]]:
        taken: dict[tuple[str, str], tuple[int, int, int]] = {}
        for division, name, entry in self._excluded_entries():
            entries, fen, other_fen = taken.get((division, name), (0, 0, 0))
            whole_fen, unsecured_fen = entry.amount_fen, entry.amount_fen - entry.secured_fen
            whole = counts_whole(self.rule, self.options)
            taken[division, name] = (
                entries + 1,
                fen + (whole_fen if whole else unsecured_fen),
                other_fen + (unsecured_fen if whole else whole_fen),
            )
        less: dict[str, list[tuple[Unit, Less]]] = {}
        for (division, name), (entries, fen, other_fen) in taken.items():
            unit = self.divisions[division].units.get(name)
            if unit is None:
                continue
            nothing_left = self.rule.amounts is Amounts.UNSECURED and unit.amount_fen == fen
            whole = name not in self.representatives or entries == unit.entries or nothing_left
            less.setdefault(division, []).append((unit, Less(amount_fen=fen, other_fen=other_fen, whole=whole)))
        return less

    def _excluded_entries(self) -> Iterator[tuple[str, str, RollEntry]]:
        for creditor in self.excluded:
            for entry in self.roll.of(creditor):
                division = entry.group.value if self.rule.by_group else ALL
                if (
                    entry.kind is not Standing.NONE
                    and division in self.divisions
                    and entry.group not in self.rule.barred
                ):
                    yield division, self.bloc_of(entry) or creditor, entry
