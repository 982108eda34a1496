"""A head in three dimensions from one photograph: the photograph's own landmarks give width and height, a generic
face gives the depth.

Only what liveness looks at is meant to be right: how 68 landmarks move when the head turns, nods, blinks and opens
its mouth, and which parts hide which. It is no likeness in profile, and it is not a person: it stands in for one in
tests and benchmarks, and what it passes says nothing about real faces, prints or screens.

Head coordinates: unit = distance of the outer eye corners, origin midway between them, x to the right of the picture,
y down, z towards the camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]
"""Height, width, 3 channels RGB."""

EYE_DISTANCE_MM = 90.0
# Depth of the 68 points before (+) or behind (-) the outer eye corners, in millimetres of an average adult face,
# from anthropometric means by eye; left and right alike.
_JAW = (-72, -68, -62, -53, -40, -22, -4, 8, 14)
_BROW = (-6, 8, 16, 20, 22)
_NOSE = (20, 29, 39, 49, 26, 31, 35, 31, 26)
_EYE = (0, 8, 10, 6, 9, 7)
_LIPS = (15, 24, 30, 31, 30, 24, 15, 22, 28, 29, 28, 22, 16, 26, 28, 26, 16, 25, 27, 25)
LANDMARK_DEPTHS_MM = np.array(
    (*_JAW, *_JAW[-2::-1], *_BROW, *_BROW[::-1], *_NOSE, *_EYE, *(_EYE[i] for i in (3, 2, 1, 0, 5, 4)), *_LIPS), float
)
# What no landmark covers: forehead, temples, crown, ears, neck (x, y, z in head units).
_ANCHORS = np.array(
    [(0, -0.45, 0.24), (0, -0.85, 0.06), (0, -1.25, -0.42)]
    + [
        (side * x, y, z)
        for side in (-1, 1)
        for x, y, z in (
            (0.45, -0.5, 0.1),
            (0.45, -0.9, -0.12),
            (0.45, -1.2, -0.55),
            (0.8, -0.45, -0.5),
            (0.8, -0.85, -0.75),
            (0.92, 0.1, -1.0),
            (0.9, 0.9, -1.0),
            (0.5, 1.55, -0.75),
        )
    ]
    + [(0, 1.62, -0.4)]
)
_COLUMNS, _ROWS = 230, 290
_TOP, _BELOW_CHIN = -1.2, 0.4
_CHIN = 8
_EAR_X = 0.86
"""Half the width between the ears of the face that the anchors describe."""


@dataclass(frozen=True, slots=True)
class Surface:
    """A grid of coloured points: a head, or a flat card that shows a whole photograph.

    `points` is rows x columns x 3 in head units, columns from left to right and rows from top to bottom, so that
    nearer points can be drawn after those they hide. `texture` holds where in the photograph (pixels) each point
    takes its colour from. `shown` is False for points outside the outline.
    """

    points: Floats
    texture: Floats
    shown: npt.NDArray[np.bool_]
    photo: Picture
    landmarks: npt.NDArray[np.float64]
    """The photograph's own, in its pixels."""
    unit_px: float
    """Outer eye corners' distance in the photograph."""


def head_surface(photo: Picture, landmarks: npt.NDArray[np.float64]) -> Surface:
    """The head in a roughly frontal photograph; `landmarks` are its 68 points in pixels."""
    frame = _frame(landmarks)
    flat = (landmarks - frame.origin) @ frame.to_head.T
    anchors = _ANCHORS * (abs(flat[0, 0] - flat[16, 0]) / 2 / _EAR_X, 1, 1)
    known = np.vstack([np.column_stack([flat, LANDMARK_DEPTHS_MM / EYE_DISTANCE_MM]), anchors])
    left, right = _sides(flat)
    # Columns crowd at the sides, where the surface runs away from the camera and a turn stretches it.
    x = (left.min() + right.max()) / 2 + (right.max() - left.min()) / 2 * np.sin(
        np.linspace(-np.pi / 2, np.pi / 2, _COLUMNS)
    )
    y = np.linspace(_TOP, flat[_CHIN, 1] + _BELOW_CHIN, _ROWS)
    grid = np.stack(np.meshgrid(x, y), axis=2)
    depth = _smooth_surface(known, x, y)
    heights = np.linspace(_TOP, 2.0, len(left))
    shown = (grid[..., 0] >= np.interp(y, heights, left)[:, None]) & (
        grid[..., 0] <= np.interp(y, heights, right)[:, None]
    )
    points = np.concatenate([grid, depth[..., None]], axis=2).astype(np.float32)
    texture = (grid @ frame.to_photo.T + frame.origin).astype(np.float32)
    return Surface(points, texture, shown, photo, landmarks, frame.unit_px)


