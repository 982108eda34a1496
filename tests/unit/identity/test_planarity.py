"""What is flat stays flat under any view of it; what has depth does not, and nonsense is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.face_signals import POINTS, read_signals
from identity.planarity import fit_homography, planarity_residual, project
from tests.fakes.landmark_face import REST, Face, points_of

pytestmark = pytest.mark.unit

SMALL = st.floats(-1e-3, 1e-3)


@given(st.tuples(SMALL, SMALL), st.floats(0.5, 2.0), st.floats(-0.5, 0.5), st.floats(-200, 200))
def test_any_view_of_a_plane_leaves_nothing(
    tilt: tuple[float, float], zoom: float, roll: float, shift: float
) -> None:
    turn = zoom * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    view = np.block([[turn, np.full((2, 1), shift)], [np.array(tilt), np.ones((1, 1))]])
    frontal = points_of(REST)
    assert planarity_residual(frontal, project(view, frontal)) < 1e-9


@pytest.mark.parametrize("yaw_deg", [-40, -28, -20, 20, 28, 40])
def test_a_head_that_turns_leaves_more_than_the_threshold(yaw_deg: float) -> None:
    assert planarity_residual(points_of(REST), points_of(Face(yaw_deg=yaw_deg))) > 0.06


def test_who_comes_nearer_or_goes_away_gains_nothing_by_it() -> None:
    frontal, turned = points_of(REST), points_of(Face(yaw_deg=25))
    residual = planarity_residual(frontal, turned)
    assert planarity_residual(frontal, turned * 3) == pytest.approx(residual)
    assert planarity_residual(frontal, turned / 3) == pytest.approx(residual)


def test_noise_of_the_landmarks_alone_stays_far_below() -> None:
    random = np.random.default_rng(3)
    frontal = points_of(REST)
    noisy = [planarity_residual(frontal, frontal + random.normal(0, 1.5, frontal.shape)) for _ in range(50)]
    assert max(noisy) < 0.04


@pytest.mark.parametrize("yaw_deg", [0, 30, 55])
@pytest.mark.parametrize("warp", [{"mouth": 1.0}, {"blink": 1.0}, {"mouth": 1.0, "blink": 1.0}], ids=str)
def test_a_flat_face_gains_no_depth_by_opening_its_mouth(yaw_deg: float, warp: dict[str, float]) -> None:
    frontal, turned = points_of(Face(flat=True)), points_of(Face(yaw_deg=yaw_deg, flat=True, **warp))
    assert planarity_residual(frontal, turned) < 1e-6


def test_the_fitted_map_is_the_map() -> None:
    view = np.array([[1.1, 0.1, 5], [-0.05, 0.9, -3], [1e-4, -2e-4, 1]])
    fitted = fit_homography(points_of(REST), project(view, points_of(REST)))
    assert fitted / fitted[2, 2] == pytest.approx(view, abs=1e-6)


@pytest.mark.parametrize("bad", [np.zeros((POINTS, 2)), np.full((POINTS, 2), np.nan), np.zeros((5, 2))], ids=str)
def test_nonsense_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError):
        planarity_residual(points_of(REST), bad)
    with pytest.raises(ValueError):
        read_signals(bad)


@given(st.floats(0.3, 4), st.floats(-300, 300))
def test_signals_do_not_depend_on_where_and_how_near_a_face_is(zoom: float, shift: float) -> None:
    for face in (REST, Face(yaw_deg=20), Face(blink=1), Face(mouth=1)):
        near, far = read_signals(points_of(face)), read_signals(points_of(face) * zoom + shift)
        for name in ("eyes", "mouth", "yaw", "pitch"):
            assert getattr(far, name) == pytest.approx(getattr(near, name), abs=1e-6)


def test_each_action_moves_its_own_signal() -> None:
    rest = read_signals(points_of(REST))
    assert read_signals(points_of(Face(blink=1))).eyes < 0.3 * rest.eyes
    assert read_signals(points_of(Face(mouth=1))).mouth > rest.mouth + 0.2
    assert read_signals(points_of(Face(mouth=1))).eyes == pytest.approx(rest.eyes)
