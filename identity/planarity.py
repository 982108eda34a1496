"""Is what turned before the camera flat? A tilted photograph is a homography of itself, a head is not.

Two views of the same plane are related by a projective map with eight degrees of freedom (Hartley and Zisserman,
"Multiple View Geometry", 2nd ed., 2.3). We fit the best such map from the landmarks of the most frontal view to those
of the turned one; what it cannot explain is depth, or a change of expression.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from identity.face_signals import CHIN, NOSE_BRIDGE, POINTS, Landmarks, eye_distance

_ALL = tuple(range(POINTS))
_RIGID = (*range(4), *range(13, 36), 36, 39, 42, 45)
"""Upper jaw, brows, nose and eye corners: no eyelid or mouth, real or warped, moves them."""


def planarity_residual(frontal: Landmarks, turned: Landmarks) -> float:
    """RMS error of the best homography over the distance of the frontal view's outer eye corners; no unit.

    The smaller one of all points' and of the rigid ones' alone: a flat face whose mouth is made to open while it is
    tilted is still flat. About 0.01 to 0.04 for a tilted photograph (noise of the landmarks), 0.06 and more for a
    head turned by 15 degrees. Raises ValueError when either view is not 68 finite points of some extent.
    """
    if frontal.shape != turned.shape or not (np.isfinite(frontal).all() and np.isfinite(turned).all()):
        raise ValueError("both views need the same finite points")
    width = eye_distance(frontal)
    if width < 1.0 or eye_distance(turned) < 1.0:
        raise ValueError("outer eye corners coincide: not a face")
    # Scaled back to the frontal size: who comes nearer between the views gains no residual by that alone.
    # By height, because turning changes the width.
    scale = width * _height(turned) / _height(frontal)
    return min(_error(frontal[[*points]], turned[[*points]]) for points in (_ALL, _RIGID)) / scale


def _error(source: Landmarks, target: Landmarks) -> float:
    """RMS distance in pixels that the best homography leaves."""
    apart = project(fit_homography(source, target), source) - target
    return float(np.sqrt((apart**2).sum(axis=1).mean()))


def fit_homography(source: Landmarks, target: Landmarks) -> npt.NDArray[np.float64]:
    """3x3 matrix of the least-squares projective map, points normalised first (Hartley 1997)."""
    norm_s, norm_t = _normaliser(source), _normaliser(target)
    x, y = project(norm_s, source).T
    u, v = project(norm_t, target).T
    zero, one = np.zeros_like(x), np.ones_like(x)
    rows_u = np.stack([x, y, one, zero, zero, zero, -u * x, -u * y, -u], axis=1)
    rows_v = np.stack([zero, zero, zero, x, y, one, -v * x, -v * y, -v], axis=1)
    _, _, right = np.linalg.svd(np.concatenate([rows_u, rows_v]), full_matrices=False)
    fitted: npt.NDArray[np.float64] = np.linalg.inv(norm_t) @ right[-1].reshape(3, 3) @ norm_s
    return fitted


def project(matrix: npt.NDArray[np.float64], points: Landmarks) -> Landmarks:
    """Points mapped by a homography."""
    lifted = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    depth = np.where(np.abs(lifted[:, 2:]) < 1e-12, 1e-12, lifted[:, 2:])
    mapped: Landmarks = lifted[:, :2] / depth
    return mapped


def _normaliser(points: Landmarks) -> npt.NDArray[np.float64]:
    centre = points.mean(axis=0)
    scale = np.sqrt(2) / max(_spread(points), 1e-9)
    return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])


def _height(points: Landmarks) -> float:
    return max(float(np.linalg.norm(points[CHIN] - points[NOSE_BRIDGE])), 1e-6)


def _spread(points: Landmarks) -> float:
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))
