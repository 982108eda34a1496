"""A face engine that finds in a picture what was written into it: for tests of what lies between."""

from __future__ import annotations

import functools

import numpy as np

from identity.engine import Box, Embedding, Landmarks, Rgb
from tests.fakes.landmark_face import Face, points_of, vector_of


class ScriptedEngine:
    """Implements `identity.engine.FaceEngine`. `looks` has the region of each search, None for a whole picture."""

    engine_id = "scripted"
    model_sha256 = "0" * 64

    def __init__(self) -> None:
        self.looks: list[Box | None] = []
        self._faces: list[Face] = []

    def picture(self, face: Face) -> Rgb:
        """A picture in which this engine finds `face`."""
        self._faces.append(face)
        rgb = _texture().copy()
        rgb[0, 0] = (*divmod(len(self._faces) - 1, 256), 0)
        return rgb

    def detect(self, rgb: Rgb, roi: Box | None = None) -> list[Box]:
        """See `FaceEngine.detect`."""
        if rgb.ndim != 3:
            raise ValueError("no picture")
        self.looks.append(roi)
        face = self._face(rgb)
        count = face.faces if face.shown else 0
        x = round(points_of(face)[30, 0])
        boxes = [Box(x - 90 - 10 * n, 120, x + 90 - 10 * n, 300, 1.0) for n in range(count)]
        return boxes if roi is None else [box for box in boxes[:1] if roi.left <= box.left and box.right <= roi.right]

    def landmarks(self, rgb: Rgb, box: Box) -> Landmarks:
        """See `FaceEngine.landmarks`."""
        return np.asarray(points_of(self._face(rgb)), np.float32)

    def embed(self, rgb: Rgb, box: Box, flip: bool = True) -> Embedding:
        """See `FaceEngine.embed`."""
        return vector_of(self._face(rgb).person, int(rgb[0, 0, 1]))

    def _face(self, rgb: Rgb) -> Face:
        high, low, _ = rgb[0, 0]
        return self._faces[int(high) * 256 + int(low)]


@functools.cache
def _texture() -> Rgb:
    return np.random.default_rng(1).integers(60, 200, (480, 640, 3), dtype=np.uint8)
