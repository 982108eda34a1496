"""What a seat is compared with: the gate's template, else the first looks that resemble each other."""

from __future__ import annotations

import numpy as np
import pytest

from identity.engine import Embedding
from identity.score import REVIEW_FROM, Scorer
from identity.watch_likeness import Likeness

pytestmark = pytest.mark.unit

SCORER = Scorer("dlib_onnx", "a" * 64)


def looks_of(person: int, number: int = 1) -> list[Embedding]:
    """Vectors of one person: 0.05 or so from each other, those of two people 0.8."""
    face = np.random.default_rng(person).normal(0, 0.05, 128)
    noise = np.random.default_rng(1_000 + person).normal(0, 0.003, (number, 128))
    return [(face + each).astype(np.float32) for each in noise]


def compare(likeness: Likeness, person: int) -> float | None:
    return likeness(looks_of(person, 9)[-1])


def test_with_a_template_of_the_gate_every_look_is_compared() -> None:
    likeness = Likeness(lambda: SCORER, SCORER.enrol(looks_of(1, 3)))
    assert (compare(likeness, 1) or 0) > REVIEW_FROM
    assert (compare(likeness, 2) or 0) < REVIEW_FROM


def test_without_one_the_first_three_looks_are_the_baseline_and_nobody_is_judged_before() -> None:
    likeness = Likeness(lambda: SCORER, None)
    assert [likeness(vector) for vector in looks_of(1, 3)] == [None, None, None]
    assert (compare(likeness, 1) or 0) > REVIEW_FROM
    assert (compare(likeness, 2) or 0) < REVIEW_FROM
    # Whoever is swapped in does not become the seat's person by staying.
    for _ in range(10):
        assert (compare(likeness, 2) or 0) < REVIEW_FROM


def test_a_baseline_is_of_one_person() -> None:
    likeness = Likeness(lambda: SCORER, None)
    mixed = [*looks_of(1, 2), *looks_of(2, 3)]
    assert [likeness(vector) for vector in mixed] == [None] * 5
    assert (compare(likeness, 2) or 0) > REVIEW_FROM
    assert (compare(likeness, 1) or 0) < REVIEW_FROM


def test_a_template_of_another_model_is_not_compared_but_a_baseline_made_instead() -> None:
    other = Scorer("dlib_onnx", "b" * 64)
    likeness = Likeness(lambda: SCORER, other.enrol(looks_of(1, 3)))
    assert [likeness(vector) for vector in looks_of(1, 3)] == [None, None, None]
    assert (compare(likeness, 2) or 0) < REVIEW_FROM
