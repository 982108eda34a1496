"""Thresholds are exact: more than half of the heads, at least the share of the amount, to the last fen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voting.leaves import Count, Options
from voting.rules import MatterRule, rule_set
from voting.tally import Sums, count_units, division_result
from voting.words import ALL, MAX_FEN, Base, Choice, Group, Matter, Silent

pytestmark = pytest.mark.unit

RULES = rule_set("EBL2006+JI3").matters
_heads = st.integers(0, 200_000)
_fen = st.integers(0, MAX_FEN)


def _passes(rule: MatterRule, sums: Sums, division: str = ALL, options: Options | None = None) -> bool:
    return division_result(division, rule.threshold_of(division), options or Options(), sums).passed


def _sums(agree: Count, against: Count, total: Count) -> Sums:
    return Sums(agree=agree, against=against, total=total)


@given(st.integers(1, 100_000), st.integers(0, MAX_FEN))
def test_half_of_the_heads_is_not_enough_and_one_more_is(half: int, fen: int) -> None:
    rule = RULES[Matter.ORDINARY]
    tie = _sums(Count(fen, half), Count(0, half), Count(fen, 2 * half))
    assert not _passes(rule, tie)
    assert division_result(ALL, rule.threshold, Options(), tie).heads_missing == 1
    assert _passes(rule, _sums(Count(fen, half + 1), Count(0, half - 1), Count(fen, 2 * half)))


@given(st.integers(1, MAX_FEN // 2))
def test_half_of_the_amount_is_enough_and_a_fen_less_is_not(half: int) -> None:
    rule = RULES[Matter.ORDINARY]
    assert _passes(rule, _sums(Count(half, 1), Count(), Count(2 * half, 3)))
    short = _sums(Count(half - 1, 1), Count(), Count(2 * half, 3))
    assert not _passes(rule, short)
    assert division_result(ALL, rule.threshold, Options(), short).amount_missing_fen == 1


@pytest.mark.parametrize("matter", [Matter.PLAN, Matter.COMPOSITION])
@given(third=st.integers(1, MAX_FEN // 3))
def test_two_thirds_of_the_amount_are_enough_and_a_fen_less_is_not(matter: Matter, third: int) -> None:
    rule = RULES[matter]
    division = "ordinary" if rule.by_group else ALL
    assert _passes(rule, _sums(Count(2 * third, 1), Count(), Count(3 * third, 2)), division)
    assert not _passes(rule, _sums(Count(2 * third - 1, 1), Count(), Count(3 * third, 2)), division)


@given(st.sampled_from(Matter), _heads, _heads, _fen, _fen, _fen, st.sampled_from(Silent), st.sampled_from(Base))
def test_what_is_missing_is_the_least_that_passes(
    matter: Matter, agree: int, others: int, a: int, b: int, c: int, silent: Silent, base: Base
) -> None:
    rule = RULES[matter]
    options = Options(silent=silent, equity_base=base)
    for division in [group.value for group in Group] if rule.by_group else [ALL]:
        threshold = rule.threshold_of(division)
        sums = _sums(Count(a, agree), Count(b, others), Count(a + b + c, agree + others + 1))
        result = division_result(division, threshold, options, sums)
        extra = agree + (sums.total.heads - agree - others if silent is Silent.DEEMED_AGREE else 0)
        heads, present = extra + result.heads_missing, result.present.heads
        assert threshold.heads.den * heads > threshold.heads.num * present
        if result.heads_missing:
            assert threshold.heads.den * (heads - 1) <= threshold.heads.num * present
        assert result.passed == (result.heads_missing == 0 and result.amount_missing_fen == 0)


def test_an_empty_hall_of_investors_passes_nothing() -> None:
    rule = RULES[Matter.PLAN]
    for base in Base:
        empty = Sums(total=Count(100, 3))
        result = division_result("equity", rule.threshold_of("equity"), Options(equity_base=base), empty)
        assert (result.passed, result.heads_missing) == (False, 1)
    one = Sums(agree=Count(1, 1), total=Count(100, 3))
    assert _passes(rule, one, "equity", Options(equity_base=Base.PRESENT))
    assert not _passes(rule, one, "equity", Options(equity_base=Base.TOTAL))


def test_a_division_without_units_does_not_pass() -> None:
    assert not _passes(RULES[Matter.ORDINARY], Sums(), options=Options(silent=Silent.DEEMED_AGREE))


@given(st.dictionaries(st.text(max_size=3), _fen, max_size=12), st.data())
def test_everybody_is_counted_once(units: dict[str, int], data: st.DataObject) -> None:
    ballots = {unit: data.draw(st.sampled_from(Choice)) for unit in units if data.draw(st.booleans())}
    signed_in = {unit for unit in units if data.draw(st.booleans())}
    sums = count_units(units, ballots | {"a stranger": Choice.AGREE}, signed_in)
    assert sums.total == Count(sum(units.values()), len(units))
    assert sums.cast.heads == len(ballots)
    for silent in Silent:
        threshold = RULES[Matter.ORDINARY].threshold
        result = division_result(ALL, threshold, Options(silent=silent, court_ref="c", resolution="r"), sums)
        parts = (result.agree, result.against, result.abstain, result.invalid, result.silent, result.deemed)
        assert sum((part for part in parts), Count()) == result.present
        absent = len(units.keys() - ballots.keys() - signed_in)
        if silent is Silent.SIGNED_IN:
            assert result.present.heads == len(units) - absent
