"""Who may vote: the units of each division, from a roll, the options and a matter's rule.

A unit has one head and an amount: a creditor in `all`, an entry in a group, or a group that votes as one
(docs/ballot-log.md, section 4). Pure; all orders of entries and exclusions give the same units.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from voting.leaves import Options
from voting.roll_entry import RollEntry
from voting.rules.model import Amounts, MatterRule
from voting.words import ALL, Group, Secured, Standing, bloc_unit

Units = dict[str, dict[str, int]]
"""By division, in order: amount in fen by the unit's id."""


def divisions_of(rule: MatterRule, groups: Iterable[Group]) -> tuple[str, ...]:
    """The divisions of a motion, in the order of its result."""
    return tuple(group.value for group in groups) if rule.by_group else (ALL,)


def counts_whole(rule: MatterRule, options: Options) -> bool:
    """Whether an entry votes with all of its amount; otherwise with what no security covers."""
    if rule.amounts is Amounts.BY_OPTION:
        return options.secured is Secured.INCLUDE
    return rule.amounts is Amounts.FULL


def units_of(
    rule: MatterRule,
    options: Options,
    groups: Iterable[Group],
    entries: Iterable[RollEntry],
    excluded: Collection[str] = frozenset(),
) -> Units:
    """The units of each division. `excluded` are creditors whose entries are left out, their part of a bloc too."""
    units: Units = {division: {} for division in divisions_of(rule, groups)}
    blocs = {bloc.group: bloc_unit(bloc.group) for bloc in options.bloc}
    whole = counts_whole(rule, options)
    none = Standing.NONE
    for entry in entries:
        if entry.kind is none or entry.group in rule.barred or (excluded and entry.creditor in excluded):
            continue
        division = units.get(entry.group.value if rule.by_group else ALL)
        if division is None:
            continue
        unit = blocs.get(entry.group, entry.creditor) if blocs else entry.creditor
        amount_fen = entry.amount_fen if whole else entry.amount_fen - entry.secured_fen
        division[unit] = division.get(unit, 0) + amount_fen
    if rule.amounts is Amounts.UNSECURED:
        for name, division in units.items():
            units[name] = {unit: amount_fen for unit, amount_fen in division.items() if amount_fen > 0}
    return units


def counted_elsewhere(rule: MatterRule, options: Options) -> Options | None:
    """The options with the other choice of `secured`, where the matter leaves one."""
    if rule.amounts is not Amounts.BY_OPTION:
        return None
    other = Secured.EXCLUDE if options.secured is Secured.INCLUDE else Secured.INCLUDE
    return msgspec.structs.replace(options, secured=other)
