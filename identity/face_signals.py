"""What a face is doing, read from its 68 landmarks (numbering of the 300-W annotation, from 0): pure arithmetic.

Coordinates are pixels of the picture as the camera took it: x to the right, y down. A person's own left is on the
right of such a picture, so turning to one's own left carries the nose to the right and makes `yaw_ratio` negative.
(Pages mirror the self view, so people see themselves turn towards the side they were asked for; the track that is
published is never mirrored.)
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

Landmarks = npt.NDArray[np.float64]
"""68 rows of x, y in pixels."""

POINTS = 68
_JAW_RIGHT, _JAW_LEFT, _NOSE_TIP = 2, 14, 30
_EYE_OUTER = (36, 45)
_EYES = ((36, 37, 38, 39, 40, 41), (42, 43, 44, 45, 46, 47))
_INNER_LIPS = ((61, 67), (62, 66), (63, 65))
NOSE_BRIDGE, CHIN = 27, 8


class Signals(msgspec.Struct, frozen=True):
    """One face at one moment; all are ratios without a unit, so that distance to the camera does not matter."""

    eyes: float
    """Eye aspect ratio, mean of both eyes: about 0.2 to 0.45 open, twofold different between people."""
    mouth: float
    """Gap between the inner lips over the distance of the outer eye corners: about 0 to 0.1 closed."""
    yaw: float
    """0 looking into the camera, negative turned to the person's own left, positive to the right; -1 to 1."""
    pitch: float
    """Where the nose tip lies between bridge (0) and chin (1): about 0.35 to 0.5 level."""


def read_signals(points: Landmarks) -> Signals:
    """All signals of one face. Raises ValueError unless `points` is 68 finite pairs that are not all in one place."""
    if points.shape != (POINTS, 2) or not np.isfinite(points).all():
        raise ValueError("a face is 68 finite pairs of coordinates")
    width = eye_distance(points)
    if width < 1.0:
        raise ValueError("outer eye corners coincide: not a face")
    eyes = float(np.mean([_eye_ratio(points, eye) for eye in _EYES]))
    # Scaled by face height as well as width: a turned face is narrower, its mouth no more open for that.
    height = float(np.linalg.norm(points[CHIN] - points[NOSE_BRIDGE]))
    scale = max(width, 0.75 * height)
    mouth = float(np.mean([np.linalg.norm(points[a] - points[b]) for a, b in _INNER_LIPS])) / scale
    right = float(np.linalg.norm(points[_NOSE_TIP] - points[_JAW_RIGHT]))
    left = float(np.linalg.norm(points[_NOSE_TIP] - points[_JAW_LEFT]))
    yaw = (left - right) / (left + right) if left + right > 0 else 0.0
    rise = points[CHIN] - points[NOSE_BRIDGE]
    pitch = float(np.dot(points[_NOSE_TIP] - points[NOSE_BRIDGE], rise)) / max(height * height, 1e-9)
    return Signals(eyes=eyes, mouth=mouth, yaw=yaw, pitch=pitch)


def eye_distance(points: Landmarks) -> float:
    """Distance of the outer eye corners in pixels."""
    return float(np.linalg.norm(points[_EYE_OUTER[0]] - points[_EYE_OUTER[1]]))


def _eye_ratio(points: Landmarks, eye: tuple[int, ...]) -> float:
    """Soukupova and Cech, "Real-Time Eye Blink Detection using Facial Landmarks" (2016)."""
    outer, top_1, top_2, inner, low_2, low_1 = (points[index] for index in eye)
    across = float(np.linalg.norm(outer - inner))
    down = float(np.linalg.norm(top_1 - low_1) + np.linalg.norm(top_2 - low_2))
    return down / (2 * across) if across > 0 else 0.0
