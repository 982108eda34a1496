"""The units of a round made ready beside the event loop: a hundred thousand creditors take a fifth of a second.

A meeting that was not given any makes them itself when the round opens: a replay does.
"""

from __future__ import annotations

import msgspec

from voting.leaves import MotionOpened, Options
from voting.requests import OpenMotion
from voting.roll import Roll
from voting.rules import RuleSet
from voting.rules.model import MatterRule
from voting.sums import DivisionSums, Unit
from voting.units import counted_elsewhere, units_of
from voting.words import ALL, Group, Matter, bloc_unit


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """For one opening; worth nothing for another. To be used once."""

    roll: Roll
    matter: Matter
    groups: tuple[Group, ...]
    options: Options
    divisions: dict[str, DivisionSums]

    def fits(self, leaf: MotionOpened, roll: Roll) -> bool:
        """Whether the round opened as was expected."""
        return self.roll is roll and (self.matter, self.groups, self.options) == (
            leaf.matter,
            leaf.groups,
            leaf.options,
        )


def prepare(rules: RuleSet, roll: Roll, act: OpenMotion) -> Prepared:
    """For `Meeting.prepared` under the act's motion and round. Reads only what never changes: for any thread."""
    return Prepared(
        roll=roll,
        matter=act.matter,
        groups=act.groups,
        options=act.options,
        divisions=divisions(rules.matters[act.matter], act.options, act.groups, roll),
    )


def divisions(rule: MatterRule, options: Options, groups: tuple[Group, ...], roll: Roll) -> dict[str, DivisionSums]:
    """The divisions of a round before anybody has come or voted, exclusions left aside."""
    main = units_of(rule, options, groups, roll.entries)
    elsewhere = counted_elsewhere(rule, options)
    other = units_of(rule, elsewhere, groups, roll.entries) if elsewhere is not None else main
    made = {
        name: {unit: Unit(fen, other[name][unit]) for unit, fen in division.items()}
        for name, division in main.items()
    }
    for bloc in options.bloc:
        unit = made.get(bloc.group.value if rule.by_group else ALL, {}).get(bloc_unit(bloc.group))
        if unit is not None:
            unit.entries = roll.voting[bloc.group]
    return {name: DivisionSums(units) for name, units in made.items()}
