"""Decisions: nobody passes without a calibration, and what was decided can be explained."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.cohort import Calibration, Cohort, CohortError
from identity.engine import Embedding, ModelMismatch
from identity.reasons import words
from identity.score import REVIEW_FROM, STRONG, Scorer, Template, decode, encode, mean_vector

pytestmark = pytest.mark.unit

SHA = "ab" * 32
RANDOM = np.random.default_rng(3)
STRANGERS = RANDOM.normal(0, 0.1, (400, 128)).astype(np.float32)
FACE: Embedding = RANDOM.normal(0, 0.1, 128).astype(np.float32)


def at_distance(distance: float) -> Embedding:
    step = np.zeros(128, np.float32)
    step[0] = distance
    return FACE + step


def calibrated(pass_from: float | None) -> Scorer:
    found = Calibration(
        frames=3, impostor_pairs=1, genuine_pairs=1, people=400, pass_from=pass_from, false_match_bound=1e-4,
        made_utc_ms=0,
    )  # fmt: skip
    return Scorer("dlib_onnx", SHA, Cohort("dlib_onnx", SHA, STRANGERS, found))


def test_without_a_cohort_nobody_passes() -> None:
    scorer = Scorer("dlib_onnx", SHA)
    template = scorer.enrol([FACE])
    same = scorer.decide(template, [FACE] * 5)
    assert (same.outcome, same.reason, same.normalised) == ("review", "not-calibrated", False)
    assert same.pass_from is None


@pytest.mark.parametrize(
    ("distance", "outcome"), [(0.42, "review"), (0.54, "review"), (0.56, "fail"), (0.59, "fail"), (0.6, "fail")]
)
def test_the_bands_of_raw_distances(distance: float, outcome: str) -> None:
    scorer = Scorer("dlib_onnx", SHA)
    decision = scorer.decide(scorer.enrol([FACE]), [at_distance(distance)] * 3)
    assert decision.outcome == outcome
    assert decision.distance == pytest.approx(distance, abs=1e-5)


def test_the_raw_scale_meets_the_normalised_one_at_its_limits() -> None:
    scorer = Scorer("face_recognition", SHA)
    template = scorer.enrol([FACE])
    assert scorer.score(template, at_distance(0.55)) == pytest.approx(REVIEW_FROM, abs=1e-4)
    assert scorer.score(template, at_distance(0.42)) == pytest.approx(STRONG, abs=1e-4)


@pytest.mark.parametrize("pass_from", [None, 0.0, 6.0, 1e9])
def test_passing_needs_a_calibration_and_never_begins_below_five(pass_from: float | None) -> None:
    scorer = calibrated(pass_from)
    decision = scorer.decide(scorer.enrol([FACE]), [FACE] * 3)
    assert decision.score > 6
    if pass_from is None:
        assert (decision.outcome, decision.reason) == ("review", "not-calibrated")
    elif pass_from > decision.score:
        assert (decision.outcome, decision.reason) == ("review", "uncertain")
    else:
        assert (decision.outcome, decision.reason) == ("pass", "")
        assert decision.pass_from is not None
        assert decision.pass_from >= STRONG


@pytest.mark.parametrize("frames", [1, 2])
def test_too_few_frames_are_for_the_clerk(frames: int) -> None:
    scorer = calibrated(5.0)
    assert scorer.decide(scorer.enrol([FACE]), [FACE] * frames).outcome == "review"


def test_a_stranger_fails() -> None:
    scorer = calibrated(5.0)
    decision = scorer.decide(scorer.enrol([FACE]), [STRANGERS[0]] * 3)
    assert (decision.outcome, decision.reason) == ("fail", "no-match")


@given(st.floats(0, 3), st.floats(0, 3))
def test_the_nearer_vector_never_scores_less(one: float, other: float) -> None:
    for scorer in (Scorer("dlib_onnx", SHA), calibrated(5.0)):
        template = scorer.enrol([FACE])
        near, far = sorted((one, other))
        assert scorer.score(template, at_distance(near)) >= scorer.score(template, at_distance(far)) - 1e-3


def test_every_decision_has_words() -> None:
    for scorer in (Scorer("dlib_onnx", SHA), calibrated(None), calibrated(5.0)):
        for probe in (FACE, at_distance(0.5), STRANGERS[1]):
            decision = scorer.decide(scorer.enrol([FACE]), [probe] * 3)
            assert all(f"{decision.score:.2f}" in line for line in decision.words())
            assert decision.reason == "" or all(words(decision.reason))


def test_models_are_never_mixed() -> None:
    scorer = Scorer("dlib_onnx", SHA)
    template = scorer.enrol([FACE])
    for other in (Scorer("dlib_onnx", "cd" * 32), Scorer("face_recognition", SHA)):
        with pytest.raises(ModelMismatch):
            other.score(template, FACE)
    with pytest.raises(ModelMismatch):
        Scorer("dlib_onnx", SHA, Cohort("dlib_onnx", "cd" * 32, STRANGERS))


def test_an_engine_of_unknown_scale_needs_a_cohort() -> None:
    with pytest.raises(CohortError) as refused:
        Scorer("somebodys", SHA)
    assert refused.value.code == "cohort-needed"
    Scorer("somebodys", SHA, Cohort("somebodys", SHA, STRANGERS))


@pytest.mark.parametrize("engine_id", ["onnx_generic", "http"])
def test_another_networks_scores_never_pass_by_themselves(engine_id: str) -> None:
    """However alike: the same vector twice goes to the clerk, until a calibration of this very model."""
    unit = FACE / np.linalg.norm(FACE)
    scorer = Scorer(engine_id, SHA)
    decision = scorer.decide(scorer.enrol([unit]), [unit] * 5)
    assert (decision.outcome, decision.reason, decision.pass_from) == ("review", "not-calibrated", None)
    stranger = STRANGERS[0] / np.linalg.norm(STRANGERS[0])
    assert scorer.decide(scorer.enrol([unit]), [stranger] * 5).outcome == "fail"
    with pytest.raises(ModelMismatch):
        Scorer(engine_id, SHA, Cohort("dlib_onnx", SHA, STRANGERS))


def test_a_template_survives_the_vault_and_shows_nothing() -> None:
    scorer = calibrated(None)
    template = scorer.enrol([FACE, at_distance(0.2)])
    again = decode(encode(template))
    assert again == template
    assert np.allclose(again.values(), mean_vector([FACE, at_distance(0.2)]))
    assert repr(template) == "Template('dlib_onnx')"
    assert scorer.score(template, FACE) == scorer.score(Template("dlib_onnx", SHA, template.vector, None), FACE)


@given(st.binary(max_size=200))
def test_what_is_no_template_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode(data)


def test_what_is_no_vector_is_refused() -> None:
    scorer = Scorer("dlib_onnx", SHA)
    template = scorer.enrol([FACE])
    for bad in ([], [FACE, FACE[:5]], [np.full(128, np.nan, np.float32)], [np.zeros((1, 128), np.float32)]):
        with pytest.raises(ValueError):
            scorer.enrol(bad)
    with pytest.raises(ValueError):
        scorer.score(template, FACE[:5])
