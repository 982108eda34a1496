"""A face turned upright and cut out the way that most published face networks were trained: five points onto the
places of the ArcFace template (Deng et al., CVPR 2019), by a similarity (Umeyama, PAMI 1991)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from identity.engine import Landmarks, Rgb

TEMPLATE_SIDE = 112
TEMPLATE: npt.NDArray[np.float64] = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
"""Eyes, nose, corners of the mouth in a picture of 112 x 112; left in the picture comes first."""

Matrix = npt.NDArray[np.float64]


def five_points(points: Landmarks) -> Matrix:
    """The template's points among the 68."""
    eyes = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    return np.array([*eyes, points[30], points[48], points[54]], np.float64)


def similarity(source: Matrix, target: Matrix) -> Matrix:
    """The 2 x 3 matrix of turn, size and shift that takes `source` nearest to `target`. ValueError: points that all
    lie in one place."""
    middle, goal = source.mean(axis=0), target.mean(axis=0)
    spread = ((source - middle) ** 2).sum()
    if not np.isfinite(spread) or spread < 1e-6:
        raise ValueError("points in one place")
    left, sizes, right = np.linalg.svd((target - goal).T @ (source - middle))
    # Never a mirror image.
    signs = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right))])
    turn = (sizes * signs).sum() / spread * (left * signs) @ right
    return np.column_stack([turn, goal - turn @ middle])


def aligned(rgb: Rgb, points: Landmarks, side: int) -> Rgb:
    """The face of the 68 `points`, `side` x `side`. What lies outside the picture is black."""
    five, picture = five_points(points), Image.fromarray(rgb)
    goal = TEMPLATE * (side / TEMPLATE_SIDE)
    shrink = int(0.5 / max(1e-3, _size(similarity(five, goal))))
    if shrink > 1:
        # Taking every n-th pixel of a large picture would draw patterns that are not there.
        picture = picture.reduce(shrink)
        five = five / shrink
    there = np.vstack([similarity(five, goal), [0, 0, 1]])
    back = np.linalg.inv(there)[:2].ravel()
    return np.asarray(picture.transform((side, side), Image.Transform.AFFINE, tuple(back), Image.Resampling.BILINEAR))


def _size(matrix: Matrix) -> float:
    return float(np.hypot(matrix[0, 0], matrix[1, 0]))
