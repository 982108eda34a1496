"""The default engine: dlib's detector, landmarks and alignment, and its face network run by onnxruntime.

The vectors equal dlib's own (the distance is at most 1e-5), at less than a tenth of the CPU time, and the GIL is
released meanwhile (`docs/performance.md`, "Faces").
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from identity.engine import Box, Embedding, EngineUnavailable, Landmarks, Rgb
from identity.engines import dlib_faces
from identity.engines.dlib_weights import RESNET, cached_model, file_sha256, model_folder


class DlibOnnx:
    """Implements `identity.engine.FaceEngine`; safe for several threads at once. A vector has 128 numbers.

    `cache` is a folder for the converted model (22 MB, made at the first start in about two seconds). Making one
    takes a second and holds the GIL: do it before serving. Raises EngineUnavailable where the weights are not
    installed.
    """

    engine_id = "dlib_onnx"

    def __init__(self, cache: Path) -> None:
        weights = model_folder() / RESNET
        self.model_sha256 = file_sha256(weights)
        model = cached_model(weights, cache)
        self._session = open_session(str(model), model.name)
        dlib_faces.warm()

    def detect(self, rgb: Rgb, roi: Box | None = None) -> list[Box]:
        """See `FaceEngine.detect`."""
        return dlib_faces.detect(rgb, roi)

    def landmarks(self, rgb: Rgb, box: Box) -> Landmarks:
        """See `FaceEngine.landmarks`."""
        return dlib_faces.landmarks(rgb, box)

    def embed(self, rgb: Rgb, box: Box, flip: bool = True) -> Embedding:
        """See `FaceEngine.embed`."""
        chip = dlib_faces.chip(rgb, box)
        chips = np.stack([chip, chip[:, ::-1]]) if flip else chip[None]
        return np.asarray(self.embed_chips(chips).mean(axis=0), np.float32)

    def embed_chips(self, chips: Rgb) -> Embedding:
        """One vector for each of the aligned pictures (count, 150, 150, 3)."""
        (vectors,) = self._session.run(None, {"chips": np.ascontiguousarray(chips)})
        return np.asarray(vectors, np.float32)


def open_session(model: str | bytes, name: str) -> onnxruntime.InferenceSession:
    """A session over a file's path or a model's bytes, which runs in the calling thread alone: the pool is what uses
    the cores. Raises EngineUnavailable."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # onnxruntime's own types share no base but this
        raise EngineUnavailable(f"onnxruntime cannot open {name}: {type(problem).__name__}") from problem
