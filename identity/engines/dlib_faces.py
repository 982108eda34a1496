"""dlib's face detector and landmarks, shared by the engines that run on dlib's models.

The histogram-of-gradients detector finds frontal faces of 80 pixels and more; when it finds none, once more in the
picture of twice the size (40 pixels). It releases the GIL, as measured; it is not safe for two threads at once, so
each thread gets a copy. The shape predictors are only read.
"""

from __future__ import annotations

import pickle
import threading
from functools import lru_cache
from typing import Any

import dlib
import numpy as np
from PIL import Image

from identity.engine import Box, EngineUnavailable, Landmarks, Rgb, check_picture
from identity.engines.dlib_weights import CHIP, model_folder

CHIP_PADDING = 0.25
LONGEST_SIDE = 1280
"""Larger pictures are looked through at this size: half a second of CPU is what a frame may cost at most."""
ROI_WIDTH = 160
"""A region of interest is looked through at this width: the face in it has then some 90 pixels."""

_POINTS_5, _POINTS_68 = "shape_predictor_5_face_landmarks.dat", "shape_predictor_68_face_landmarks.dat"
_detector_copy: bytes = b""
_making = threading.Lock()
_mine = threading.local()


def warm() -> None:
    """Load detector and shape predictors: a second of CPU, mostly with the GIL held. Raises EngineUnavailable."""
    _detector()
    for name in (_POINTS_5, _POINTS_68):
        _predictor(name)


def detect(rgb: Rgb, roi: Box | None = None) -> list[Box]:
    """Faces, largest first, in pixels of `rgb`. Raises ValueError for what is no picture."""
    rgb = check_picture(rgb)
    if roi is not None:
        return _detect_in(rgb, roi)
    small, scale = _at_most(rgb, LONGEST_SIDE)
    boxes = _run(small, 0) or _run(small, 1)
    return _sorted(_moved(box, scale, 0, 0) for box in boxes)


def landmarks(rgb: Rgb, box: Box) -> Landmarks:
    """The 68 points of `identity.engine.Landmarks`. Holds the GIL for about a millisecond."""
    shape = _predictor(_POINTS_68)(check_picture(rgb), _rectangle(box))
    return np.array([(point.x, point.y) for point in shape.parts()], np.float32)


def chip(rgb: Rgb, box: Box) -> Rgb:
    """The face turned upright and cut out by five points, 150 x 150, as dlib's network was trained."""
    rgb = check_picture(rgb)
    points = _predictor(_POINTS_5)(rgb, _rectangle(box))
    cut: Rgb = dlib.get_face_chip(rgb, points, CHIP, CHIP_PADDING)
    return cut


def _detect_in(rgb: Rgb, roi: Box) -> list[Box]:
    height, width = rgb.shape[:2]
    left, top = max(0, roi.left), max(0, roi.top)
    right, bottom = min(width, roi.right), min(height, roi.bottom)
    if right - left < 8 or bottom - top < 8:
        return []
    part, scale = _at_most(np.ascontiguousarray(rgb[top:bottom, left:right]), ROI_WIDTH)
    return _sorted(_moved(box, scale, left, top) for box in _run(part, 0))


def _at_most(rgb: Rgb, side: int) -> tuple[Rgb, float]:
    """The picture with no side longer than `side`, and how many of its pixels were one before."""
    height, width = rgb.shape[:2]
    scale = max(height, width) / side
    if scale <= 1:
        return rgb, 1.0
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)), scale


def _run(rgb: Rgb, enlarge: int) -> list[Box]:
    found, scores, _ = _detector().run(rgb, enlarge)
    return [
        Box(r.left(), r.top(), r.right() + 1, r.bottom() + 1, float(score))
        for r, score in zip(found, scores, strict=True)
    ]


def _moved(box: Box, scale: float, left: int, top: int) -> Box:
    return Box(
        round(box.left * scale) + left,
        round(box.top * scale) + top,
        round(box.right * scale) + left,
        round(box.bottom * scale) + top,
        box.score,
    )


def _sorted(boxes: Any) -> list[Box]:
    return sorted(boxes, key=lambda box: box.width, reverse=True)


def _rectangle(box: Box) -> Any:
    if box.width < 1 or box.height < 1:
        raise ValueError(f"an empty box: {box}")
    return dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)


def _detector() -> Any:
    """This thread's detector. Making the first takes 0.6 s of CPU, a copy 1.4 ms."""
    global _detector_copy
    mine = getattr(_mine, "detector", None)
    if mine is None:
        with _making:
            if not _detector_copy:
                _detector_copy = pickle.dumps(dlib.get_frontal_face_detector())
        mine = _mine.detector = pickle.loads(_detector_copy)
    return mine


@lru_cache(maxsize=4)
def _predictor(name: str) -> Any:
    path = model_folder() / name
    if not path.is_file():
        raise EngineUnavailable(f"the model {name} is not installed")
    return dlib.shape_predictor(str(path))
