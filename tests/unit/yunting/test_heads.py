"""Heads of the liveness bench turn like heads, cards like cards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from identity.face_signals import read_signals
from identity.planarity import planarity_residual
from tests.fakes.landmark_face import REST, points_of
from yunting.bench.heads.expression import NEUTRAL, Expression, express
from yunting.bench.heads.model import Surface, card_surface, head_surface
from yunting.bench.heads.render import Camera, Optics, Pose, project, room
from yunting.bench.liveness import LivenessOptions, run

pytestmark = pytest.mark.unit

MARKS = points_of(REST)
PHOTO = np.random.default_rng(5).integers(40, 220, (480, 640, 3), dtype=np.uint8)


def seen(surface: Surface, yaw_deg: float) -> np.ndarray:
    """Where the photograph's landmarks are in a picture of the turned surface."""
    flat = surface.texture.reshape(-1, 2)
    nearest = [int(np.abs(flat - mark).sum(axis=1).argmin()) for mark in MARKS]
    points = surface.points.reshape(-1, 3)[nearest]
    return np.asarray(project(points, replace(Pose(), yaw_deg=yaw_deg), 640, 480), np.float64)


@pytest.mark.parametrize("yaw_deg", [-28, 28])
def test_a_head_has_depth_and_a_card_has_none(yaw_deg: float) -> None:
    head, card = head_surface(PHOTO, MARKS), card_surface(PHOTO, MARKS)
    assert planarity_residual(seen(head, 0), seen(head, yaw_deg)) > 0.06
    assert planarity_residual(seen(card, 0), seen(card, yaw_deg)) < 0.02
    assert planarity_residual(seen(card, 0), seen(card, 2 * yaw_deg)) < 0.03


def test_positive_yaw_is_the_persons_own_left() -> None:
    head = head_surface(PHOTO, MARKS)
    assert read_signals(seen(head, 25)).yaw < -0.3 < 0.3 < read_signals(seen(head, -25)).yaw


def test_expressions_change_eyes_and_mouth_alone() -> None:
    head = head_surface(PHOTO, MARKS)
    still, _ = express(head, NEUTRAL)
    shut, _ = express(head, Expression(blink=1))
    wide, _ = express(head, Expression(mouth=1))
    assert np.array_equal(still, head.texture)
    rows = head.texture[..., 1]
    assert rows[(shut != still).any(axis=2)].max() < MARKS[30, 1]
    assert rows[(wide != still).any(axis=2)].min() > MARKS[30, 1]


def test_the_camera_takes_pictures_of_its_size_the_same_ones_for_the_same_seed() -> None:
    head = head_surface(PHOTO, MARKS)
    optics = Optics(320, 240)
    backdrop = room(head, optics, Pose())
    first, again = (Camera(optics, seed=3).take(head, Pose(), NEUTRAL, backdrop) for _ in range(2))
    assert first.shape == (240, 320, 3)
    assert np.array_equal(first, again)


def test_a_face_too_small_makes_no_head() -> None:
    with pytest.raises(ValueError):
        head_surface(PHOTO, MARKS / 20)


def test_what_the_bench_cannot_do_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown: mask"):
        run(LivenessOptions(tmp_path, tmp_path, kinds=("mask",)))
    with pytest.raises(ValueError, match="no folder"):
        run(LivenessOptions(tmp_path / "absent", tmp_path))
