"""Intervals against values of tables and against counting."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.intervals import incomplete_beta, rate, upper_bound

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(0, 40, 0.0, 0.08810), (1, 40, 0.000633, 0.131586), (5, 100, 0.016432, 0.112835), (50, 100, 0.398321, 0.601679)],
)
def test_known_intervals(count: int, of: int, low: float, high: float) -> None:
    found = rate(count, of)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_the_rule_of_three() -> None:
    assert upper_bound(0, 30_000) == pytest.approx(2.9957 / 30_000, rel=1e-3)
    assert upper_bound(0, 0) == 1.0
    assert rate(0, 0).high == 1.0


@given(st.integers(1, 60), st.data())
def test_the_beta_function_counts(of: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, of))
    x = data.draw(st.floats(0.001, 0.999))
    chance = sum(comb(of, k) * x**k * (1 - x) ** (of - k) for k in range(count, of + 1))
    assert incomplete_beta(count, of - count + 1, x) == pytest.approx(chance, abs=1e-9)


@given(st.integers(0, 10_000_000), st.data())
def test_an_interval_holds_its_value(of: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, of))
    found = rate(count, of)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert upper_bound(count, of) <= found.high + 1e-9


def test_more_errors_than_trials_are_refused() -> None:
    for wrong in (lambda: rate(3, 2), lambda: upper_bound(-1, 2)):
        with pytest.raises(ValueError):
            wrong()
