"""Faces cut out for a network: the points come to their places, however the face is turned, moved and sized."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from identity.engines.alignment import TEMPLATE, aligned, five_points, similarity

pytestmark = pytest.mark.unit


def face(size: float, degrees: float, x: float, y: float) -> np.ndarray:
    """68 points whose five lie like the template's."""
    turn = np.deg2rad(degrees)
    matrix = size * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    places = (TEMPLATE - TEMPLATE.mean(axis=0)) @ matrix.T + (x, y)
    points = np.zeros((68, 2), np.float32)
    points[36:42], points[42:48], points[30], points[48], points[54] = places
    return points


@given(size=st.floats(0.3, 8), degrees=st.floats(-180, 180), x=st.floats(-500, 2000), y=st.floats(-500, 2000))
def test_any_similarity_is_found_again(size: float, degrees: float, x: float, y: float) -> None:
    five = five_points(face(size, degrees, x, y))
    matrix = similarity(five, TEMPLATE)
    assert np.allclose(five @ matrix[:, :2].T + matrix[:, 2], TEMPLATE, atol=0.02)


def test_a_mirrored_face_is_not_mirrored_back() -> None:
    five = TEMPLATE * (-1, 1)
    matrix = similarity(five, TEMPLATE)
    assert np.linalg.det(matrix[:, :2]) > 0


@pytest.mark.parametrize("bad", [np.zeros((5, 2)), np.full((5, 2), np.nan)], ids=["one place", "nowhere"])
def test_points_in_one_place_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError):
        similarity(bad, TEMPLATE)


@pytest.mark.parametrize("side", [112, 160])
@pytest.mark.parametrize(("size", "degrees"), [(0.7, 0), (1.5, 20), (5.0, -35)])
def test_the_picture_follows_the_points(side: int, size: float, degrees: float) -> None:
    points = face(size, degrees, 400, 380)
    picture = Image.new("RGB", (800, 800), "black")
    draw, radius = ImageDraw.Draw(picture), max(3, 4 * size)
    for x, y in five_points(points):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill="white")
    cut = aligned(np.asarray(picture), points, side)
    assert cut.shape == (side, side, 3)
    for x, y in TEMPLATE * (side / 112):
        assert cut[round(y), round(x)].min() > 150
    assert cut[:10].max() == 0


def test_what_lies_outside_the_picture_is_black() -> None:
    cut = aligned(np.full((200, 200, 3), 255, np.uint8), face(1.0, 0, 0, 100), 112)
    assert cut[:, :10].max() == 0
    assert cut[56, 100].min() == 255
