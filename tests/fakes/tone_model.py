"""A network for sherpa-onnx that hears two tones: 低 at 400 Hz, 高 at 3 kHz. It recognises nothing else.

In the form of NeMo's streaming CTC networks: mel bands in, a score for each of two tokens and blank out, and three
states that it passes on untouched.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SAMPLE_RATE = 16_000
_BANDS, _WINDOW, _TOKENS, _EVERY = 80, 8, ("低", "高"), 4
_LOW_BANDS, _HIGH_BANDS = slice(8, 12), slice(53, 56)
_LOUD = -6.0
"""Mean log energy of a token's bands from which it is said."""


def make_tone_model(folder: Path) -> Path:
    """Writes model.onnx and tokens.txt."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{token} {number}" for number, token in enumerate((*_TOKENS, "<blk>"))]
    (folder / "tokens.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    onnx.save(_network(), str(folder / "model.onnx"))
    return folder


def tones(*said: str, seconds: float = 0.3, gap_s: float = 0.15, end_s: float = 0.3) -> bytes:
    """Speech of this model's language: a tone for each token; " " is a second of silence."""
    parts = [np.zeros(int(0.2 * SAMPLE_RATE))]
    for token in said:
        if token == " ":
            parts.append(np.zeros(SAMPLE_RATE))
            continue
        at = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
        parts += [0.3 * np.sin(2 * np.pi * (400 if token == "低" else 3000) * at), np.zeros(int(gap_s * SAMPLE_RATE))]
    parts.append(np.zeros(int(end_s * SAMPLE_RATE)))
    return (np.concatenate(parts) * 32767).astype("<i2").tobytes()


def _network() -> onnx.ModelProto:
    weights = np.zeros((_BANDS, 3), np.float32)
    weights[_LOW_BANDS, 0] = 1 / 4
    weights[_HIGH_BANDS, 1] = 1 / 3
    bias = np.array([-_LOUD, -_LOUD, 0], np.float32)
    floats, longs = TensorProto.FLOAT, TensorProto.INT64
    nodes = [
        helper.make_node("Transpose", ["audio_signal"], ["rows"], perm=[0, 2, 1]),
        helper.make_node("Slice", ["rows", "first", "last", "axis", "step"], ["fewer"]),
        helper.make_node("MatMul", ["fewer", "weights"], ["scores"]),
        helper.make_node("Add", ["scores", "bias"], ["biased"]),
        helper.make_node("LogSoftmax", ["biased"], ["logprobs"], axis=-1),
        helper.make_node("Div", ["length", "step"], ["encoded_lengths"]),
        helper.make_node("Identity", ["cache_last_channel"], ["cache_last_channel_next"]),
        helper.make_node("Identity", ["cache_last_time"], ["cache_last_time_next"]),
        helper.make_node("Identity", ["cache_last_channel_len"], ["cache_last_channel_len_next"]),
    ]
    states = [
        ("cache_last_channel", floats, ["B", 1, 1, 1]),
        ("cache_last_time", floats, ["B", 1, 1, 1]),
        ("cache_last_channel_len", longs, ["B"]),
    ]
    inputs = [("audio_signal", floats, ["B", _BANDS, "T"]), ("length", longs, ["B"]), *states]
    outputs = [("logprobs", floats, ["B", "S", 3]), ("encoded_lengths", longs, ["B"])]
    outputs += [(f"{name}_next", kind, shape) for name, kind, shape in states]
    graph = helper.make_graph(
        nodes,
        "tones",
        [helper.make_tensor_value_info(*each) for each in inputs],
        [helper.make_tensor_value_info(*each) for each in outputs],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(bias, "bias"),
            *(
                numpy_helper.from_array(np.array([value], np.int64), name)
                for name, value in (("first", 0), ("last", 1 << 30), ("axis", 1), ("step", _EVERY))
            ),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    sizes = {"window_size": _WINDOW, "chunk_shift": _WINDOW, "subsampling_factor": _EVERY, "vocab_size": 2}
    sizes |= {f"cache_last_{what}_dim{n}": 1 for what in ("channel", "time") for n in (1, 2, 3)}
    helper.set_model_props(model, {key: str(value) for key, value in sizes.items()})
    return model