def card_surface(photo: Picture, landmarks: npt.NDArray[np.float64], bend: float = 0.0) -> Surface:
    """The same photograph as a sheet of paper; `bend` rolls it about a vertical axis (1/radius in head units)."""
    frame = _frame(landmarks)
    height, width = photo.shape[:2]
    x = np.linspace(0, width - 1, int(width * 90 / frame.unit_px))
    y = np.linspace(0, height - 1, int(height * 90 / frame.unit_px))
    texture = np.stack(np.meshgrid(x, y), axis=2)
    grid = (texture - frame.origin) / frame.unit_px
    depth = -0.5 * bend * grid[..., :1] ** 2
    points = np.concatenate([grid, depth], axis=2).astype(np.float32)
    shown = np.ones(points.shape[:2], bool)
    return Surface(points, texture.astype(np.float32), shown, photo, landmarks, frame.unit_px)


@dataclass(frozen=True, slots=True)
class _Frame:
    origin: npt.NDArray[np.float64]
    to_head: npt.NDArray[np.float64]
    to_photo: npt.NDArray[np.float64]
    unit_px: float


def _frame(landmarks: npt.NDArray[np.float64]) -> _Frame:
    """The head's axes in the photograph: a tilted head is set upright."""
    across = landmarks[45] - landmarks[36]
    unit = float(np.linalg.norm(across))
    if unit < 10:
        raise ValueError("the face is too small to make a head of")
    cos, sin = across / unit
    turn = np.array([[cos, -sin], [sin, cos]])
    return _Frame((landmarks[36] + landmarks[45]) / 2, turn.T / unit, turn * unit, unit)


def _sides(flat: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Left and right edge of the head at heights from its crown to below its neck: a dome, the jaw, the neck."""
    heights = np.linspace(_TOP, 2.0, 128)
    edges = []
    for side, jaw in ((-1, flat[:9]), (1, flat[16:7:-1])):
        ear_x, ear_y = jaw[0] * 1.03
        dome_heights = np.linspace(_TOP, ear_y, 24, endpoint=False)
        dome = ear_x * np.sqrt(np.clip(1 - ((dome_heights - ear_y) / (_TOP - ear_y)) ** 2, 0, 1))
        # The jaw without its last points: below the angle the neck goes straight down.
        knots_y = np.concatenate([dome_heights, np.maximum.accumulate(jaw[:6, 1]), [2.0]])
        knots_x = np.concatenate([dome, jaw[:6, 0] * 1.03, [side * abs(jaw[5, 0])]])
        edges.append(np.interp(heights, knots_y, knots_x))
    return edges[0], edges[1]


def _smooth_surface(
    known: npt.NDArray[np.float64], x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Thin-plate spline through scattered depths (Bookstein 1989), slightly relaxed, on a grid."""
    at, depth = known[:, :2], known[:, 2]
    count = len(at)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _kernel(at, at) + 1e-3 * np.eye(count)
    plane = np.column_stack([np.ones(count), at])
    system[:count, count:], system[count:, :count] = plane, plane.T
    weights = np.linalg.solve(system, np.concatenate([depth, np.zeros(3)]))
    # Coarse, then linear in between: the spline has no detail finer than a landmark.
    coarse_x, coarse_y = np.linspace(x[0], x[-1], 48), np.linspace(y[0], y[-1], 64)
    spots = np.stack(np.meshgrid(coarse_x, coarse_y), axis=2).reshape(-1, 2)
    coarse = _kernel(spots, at) @ weights[:count] + np.column_stack([np.ones(len(spots)), spots]) @ weights[count:]
    coarse = coarse.reshape(64, 48)
    rows = np.stack([np.interp(x, coarse_x, row) for row in coarse])
    return np.stack([np.interp(y, coarse_y, column) for column in rows.T], axis=1)


def _kernel(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    square = ((a[:, None] - b[None]) ** 2).sum(axis=2)
    spline: npt.NDArray[np.float64] = 0.5 * square * np.log(np.maximum(square, 1e-12))
    return spline
