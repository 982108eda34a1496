"""Face detection by a YuNet model (Wu et al., Machine Intelligence Research 2023; in OpenCV's model zoo).

The network looks at three grids of 8, 16 and 32 pixels. At each place it gives two confidences, whose geometric mean
counts, the box relative to the place and five points. Boxes are then made the shape of dlib's, from eyes and mouth,
since the 68 landmarks are searched in such.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from identity.engine import Box, EngineUnavailable, Rgb, check_picture
from identity.engines.dlib_onnx import open_session
from identity.engines.onnx_models import PinnedModel

_STEPS = (8, 16, 32)
_OUTPUTS = [f"{kind}_{step}" for kind in ("cls", "obj", "bbox", "kps") for step in _STEPS]
_WIDTHS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
_LEAST_SCORE = 0.7
_OVERLAP = 0.3
_WHOLE, _PART = 640, 320
_CENTRE, _SIDE = 0.456, 1.98
"""dlib's box: how far from the eyes to the mouth its middle lies, and its side as a multiple of the diagonal of the
distances between the eyes and from eyes to mouth (fitted on 151 faces of LFW)."""

Found = npt.NDArray[np.float32]


class YuNet:
    """Faces in a picture; safe for several threads at once. Raises EngineUnavailable for another network."""

    def __init__(self, model: PinnedModel) -> None:
        self._session = open_session(model.read(), model.path.name)
        self._name = model.path.name
        ins, outs = self._session.get_inputs(), {each.name for each in self._session.get_outputs()}
        if len(ins) != 1 or len(ins[0].shape) != 4 or ins[0].shape[1] != 3 or not outs.issuperset(_OUTPUTS):
            raise EngineUnavailable(f"{self._name} is no YuNet: it has the outputs {sorted(outs)}")
        sides = ins[0].shape[2:]
        fixed = all(isinstance(side, int) for side in sides)
        if fixed and (sides[0] != sides[1] or sides[0] % _STEPS[-1]):
            raise EngineUnavailable(f"{self._name} takes pictures of {sides}: a square in steps of 32 is understood")
        self._fixed = int(sides[0]) if fixed else 0
        self.detect(np.zeros((64, 64, 3), np.uint8))

    def detect(self, rgb: Rgb, roi: Box | None = None) -> list[Box]:
        """See `FaceEngine.detect`."""
        rgb = check_picture(rgb)
        if roi is None:
            return self._in(rgb, self._fixed or _WHOLE)
        height, width = rgb.shape[:2]
        left, top = max(0, roi.left), max(0, roi.top)
        part = rgb[top : max(top, min(height, roi.bottom)), left : max(left, min(width, roi.right))]
        if min(part.shape[:2]) < 8:
            return []
        found = self._in(part, self._fixed or _PART)
        return [Box(b.left + left, b.top + top, b.right + left, b.bottom + top, b.score) for b in found]

    def _in(self, rgb: Rgb, side: int) -> list[Box]:
        scale = min(1.0, side / max(rgb.shape[:2]))
        size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
        small = Image.fromarray(rgb).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
        square = np.zeros((side, side, 3), np.uint8)
        square[: size[1], : size[0]] = np.asarray(small)
        # Blue first, as OpenCV has pictures, and not normalised.
        ready = square[..., ::-1].astype(np.float32).transpose(2, 0, 1)[None]
        name = self._session.get_inputs()[0].name
        try:
            told = self._session.run(_OUTPUTS, {name: np.ascontiguousarray(ready)})
        except Exception as problem:  # onnxruntime's own types share no base but this
            raise EngineUnavailable(f"{self._name} cannot be run: {type(problem).__name__}") from problem
        faces = _apart(_decoded(dict(zip(_OUTPUTS, told, strict=True)), side))
        return sorted((_box(face, scale) for face in faces), key=lambda box: box.width, reverse=True)


def _decoded(told: dict[str, Found], side: int) -> Found:
    """Rows of confidence, left, top, right, bottom and five points, in pixels of the square."""
    rows = []
    for step in _STEPS:
        count = side // step
        parts = {kind: np.reshape(told[f"{kind}_{step}"], (-1, width)) for kind, width in _WIDTHS.items()}
        if any(len(part) != count * count for part in parts.values()):
            raise EngineUnavailable(f"a detector whose grid of {step} pixels has {len(parts['cls'])} places")
        score = np.sqrt(np.clip(parts["cls"], 0, 1) * np.clip(parts["obj"], 0, 1))[:, 0]
        keep = np.flatnonzero(score >= _LEAST_SCORE)
        place = np.stack([keep % count, keep // count], axis=1).astype(np.float32)
        middle = (place + parts["bbox"][keep, :2]) * step
        half = np.exp(parts["bbox"][keep, 2:]) * step / 2
        points = (parts["kps"][keep].reshape(-1, 5, 2) + place[:, None]) * step
        rows.append(np.column_stack([score[keep], middle - half, middle + half, points.reshape(-1, 10)]))
    return np.concatenate(rows).astype(np.float32)


def _apart(faces: Found) -> list[Found]:
    """The surest of those that lie over each other."""
    kept: list[Found] = []
    for face in faces[np.argsort(-faces[:, 0])]:
        if all(_overlap(face[1:5], other[1:5]) < _OVERLAP for other in kept):
            kept.append(face)
    return kept


def _overlap(one: Found, other: Found) -> float:
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    common = float(np.prod(np.maximum(0, high - low)))
    whole = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2])) - common
    return common / whole if whole > 0 else 0.0


def _box(face: Found, scale: float) -> Box:
    points = face[5:].reshape(5, 2) / scale
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    middle = eyes + _CENTRE * (mouth - eyes)
    side = _SIDE * float(np.hypot(np.linalg.norm(points[0] - points[1]), np.linalg.norm(mouth - eyes)))
    left, top = (round(float(value) - side / 2) for value in middle)
    return Box(left, top, left + max(1, round(side)), top + max(1, round(side)), float(face[0]))
