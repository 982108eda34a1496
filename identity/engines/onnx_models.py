"""An operator's own ONNX files: only those that the settings name by their digest, of shapes that are understood.

A model is a program that sees everybody's face. So the file's SHA-256 is pinned, the bytes that were hashed are the
bytes that are run, and weights in a second file (ONNX external data) do not load.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from identity.engine import Embedding, EngineUnavailable, Rgb
from identity.engines.dlib_onnx import open_session

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SIDES = range(32, 513)
_LENGTHS = range(32, 4097)


class PinnedModel(msgspec.Struct, frozen=True):
    """A file and the digest that it must have, hex."""

    path: Path
    sha256: str

    @property
    def digest(self) -> str:
        """As it must be, in lower case."""
        return self.sha256.strip().lower()

    def read(self) -> bytes:
        """Its bytes. Raises EngineUnavailable: unreadable, or another digest; `detail` names both digests."""
        try:
            data = self.path.read_bytes()
        except OSError as problem:
            raise EngineUnavailable(f"{self.path}: {problem.strerror}") from None
        actual, wanted = hashlib.sha256(data).hexdigest(), self.digest
        if not _DIGEST.fullmatch(wanted):
            raise EngineUnavailable(f"{self.path}: no SHA-256 is set for it; the file's is {actual}")
        if actual != wanted:
            raise EngineUnavailable(f"{self.path}: its SHA-256 is {actual}, the settings say {wanted}")
        return data


class Preparation(msgspec.Struct, frozen=True):
    """How a picture is made a network's input: order of colours, then (value - mean) / scale for each of the three.
    A network that takes bytes is given them as they are."""

    colours: str = "rgb"
    mean: tuple[float, ...] = (127.5,)
    scale: tuple[float, ...] = (127.5,)

    def check(self) -> None:
        """ValueError, naming the value."""
        if self.colours not in {"rgb", "bgr"}:
            raise ValueError(f"colours {self.colours!r}: rgb or bgr")
        for name, values in (("mean", self.mean), ("scale", self.scale)):
            if len(values) not in {1, 3} or not np.isfinite(values).all():
                raise ValueError(f"{name} {values}: one number, or one for each colour")
        if min(self.scale) <= 0:
            raise ValueError(f"scale {self.scale}: more than 0")

    def apply(self, rgb: Rgb) -> npt.NDArray[np.float32]:
        """Pictures of any number of leading axes; the colours come last."""
        ordered = rgb if self.colours == "rgb" else rgb[..., ::-1]
        values = ordered.astype(np.float32) - np.array(self.mean, np.float32)
        return np.asarray(values / np.array(self.scale, np.float32), np.float32)


class Embedder:
    """A network from one aligned face, square, to one vector. Safe for several threads at once. Raises
    EngineUnavailable, with what was found and what is understood, for another kind of network."""

    def __init__(self, model: PinnedModel, preparation: Preparation, side: int = 0) -> None:
        preparation.check()
        self._session = open_session(model.read(), model.path.name)
        self._preparation = preparation
        self._name = model.path.name
        ins, outs = self._session.get_inputs(), self._session.get_outputs()
        if len(ins) != 1 or len(ins[0].shape) != 4:
            raise self._unlike(f"{len(ins)} inputs of shapes {[each.shape for each in ins]}, not one of four axes")
        self._bytes = ins[0].type == "tensor(uint8)"
        if not self._bytes and ins[0].type != "tensor(float)":
            raise self._unlike(f"an input of {ins[0].type}, not tensor(float) or tensor(uint8)")
        shape = ins[0].shape
        self._colours_first = shape[1] == 3
        if not self._colours_first and shape[3] != 3:
            raise self._unlike(f"an input of shape {shape}: three colours are neither the second axis nor the last")
        self.side = self._side(shape[2:] if self._colours_first else shape[1:3], side)
        self._one_by_one = isinstance(shape[0], int)
        if self._one_by_one and shape[0] != 1:
            raise self._unlike(f"a fixed batch of {shape[0]}")
        self._output = outs[0].name
        self.length = self._try().size
        """Numbers in a vector."""

    def vectors(self, faces: Rgb) -> Embedding:
        """Aligned faces (count, side, side, 3) to vectors of unit length. Raises EngineUnavailable where the network
        gives none."""
        ready: npt.NDArray[Any] = faces if self._bytes else self._preparation.apply(faces)
        if self._colours_first:
            ready = ready.transpose(0, 3, 1, 2)
        parts = [ready[at : at + 1] for at in range(len(ready))] if self._one_by_one else [ready]
        name = self._session.get_inputs()[0].name
        try:
            found = [self._session.run([self._output], {name: np.ascontiguousarray(part)})[0] for part in parts]
        except Exception as problem:  # onnxruntime's own types share no base but this
            raise EngineUnavailable(f"{self._name} cannot be run: {type(problem).__name__}") from problem
        raw = np.concatenate([np.asarray(each, np.float32).reshape(len(each), -1) for each in found])
        sizes = np.linalg.norm(raw, axis=1, keepdims=True)
        if not np.isfinite(raw).all() or sizes.min() < 1e-6:
            raise EngineUnavailable(f"{self._name} gives no finite vector")
        return np.asarray(raw / sizes, np.float32)

    def _side(self, found: list[Any], wanted: int) -> int:
        fixed = {each for each in found if isinstance(each, int)}
        side = next(iter(fixed)) if len(fixed) == 1 else wanted
        if len(fixed) > 1 or side not in _SIDES or wanted not in {0, side}:
            raise self._unlike(f"faces of {found} pixels where face_model.side is {wanted}")
        return side

    def _try(self) -> Embedding:
        grey = np.random.default_rng(1).integers(96, 160, (2, self.side, self.side, 3), dtype=np.uint8)
        vectors = self.vectors(grey)
        if vectors.shape[0] != 2 or vectors.shape[1] not in _LENGTHS:
            raise self._unlike(f"vectors of shape {vectors.shape}")
        first: Embedding = vectors[0]
        return first

    def _unlike(self, what: str) -> EngineUnavailable:
        return EngineUnavailable(f"{self._name} is no face embedder that is understood: {what}")
