"""The count of a division: sums of its units, and what they amount to under a threshold. Exact integers, pure.

`count_units` goes over every unit; an open meeting keeps the same sums as ballots come (`voting.sums`), and the tests
hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

import msgspec

from voting.leaves import Count, DivisionResult, Options
from voting.rules.model import Threshold
from voting.words import Base, Choice, Silent

NOTHING = Count()


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted of one division before anybody asks what silence means."""

    agree: Count = NOTHING
    against: Count = NOTHING
    abstain: Count = NOTHING
    invalid: Count = NOTHING
    quiet: Count = NOTHING
    """Signed in, without a ballot."""
    total: Count = NOTHING
    """All units, present or not."""

    @property
    def cast(self) -> Count:
        """The units with a ballot."""
        return self.agree + self.against + self.abstain + self.invalid


def count_units(units: Mapping[str, int], ballots: Mapping[str, Choice], signed_in: Container[str]) -> Sums:
    """The sums of a division. `units`: amount in fen by id; `ballots` of others than its units count for nothing."""
    heads = dict.fromkeys(Choice, 0)
    amounts_fen = dict.fromkeys(Choice, 0)
    quiet_heads = quiet_fen = total_fen = 0
    for unit, amount_fen in units.items():
        total_fen += amount_fen
        choice = ballots.get(unit)
        if choice is not None:
            heads[choice] += 1
            amounts_fen[choice] += amount_fen
        elif unit in signed_in:
            quiet_heads += 1
            quiet_fen += amount_fen
    by_choice = {choice: Count(amounts_fen[choice], heads[choice]) for choice in Choice}
    return Sums(
        agree=by_choice[Choice.AGREE],
        against=by_choice[Choice.AGAINST],
        abstain=by_choice[Choice.ABSTAIN],
        invalid=by_choice[Choice.INVALID],
        quiet=Count(quiet_fen, quiet_heads),
        total=Count(total_fen, len(units)),
    )


def division_result(division: str, threshold: Threshold, options: Options, sums: Sums) -> DivisionResult:
    """Whether the division passes, and what was missing (docs/ballot-log.md, section 6)."""
    cast = sums.cast
    silent, deemed, present = NOTHING, NOTHING, cast
    agreeing = sums.agree
    if options.silent is Silent.SIGNED_IN:
        silent = sums.quiet
        present = cast + silent
    elif options.silent is not Silent.VOTERS_ONLY:
        deemed = Count(sums.total.amount_fen - cast.amount_fen, sums.total.heads - cast.heads)
        present = sums.total
        if options.silent is Silent.DEEMED_AGREE:
            agreeing = agreeing + deemed
    base_fen = sums.total.amount_fen
    if threshold.of_option_base and options.equity_base is Base.PRESENT:
        base_fen = present.amount_fen
    heads_missing = max(0, threshold.heads.num * present.heads // threshold.heads.den + 1 - agreeing.heads)
    amount_asked_fen = -(-threshold.amount.num * base_fen // threshold.amount.den)
    amount_missing_fen = max(0, amount_asked_fen - agreeing.amount_fen)
    return DivisionResult(
        abstain=sums.abstain,
        against=sums.against,
        agree=sums.agree,
        amount_missing_fen=amount_missing_fen,
        deemed=deemed,
        division=division,
        heads_missing=heads_missing,
        invalid=sums.invalid,
        passed=sums.total.heads > 0 and heads_missing == 0 and amount_missing_fen == 0,
        present=present,
        silent=silent,
        total=sums.total,
    )
