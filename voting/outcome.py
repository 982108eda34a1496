"""What a round's counts lead to: passed or not, what follows, and what other choices would have given. Pure."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping

import msgspec

from voting.leaves import Alternative, DivisionResult, Options
from voting.roll_entry import RollEntry
from voting.rules.model import MatterRule
from voting.tally import Sums, count_units, division_result
from voting.units import counted_elsewhere, units_of
from voting.words import Choice, Group, Next, Silent

Division = dict[str, Sums]
"""Sums by division, in the order of the result."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted of one round, in every way that somebody may ask for."""

    main: Division
    other_secured: Division | None
    """With the other choice of `secured`; None where the matter leaves none."""
    nobody_excluded: Division | None
    """None where nobody is."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of a `result`."""

    alternatives: tuple[Alternative, ...]
    divisions: tuple[DivisionResult, ...]
    next: Next
    passed: bool


def outcome(rule: MatterRule, options: Options, round_: int, counts: Counts) -> Outcome:
    """The result of round `round_` (from 1). Only the meeting's own options decide; the alternatives inform."""
    divisions = _results(rule, options, counts.main)
    passed = _all_passed(divisions)
    return Outcome(
        alternatives=tuple(_alternatives(rule, options, counts)),
        divisions=divisions,
        next=Next.FINAL if passed else rule.after_failure[min(round_, len(rule.after_failure)) - 1],
        passed=passed,
    )


def count(
    rule: MatterRule,
    options: Options,
    groups: Collection[Group],
    entries: Collection[RollEntry],
    *,
    excluded: Collection[str],
    ballots: Mapping[str, Mapping[str, Choice]],
    signed_in: Container[str],
) -> Counts:
    """Counts again from nothing. `ballots`: the effective choice by division and unit; `excluded`: creditors."""

    def sums(options: Options, left_out: Collection[str]) -> Division:
        units = units_of(rule, options, groups, entries, left_out)
        return {name: count_units(units[name], ballots.get(name, {}), signed_in) for name in units}

    other = counted_elsewhere(rule, options)
    return Counts(
        main=sums(options, excluded),
        other_secured=sums(other, excluded) if other is not None else None,
        nobody_excluded=sums(options, frozenset()) if excluded else None,
    )


def _results(rule: MatterRule, options: Options, sums: Division) -> tuple[DivisionResult, ...]:
    return tuple(division_result(name, rule.threshold_of(name), options, sums[name]) for name in sums)


def _all_passed(divisions: Iterable[DivisionResult]) -> bool:
    return all(division.passed for division in divisions)


def _alternatives(rule: MatterRule, options: Options, counts: Counts) -> Iterable[Alternative]:
    for silent in Silent:
        if silent is not options.silent:
            changed = msgspec.structs.replace(options, silent=silent)
            yield _alternative("silent", silent, _results(rule, changed, counts.main))
    other = counted_elsewhere(rule, options)
    if other is not None and counts.other_secured is not None:
        yield _alternative("secured", other.secured, _results(rule, other, counts.other_secured))
    if counts.nobody_excluded is not None:
        yield _alternative("exclusions", "none", _results(rule, options, counts.nobody_excluded))


def _alternative(option: str, value: str, divisions: tuple[DivisionResult, ...]) -> Alternative:
    return Alternative(divisions=divisions, option=option, passed=_all_passed(divisions), value=str(value))
