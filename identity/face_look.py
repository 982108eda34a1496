"""One look at one camera's picture: how many people, the face's landmarks, whether the picture is good enough.

Cheap because it follows the face: around its last place a search costs about 5 ms of CPU, through a whole picture of
640x480 about 50 ms and, where nobody is found, 200 ms, so that is done once a second (twice while the face is lost).
Runs in a worker thread; one look of a camera at a time.
"""

from __future__ import annotations

import time

import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image

from identity.engine import Box, Embedding, FaceEngine, Rgb
from identity.face_signals import Landmarks

_AROUND = 1.9
_SIDE = 96


class LookLimits(msgspec.Struct, frozen=True):
    """What is good enough. Grey levels 0-255 of the face; `sharpness` is the variance of its Laplacian at 96 px."""

    width_px: int = 80
    darkest: float = 45.0
    brightest: float = 225.0
    sharpness: float = 12.0
    whole_every_ms: int = 1_000
    whole_lost_ms: int = 400
    """The same while the face is not where it was."""
    smaller_from: float = 0.4
    """Faces narrower than this share of the largest are people far behind, or pictures on a wall."""


class Glance(msgspec.Struct, frozen=True):
    """What one look found."""

    faces: int
    """Near faces when the whole picture was last looked at; 0 if none was found now."""
    whole: bool
    box: Box | None = None
    landmarks: Landmarks | None = None
    embedding: Embedding | None = None
    quality: float = 0.0
    """0 to 1: size, light and sharpness."""
    hint: str = ""
    """What to do about the picture: a code of `identity.reasons`, empty when it is good enough."""


class FaceFollower:
    """Follows the nearest face of one camera."""

    def __init__(self, engine: FaceEngine, limits: LookLimits | None = None) -> None:
        self.cpu_ms = 0.0
        """CPU time of all looks so far."""
        self._engine = engine
        self._limits = limits or LookLimits()
        self._box: Box | None = None
        self._faces = 0
        self._whole_ms: int | None = None

    def look(self, rgb: Rgb, time_ms: int, with_vector: bool, whole: bool = False) -> Glance:
        """Look at a picture. `whole` looks through all of it whether due or not. Raises EngineUnavailable, ValueError
        (no picture)."""
        began = time.thread_time()
        try:
            return self._look(rgb, time_ms, with_vector, whole)
        finally:
            self.cpu_ms += (time.thread_time() - began) * 1_000

    def _look(self, rgb: Rgb, time_ms: int, with_vector: bool, whole: bool) -> Glance:
        whole = whole or self._due(time_ms, self._limits.whole_every_ms)
        found = None if whole else self._nearby(rgb)
        whole = whole or (found is None and self._due(time_ms, self._limits.whole_lost_ms))
        if whole:
            found = self._through(rgb, time_ms)
        if found is None:
            return Glance(0, whole)
        self._box = found
        landmarks = np.asarray(self._engine.landmarks(rgb, found), np.float64)
        quality, hint = judge(rgb, found, self._limits)
        vector = self._engine.embed(rgb, found, flip=False) if with_vector else None
        return Glance(max(1, self._faces), whole, found, landmarks, vector, quality, hint)

    def _due(self, time_ms: int, every_ms: int) -> bool:
        # Several people are confirmed, or cleared, by the very next look.
        return self._whole_ms is None or self._faces > 1 or time_ms - self._whole_ms >= every_ms

    def _nearby(self, rgb: Rgb) -> Box | None:
        if self._box is None:
            return None
        found = self._engine.detect(rgb, self._box.around(_AROUND))
        return found[0] if found else None

    def _through(self, rgb: Rgb, time_ms: int) -> Box | None:
        boxes = self._engine.detect(rgb)
        self._whole_ms = time_ms
        self._faces = near_faces(boxes, self._limits.smaller_from)
        return boxes[0] if boxes else None


def near_faces(boxes: list[Box], smaller_from: float) -> int:
    """How many of them are people before the camera, not behind or on a wall."""
    largest = max((box.width for box in boxes), default=0)
    return sum(box.width >= smaller_from * largest for box in boxes)


def judge(rgb: Rgb, box: Box, limits: LookLimits) -> tuple[float, str]:
    """Quality 0 to 1 of a face's picture, and what to do if it is not good enough."""
    height, width = rgb.shape[:2]
    left, top = max(0, box.left), max(0, box.top)
    right, bottom = min(width, box.right), min(height, box.bottom)
    if right - left < 8 or bottom - top < 8:
        return 0.0, "look-straight"
    if box.width < limits.width_px:
        return 0.1, "too-far"
    face = Image.fromarray(np.ascontiguousarray(rgb[top:bottom, left:right])).convert("L")
    grey = np.asarray(face.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0), np.float32)
    light = float(grey.mean())
    if light < limits.darkest:
        return 0.2, "too-dark"
    if light > limits.brightest:
        return 0.2, "too-bright"
    sharp = sharpness(grey)
    if sharp < limits.sharpness:
        return 0.3, "blurred"
    size = min(1.0, box.width / 160)
    evenly = 1 - abs(light - 128) / 256
    return float(np.clip(size * evenly * min(1.0, sharp / (8 * limits.sharpness)) ** 0.25, 0.4, 1.0)), ""


def sharpness(grey: npt.NDArray[np.float32]) -> float:
    """Variance of the Laplacian: little where edges are soft (Pech-Pacheco et al., ICPR 2000)."""
    inner = grey[1:-1, 1:-1]
    edges = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    return float(edges.var())
