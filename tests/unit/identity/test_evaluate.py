"""Operating figures on made-up people whose answers are known or can be counted the slow way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.cohort import Cohort, Matrix
from identity.evaluate import (
    GROUPS,
    Indices,
    Scores,
    all_pairs,
    at_threshold,
    bootstrap,
    equal_error,
    operating_table,
    score_matrix,
    smallest_cohort,
    threshold_at,
)

pytestmark = pytest.mark.unit


def crowd(people: int = 280, photos: int = 2, spread: float = 0.02, seed: int = 1) -> tuple[Matrix, Indices]:
    """People far from each other, photos of one person `spread` apart."""
    random = np.random.default_rng(seed)
    centres = random.normal(0, 0.1, (people, 16))
    person = np.repeat(np.arange(people), photos)
    return (centres[person] + random.normal(0, spread, (len(person), 16))).astype(np.float32), person


def scores_of(genuine: list[float], impostor: list[float], people: int = 50) -> Scores:
    pairs = [(at % people, (at // people + 1 + at) % people) for at in range(len(impostor))]
    return Scores(
        np.array(genuine, float),
        np.arange(len(genuine)) % people,
        np.array(impostor, float),
        np.array(pairs, np.int32).reshape(-1, 2),
        people,
    )


def test_every_pair_counts_once() -> None:
    vectors, person = crowd(300, 3)
    found = all_pairs(vectors, person, vectors, person, normalise=False, once=True)
    assert len(found.genuine) == 300 * 3
    assert len(found.impostor) == 900 * 899 // 2 - 900
    assert (found.impostor_people[:, 0] != found.impostor_people[:, 1]).all()


def test_a_pair_is_normalised_by_strangers_of_both_only() -> None:
    """As the gate would do with a cohort that knows neither: people of both groups are left out."""
    vectors, person = crowd(320, 2)
    matrix = score_matrix(vectors, person, vectors, person, normalise=True)
    first = np.unique(person, return_index=True)[1]
    for row, column in ((0, 3), (5, 4), (17, 600), (33, 32)):
        groups = {int(person[row]) % GROUPS, int(person[column]) % GROUPS}
        others = [at for at in first if int(person[at]) % GROUPS not in groups]
        cohort = Cohort("toy", "ab" * 32, vectors[others])
        assert len(others) >= smallest_cohort(320)
        wanted = cohort.score(vectors[column], cohort.yardstick(vectors[column]), vectors[row])
        assert matrix[row, column] == pytest.approx(wanted, abs=2e-2)


def test_people_far_apart_are_told_apart_and_noise_is_not() -> None:
    apart = all_pairs(*crowd(spread=0.005), *crowd(spread=0.005), normalise=True, once=True)
    assert equal_error(apart)[0] < 1e-3
    noise = all_pairs(*crowd(spread=5.0), *crowd(spread=5.0), normalise=False, once=True)
    assert 0.4 < equal_error(noise)[0] < 0.6


@given(
    st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=60),
    st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=60),
    st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]),
)
def test_the_threshold_lets_no_more_through_than_allowed(
    genuine: list[float], impostor: list[float], allowed: float
) -> None:
    scores = scores_of(genuine, impostor)
    threshold = threshold_at(scores.impostor, allowed)
    found = at_threshold(scores, threshold)
    assert found.false_match.value <= allowed
    assert found.false_match.count == sum(score >= threshold for score in impostor)
    assert found.false_non_match.count == sum(score < threshold for score in genuine)
    # A lower threshold that lets more through would have been too many.
    lower = [score for score in impostor if score < threshold]
    if lower:
        assert sum(score >= max(lower) for score in impostor) > allowed * len(impostor)


@given(
    st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=40),
    st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=40),
)
def test_the_equal_error_rate_is_where_both_errors_meet(genuine: list[float], impostor: list[float]) -> None:
    found, threshold = equal_error(scores_of(genuine, impostor))

    def rates(at: float) -> tuple[float, float]:
        passed = sum(score >= at for score in impostor) / len(impostor)
        return passed, sum(score < at for score in genuine) / len(genuine)

    gap = min(abs(passed - refused) for passed, refused in map(rates, impostor))
    passed, refused = rates(threshold)
    assert threshold in impostor
    assert abs(passed - refused) == pytest.approx(gap)
    assert found == pytest.approx((passed + refused) / 2)


def test_rates_that_the_pairs_cannot_show_are_not_shown() -> None:
    scores = scores_of([1.0] * 10, list(np.linspace(0, 1, 2_000)))
    assert [round(row.false_match.value, 3) for row in operating_table(scores)] == [0.1, 0.01]


def test_the_bootstrap_agrees_with_itself_and_holds_the_value() -> None:
    vectors, person = crowd(300, 3, spread=0.06)
    scores = all_pairs(vectors, person, vectors, person, normalise=True, once=True)
    fnmr, eer = bootstrap(scores, 1e-2, rounds=60)
    assert (fnmr, eer) == bootstrap(scores, 1e-2, rounds=60)
    assert fnmr.value == at_threshold(scores, threshold_at(scores.impostor, 1e-2)).false_non_match.value
    assert fnmr.low <= fnmr.value <= fnmr.high
    assert eer.low <= eer.value <= eer.high
    assert fnmr.low < fnmr.high


def test_more_people_make_narrower_intervals() -> None:
    def width(people: int) -> float:
        vectors, person = crowd(people, 2, spread=0.06)
        between = bootstrap(all_pairs(vectors, person, vectors, person, normalise=False, once=True), 1e-2, 80)[0]
        return between.high - between.low

    assert width(600) < width(60)
