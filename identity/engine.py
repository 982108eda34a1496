"""What the gate needs of a face engine: find faces, their landmarks, and a vector that is near for the same person.

    FaceError (a UserError)
    ├── NoFace             nobody in the picture
    ├── SeveralFaces       more than one person where one is wanted
    ├── EngineBusy         the pool's queue is full; carries how long to wait
    ├── EngineUnavailable  the engine cannot be reached, or its model is missing
    ├── ReferenceUnusable  the photo on file shows no face that can be compared
    └── ModelMismatch      vectors of two different models were to be compared

An engine is used from worker threads (`identity.pool`), never on the event loop; its methods may be called from
several threads at once. Vectors of two engines or two models are never compared: `engine_id` and `model_sha256` are
kept with every stored template.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from hearing.errors import UserError

Rgb: TypeAlias = npt.NDArray[np.uint8]
"""A picture, height x width x 3, red first, upright."""

Landmarks: TypeAlias = npt.NDArray[np.float32]
"""68 points (x, y) in pixels of the picture, numbered from 0 as in iBUG 300-W: jaw 0-16, brows 17-26, nose 27-35,
eyes 36-47, mouth 48-67. The person's right eye, left in the picture, comes first."""

Embedding: TypeAlias = npt.NDArray[np.float32]
"""A vector; Euclidean distance is small for two pictures of one person. Not normalised to unit length by every
engine."""

MAX_PIXELS = 40_000_000
"""Larger pictures are refused by every engine: none of a camera, a case file or a scanner's passport page is."""


class Box(msgspec.Struct, frozen=True):
    """A face in pixels of the picture; right and bottom are exclusive. It may reach over the picture's edge."""

    left: int
    top: int
    right: int
    bottom: int
    score: float = 0.0
    """The detector's confidence, comparable only within one engine."""

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top

    def around(self, factor: float) -> Box:
        """The box enlarged about its centre, e.g. the region where the same face is looked for in the next frame."""
        x, y = self.width * (factor - 1) / 2, self.height * (factor - 1) / 2
        return Box(
            round(self.left - x), round(self.top - y), round(self.right + x), round(self.bottom + y), self.score
        )


class FaceEngine(Protocol):
    """Port to a face engine. `tests/contracts/face_engine.py` is what every implementation keeps."""

    @property
    def engine_id(self) -> str:
        """Stable name of the implementation, kept with each template."""

    @property
    def model_sha256(self) -> str:
        """Digest of the weights that make the vectors, 64 hex digits; kept with each template."""

    def detect(self, rgb: Rgb, roi: Box | None = None) -> list[Box]:
        """Faces, largest first; none is an empty list. With `roi` only there is looked, for a face that fills about
        half of its width (see `Box.around`): several times cheaper. Raises EngineUnavailable, ValueError (no
        picture).
        """

    def landmarks(self, rgb: Rgb, box: Box) -> Landmarks:
        """The 68 points of the face in `box`. Raises EngineUnavailable, also where an engine has no landmarks."""

    def embed(self, rgb: Rgb, box: Box, flip: bool = True) -> Embedding:
        """The vector of the face in `box`; with `flip` the mean with its mirror image's, at twice the cost."""


class FaceError(UserError):
    """What a person at the gate, or the clerk, can do something about."""


class NoFace(FaceError):
    """Nobody in the picture."""

    def __init__(self) -> None:
        super().__init__(
            "no-face", "画面中没有看到人脸，请正对镜头", "No face in the picture: please face the camera"
        )


class SeveralFaces(FaceError):
    """More than one person where one is wanted."""

    def __init__(self, count: int) -> None:
        super().__init__(
            "many-faces",
            "画面中有多人，请只留本人",
            "More than one person in the picture: one person only, please",
        )
        self.count = count


class EngineBusy(FaceError):
    """The pool's queue is full."""

    def __init__(self, retry_after_s: float) -> None:
        wait = max(1, round(retry_after_s))
        super().__init__(
            "face-engine-busy",
            f"核验人数较多，请约 {wait} 秒后再试",
            f"Many people at the gate: try again in {wait} s",
        )
        self.retry_after_s = retry_after_s


class EngineUnavailable(FaceError):
    """The engine cannot be reached or lacks its model; `detail` is for the operator's log, without personal data."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "face-engine-unavailable",
            "人脸核验暂不可用，请由书记员人工核验",
            "Face verification is not available now: the clerk will check your identity",
        )
        self.detail = detail


class ReferenceUnusable(FaceError):
    """The photo on file shows no face that can be compared; `cause` is the code of what is wrong with it."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            "reference-unusable",
            "留存照片无法比对，由书记员核验",
            "the photo on file cannot be compared: the clerk checks",
        )
        self.cause = cause


class ModelMismatch(FaceError):
    """A stored vector is of another model than the engine's."""

    def __init__(self, stored: str, engine: str) -> None:
        super().__init__(
            "face-model-mismatch",
            "人脸模板由另一模型生成，需要重新采集",
            "The face template is of another model: it has to be taken again",
        )
        self.stored = stored
        self.engine = engine


def check_picture(rgb: Rgb) -> Rgb:
    """The picture in contiguous memory. ValueError if it is none: shape, type or size."""
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f"a picture is height x width x 3 of uint8, not {rgb.shape} of {rgb.dtype}")
    if not 0 < rgb.shape[0] * rgb.shape[1] <= MAX_PIXELS:
        raise ValueError(f"a picture of {rgb.shape[1]} x {rgb.shape[0]} pixels")
    return np.ascontiguousarray(rgb)


def only_face(boxes: list[Box], smaller_from: float = 0.4) -> Box:
    """The one face. Faces narrower than `smaller_from` of the largest are people far behind, or pictures on a wall.

    Raises NoFace, SeveralFaces.
    """
    if not boxes:
        raise NoFace
    largest = max(boxes, key=lambda box: box.width)
    near = [box for box in boxes if box.width >= smaller_from * largest.width]
    if len(near) > 1:
        raise SeveralFaces(len(near))
    return largest
