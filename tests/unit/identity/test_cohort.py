"""The cohort: its yardstick, and a file that opens with its key only and keeps no order of people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.cohort import NEAREST, Calibration, Cohort, CohortError, Matrix, load, save
from identity.engine import ModelMismatch

pytestmark = pytest.mark.unit

KEY = bytes(range(32))
CALIBRATION = Calibration(
    frames=3, impostor_pairs=10, genuine_pairs=5, people=300, pass_from=5.5, false_match_bound=8e-5, made_utc_ms=1
)


def strangers(count: int = 300, seed: int = 1) -> Matrix:
    return np.random.default_rng(seed).normal(0, 0.1, (count, 16)).astype(np.float32)


def cohort(count: int = 300) -> Cohort:
    return Cohort("toy", "ab" * 32, strangers(count), CALIBRATION)


def test_the_score_is_the_formula_written_out() -> None:
    """Straight from Matejka et al. 2017, one pair at a time and without partial sorting."""
    people = cohort(500)
    left, right = strangers(2, 7)

    def yardstick(vector: Matrix) -> tuple[float, float]:
        scores = sorted((-float(np.linalg.norm(vector - other)) for other in people.vectors), reverse=True)[:NEAREST]
        mean = sum(scores) / NEAREST
        return mean, (sum((score - mean) ** 2 for score in scores) / NEAREST) ** 0.5

    raw = -float(np.linalg.norm(left - right))
    (mean_left, sd_left), (mean_right, sd_right) = yardstick(left), yardstick(right)
    wanted = ((raw - mean_left) / sd_left + (raw - mean_right) / sd_right) / 2
    assert people.score(left, people.yardstick(left), right) == pytest.approx(wanted, abs=1e-4)


def test_the_score_is_the_same_both_ways_and_higher_for_nearer_vectors() -> None:
    people = cohort()
    left, right = strangers(2, 9)
    near = left + np.float32(0.01)
    one, other = people.yardstick(left), people.yardstick(right)
    assert people.score(left, one, right) == pytest.approx(people.score(right, other, left), abs=1e-4)
    assert people.score(left, one, near) > people.score(left, one, right) + 1


def test_faces_that_are_alike_by_birth_need_more_likeness() -> None:
    """Two pairs at one distance: where everybody is near each other, it says less."""
    crowd = strangers() * np.float32(0.3)
    spread = strangers(300, 2) + np.float32(1.0)
    people = Cohort("toy", "ab" * 32, np.concatenate([crowd, spread]))
    step = np.zeros(16, np.float32)
    step[0] = 0.05
    in_crowd, outside = crowd[0], spread[0]
    assert people.score(outside, people.yardstick(outside), outside + step) > 1.5 + people.score(
        in_crowd, people.yardstick(in_crowd), in_crowd + step
    )


@pytest.mark.parametrize("count", [0, 1, 199])
def test_too_few_people_are_refused(count: int) -> None:
    with pytest.raises(CohortError) as refused:
        Cohort("toy", "ab" * 32, strangers(count))
    assert refused.value.code == "cohort-too-small"


def test_vectors_that_are_not_comparable_are_refused() -> None:
    people = cohort()
    bad = strangers()
    bad[3, 3] = np.nan
    with pytest.raises(CohortError):
        Cohort("toy", "ab" * 32, bad)
    for vector in (np.zeros(8, np.float32), np.full(16, np.nan, np.float32), np.zeros((1, 16), np.float32)):
        with pytest.raises(ValueError):
            people.yardstick(vector)
    with pytest.raises(ModelMismatch):
        people.check("toy", "cd" * 32)


def test_the_file_gives_back_the_cohort_in_another_order(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "cohort"
    save(cohort(), path, KEY)
    found = load(path, KEY)
    assert found.engine_id == "toy"
    assert found.calibration == CALIBRATION
    assert sorted(map(tuple, found.vectors.tolist())) == sorted(map(tuple, strangers().tolist()))
    assert not np.array_equal(found.vectors, strangers())
    assert path.stat().st_mode & 0o077 == 0
    assert [each.name for each in path.parent.iterdir()] == ["cohort"]


def test_the_file_shows_no_vector(tmp_path: Path) -> None:
    save(cohort(), tmp_path / "cohort", KEY)
    data = (tmp_path / "cohort").read_bytes()
    assert b"toy" not in data
    assert not any(row.tobytes()[:8] in data for row in strangers())


def test_another_key_or_no_file_is_said_plainly(tmp_path: Path) -> None:
    path = tmp_path / "cohort"
    save(cohort(), path, KEY)
    with pytest.raises(CohortError) as refused:
        load(path, bytes(32))
    assert refused.value.code == "cohort-damaged"
    with pytest.raises(CohortError) as absent:
        load(tmp_path / "other", KEY)
    assert absent.value.code == "cohort-absent"
    # A folder stands for every file that is there and cannot be read.
    with pytest.raises(CohortError) as unreadable:
        load(tmp_path, KEY)
    assert unreadable.value.code == "cohort-unreadable"
    with pytest.raises(ValueError):
        load(path, b"short")


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_no_changed_byte_is_believed(
    tmp_path_factory: pytest.TempPathFactory, place: float, bit: int, cut: bool
) -> None:
    path = tmp_path_factory.mktemp("cohort") / "cohort"
    save(cohort(200), path, KEY)
    data = bytearray(path.read_bytes())
    at = int(place * len(data))
    data[at] ^= 1 << bit
    path.write_bytes(data[:at] if cut else data)
    with pytest.raises(CohortError):
        load(path, KEY)
