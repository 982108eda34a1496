"""The operator's own models: any ONNX network that makes a vector of an aligned face, and, where wanted, a YuNet
detector. Without one, dlib's finds the faces; the 68 landmarks are dlib's in any case."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec
import numpy as np
from PIL import Image

from identity.engine import Box, Embedding, EngineUnavailable, Landmarks, Rgb, check_picture
from identity.engines import dlib_faces
from identity.engines.alignment import aligned
from identity.engines.onnx_models import Embedder, PinnedModel, Preparation
from identity.engines.yunet import YuNet

Alignment = Literal["arcface", "dlib"]


class FaceModels(msgspec.Struct, frozen=True, kw_only=True):
    """What the settings say. `side` in pixels is needed where the network takes faces of any size."""

    embedder: PinnedModel
    detector: PinnedModel | None = None
    alignment: Alignment = "arcface"
    preparation: Preparation = Preparation()
    side: int = 0

    @property
    def digest(self) -> str:
        """Of the weights and of how their input is made: other input makes other vectors."""
        said = [self.embedder.digest, self.alignment, self.preparation]
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


class OnnxGeneric:
    """Implements `identity.engine.FaceEngine`; safe for several threads at once. Vectors have unit length. Raises
    EngineUnavailable: a file is missing, has another digest, or is no such network."""

    engine_id = "onnx_generic"

    def __init__(self, models: FaceModels) -> None:
        self.model_sha256 = models.digest
        self._embedder = Embedder(models.embedder, models.preparation, models.side)
        self._yunet = YuNet(models.detector) if models.detector else None
        self._alignment = models.alignment
        dlib_faces.warm()

    def detect(self, rgb: Rgb, roi: Box | None = None) -> list[Box]:
        """See `FaceEngine.detect`."""
        return (self._yunet or dlib_faces).detect(rgb, roi)

    def landmarks(self, rgb: Rgb, box: Box) -> Landmarks:
        """See `FaceEngine.landmarks`."""
        return dlib_faces.landmarks(rgb, box)

    def embed(self, rgb: Rgb, box: Box, flip: bool = True) -> Embedding:
        """See `FaceEngine.embed`."""
        face = self._face(check_picture(rgb), box)
        faces = np.stack([face, face[:, ::-1]]) if flip else face[None]
        mean = self._embedder.vectors(faces).mean(axis=0)
        size = float(np.linalg.norm(mean))
        if size < 1e-6:
            raise EngineUnavailable("a face and its mirror image have opposite vectors")
        return np.asarray(mean / size, np.float32)

    def _face(self, rgb: Rgb, box: Box) -> Rgb:
        side = self._embedder.side
        if self._alignment == "arcface":
            return aligned(rgb, dlib_faces.landmarks(rgb, box), side)
        chip = dlib_faces.chip(rgb, box)
        if chip.shape[0] == side:
            return chip
        return np.asarray(Image.fromarray(chip).resize((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0))
