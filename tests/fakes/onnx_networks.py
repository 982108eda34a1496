"""Small ONNX files made for tests, and dlib's own network with another kind of input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from identity.engines.onnx_models import PinnedModel


def pinned(path: Path, model: onnx.ModelProto) -> PinnedModel:
    """Writes the model; with the digest that it has."""
    import hashlib

    data = model.SerializeToString()
    path.write_bytes(data)
    return PinnedModel(path, hashlib.sha256(data).hexdigest())


def embedder(
    shape: list[int | str], kind: int = TensorProto.FLOAT, numbers: int = 64, factor: float = 1.0
) -> onnx.ModelProto:
    """A "network" whose vector are the first values of the picture, times `factor`."""
    values = [
        helper.make_node("Cast", ["x"], ["c"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["c"], ["f"]),
        helper.make_node("Slice", ["f", "from", "to", "axis"], ["s"]),
        helper.make_node("Mul", ["s", "factor"], ["vector"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([0], np.int64), "from"),
        numpy_helper.from_array(np.array([numbers], np.int64), "to"),
        numpy_helper.from_array(np.array([1], np.int64), "axis"),
        numpy_helper.from_array(np.array(factor, np.float32), "factor"),
    ]
    return _model(values, [helper.make_tensor_value_info("x", kind, shape)], [("vector", None)], constants)


def detector(side: int, told: dict[str, npt.NDArray[np.float32]]) -> onnx.ModelProto:
    """A "detector" that says the same of every picture."""
    constants = [numpy_helper.from_array(value, f"_{name}") for name, value in told.items()]
    nodes = [helper.make_node("Identity", [f"_{name}"], [name]) for name in told]
    picture = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, side, side])
    return _model(nodes, [picture], [(name, list(value.shape)) for name, value in told.items()], constants)


def floats_first(converted: Path) -> onnx.ModelProto:
    """dlib's converted network without its preparation: it takes floats, colours first, as most published ones do."""
    model = onnx.load(str(converted))
    head = [node.op_type for node in model.graph.node[:4]]
    assert head == ["Transpose", "Cast", "Sub", "Div"]
    ready = model.graph.node[3].output[0]
    del model.graph.node[:4]
    del model.graph.input[:]
    model.graph.input.append(helper.make_tensor_value_info(ready, TensorProto.FLOAT, [1, 3, "height", "width"]))
    return model


def _model(nodes: list[Any], ins: list[Any], outs: list[tuple[str, Any]], constants: list[Any]) -> onnx.ModelProto:
    told = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outs]
    graph = helper.make_graph(nodes, "made", ins, told, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
