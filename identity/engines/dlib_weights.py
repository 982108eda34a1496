"""dlib's face ResNet as an ONNX model: reads the weights in `face_recognition_models` and writes the same network.

The .dat file is dlib's serialisation of its 29-layer network (https://github.com/davisking/dlib-models; the weights
are in the public domain). Layers are stored input first. Each layer with parameters begins with a tag (`con_4`,
`affine_`, `fc_2`; the digit is a format version); its tensor follows within 40 bytes: integers as a control byte
(low 4 bits: how many bytes follow, high bit: negative) and little-endian bytes: the version 2, then n, k, rows,
columns; then float32 values.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from identity.engine import EngineUnavailable

RESNET = "dlib_face_recognition_resnet_model_v1.dat"
CHIP = 150
"""Side in pixels of the aligned picture of a face that the network takes."""

Weights = npt.NDArray[np.float32]
_TAG = re.compile(rb"con_4|affine_|fc_2")
_MEAN_RGB = (122.782, 117.001, 104.298)
_FROM_TAG = 40
_LAYERS = ["con_4", "affine_"] * 29 + ["fc_2"]
_STAGES = ((32, 3, False), (64, 3, True), (128, 2, True), (256, 2, True), (256, 0, True))
"""Channels, residual blocks, and whether a block that halves the picture comes first."""
_OPSET, _IR = 17, 9


class _Layer(NamedTuple):
    kind: str
    values: Weights


def model_folder() -> Path:
    """Where `face_recognition_models` keeps its files; the package is not imported, since with setuptools >= 82 (no
    pkg_resources) its import ends the process. Raises EngineUnavailable."""
    spec = importlib.util.find_spec("face_recognition_models")
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise EngineUnavailable("the package face_recognition_models is not installed")
    return Path(places[0]) / "models"


def file_sha256(path: Path) -> str:
    """Hex digest of a file. Raises EngineUnavailable where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as problem:
        raise EngineUnavailable(f"cannot read the model {path.name}: {problem.strerror}") from None


def cached_model(weights: Path, cache: Path) -> Path:
    """The ONNX file of `weights` in the folder `cache`, named by their digest; made at the first call.

    Idempotent, also when several processes make it at once. Raises EngineUnavailable (file missing, not dlib's
    network).
    """
    made = cache / f"dlib-resnet-{file_sha256(weights)[:32]}.onnx"
    if not made.is_file():
        data = convert(weights.read_bytes())
        cache.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{made.name}.", dir=cache)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(made)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    return made


def convert(data: bytes) -> bytes:
    """The serialised ONNX model: uint8 chips (batch, 150, 150, 3) -> float32 (batch, 128), not of unit length."""
    return _Network(read_layers(data)).model()


def read_layers(data: bytes) -> list[_Layer]:
    """All layers with parameters, in order. Raises EngineUnavailable if the file is not this network's."""
    layers = []
    for tag in _TAG.finditer(data):
        values = _tensor_after(data, tag.end())
        if values is not None:
            layers.append(_Layer(tag.group().decode(), values))
    if [layer.kind for layer in layers] != _LAYERS:
        raise EngineUnavailable(f"{len(layers)} layers found: not dlib's face network")
    return layers


def _tensor_after(data: bytes, start: int) -> Weights | None:
    for at in range(start, start + _FROM_TAG):
        if data[at : at + 2] != b"\x01\x02":
            continue
        shape, place = [], at + 2
        for _ in range(4):
            number, place = _integer(data, place)
            shape.append(number)
        count = int(np.prod(shape))
        if min(shape) > 0 and 64 <= count <= 5_000_000 and place + 4 * count <= len(data):
            return np.frombuffer(data, "<f4", count, place)
    return None


def _integer(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        return -1, at
    size = data[at] & 0x0F
    number = int.from_bytes(data[at + 1 : at + 1 + size], "little")
    return (-number if data[at] & 0x80 else number), at + 1 + size


class _Network:
    """Builds the graph; the layers are consumed in order, and their sizes are checked."""

    def __init__(self, layers: list[_Layer]) -> None:
        # Needed for the conversion alone, and slow to import.
        import onnx

        self._onnx = onnx
        self._layers = iter(layers)
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def model(self) -> bytes:
        helper, kinds = self._onnx.helper, self._onnx.TensorProto
        x = self._node("Transpose", "chips", perm=[0, 3, 1, 2])
        x = self._node("Cast", x, to=kinds.FLOAT)
        x = self._node("Sub", x, self._constant(np.array(_MEAN_RGB, np.float32).reshape(1, 3, 1, 1)))
        x = self._node("Div", x, self._constant(np.array(256, np.float32)))
        x = self._node("Relu", self._convolution(x, 3, 32, 7, stride=2, pad=0))
        x = self._node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
        size, before = 35, 32
        for channels, blocks, halves in _STAGES:
            if halves:
                x, size = self._down(x, before, channels, size)
            for _ in range(blocks):
                path = self._node("Relu", self._convolution(x, channels, channels, 3))
                x = self._node("Relu", self._node("Add", self._convolution(path, channels, channels, 3), x))
            before = channels
        x = self._node("Flatten", self._node("GlobalAveragePool", x))
        self._node("MatMul", x, self._constant(self._take("fc_2", 256 * 128).reshape(256, 128)), output="embedding")
        graph = helper.make_graph(
            self._nodes,
            "dlib-face-resnet",
            [helper.make_tensor_value_info("chips", kinds.UINT8, ["batch", CHIP, CHIP, 3])],
            [helper.make_tensor_value_info("embedding", kinds.FLOAT, ["batch", 128])],
            self._constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
        self._onnx.checker.check_model(model)
        return bytes(model.SerializeToString())

    def _down(self, x: str, before: int, after: int, size: int) -> tuple[str, int]:
        """dlib's residual block of half the size: the smaller of its two paths is padded with zeros."""
        path = self._node("Relu", self._convolution(x, before, after, 3, stride=2, pad=0))
        path = self._convolution(path, after, after, 3)
        skip = self._node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
        path_size, skip_size = (size - 3) // 2 + 1, size // 2
        skip = self._pad(skip, [0, 0, 0, 0, 0, after - before, path_size - skip_size, path_size - skip_size])
        path = self._pad(path, [0, 0, 0, 0, 0, 0, skip_size - path_size, skip_size - path_size])
        return self._node("Relu", self._node("Add", path, skip)), max(path_size, skip_size)

    def _pad(self, x: str, pads: list[int]) -> str:
        pads = [max(0, pad) for pad in pads]
        return self._node("Pad", x, self._constant(np.array(pads, np.int64))) if any(pads) else x

    def _convolution(self, x: str, before: int, after: int, side: int, stride: int = 1, pad: int = 1) -> str:
        """A convolution with the affine layer behind it folded in."""
        values = self._take("con_4", after * (before * side * side + 1))
        scale = self._take("affine_", 2 * after)
        kernel = values[:-after].reshape(after, before, side, side) * scale[:after, None, None, None]
        bias = values[-after:] * scale[:after] + scale[after:]
        return self._node(
            "Conv",
            x,
            self._constant(kernel),
            self._constant(bias),
            kernel_shape=[side, side],
            strides=[stride, stride],
            pads=[pad] * 4,
        )

    def _take(self, kind: str, count: int) -> Weights:
        layer = next(self._layers)
        if layer.kind != kind or layer.values.size != count:
            raise EngineUnavailable(f"layer {layer.kind} of {layer.values.size} values, not {kind} of {count}")
        return layer.values

    def _constant(self, values: npt.NDArray[Any]) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        name = output or f"n{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(kind, list(inputs), [name], **attributes))
        return name
