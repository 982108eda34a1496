"""The operator's own ONNX files: which are refused and in what words, and what is made of the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from identity.engine import EngineUnavailable
from identity.engines.onnx_generic import FaceModels
from identity.engines.onnx_models import Embedder, PinnedModel, Preparation
from identity.engines.yunet import YuNet
from tests.fakes.onnx_networks import detector, embedder, pinned

pytestmark = pytest.mark.unit


@contextmanager
def unavailable(saying: str) -> Iterator[None]:
    """What the operator reads has a place for this."""
    with pytest.raises(EngineUnavailable) as refused:
        yield
    assert re.search(saying, refused.value.detail), refused.value.detail


PLAIN = Preparation(mean=(0.0,), scale=(1.0,))


def test_another_file_is_refused_with_its_place_and_both_digests(tmp_path: Path) -> None:
    model = pinned(tmp_path / "face.onnx", embedder([1, 3, 32, 32]))
    other = PinnedModel(model.path, "ab" * 32)
    with pytest.raises(EngineUnavailable) as refused:
        Embedder(other, PLAIN)
    for said in (str(model.path), model.sha256, "ab" * 32):
        assert said in refused.value.detail


@pytest.mark.parametrize("wanted", ["", "sha256", "AB" * 31])
def test_without_a_digest_nothing_runs_and_the_files_own_is_said(tmp_path: Path, wanted: str) -> None:
    model = pinned(tmp_path / "face.onnx", embedder([1, 3, 32, 32]))
    with pytest.raises(EngineUnavailable) as refused:
        PinnedModel(model.path, wanted).read()
    assert model.sha256 in refused.value.detail


def test_a_digest_may_be_written_in_capitals(tmp_path: Path) -> None:
    model = pinned(tmp_path / "face.onnx", embedder([1, 3, 32, 32]))
    shouted = PinnedModel(model.path, f" {model.sha256.upper()}\n")
    assert Embedder(shouted, PLAIN).side == 32
    assert FaceModels(embedder=shouted).digest == FaceModels(embedder=model).digest


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with unavailable(r"nowhere\.onnx"):
        PinnedModel(tmp_path / "nowhere.onnx", "ab" * 32).read()


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "face.onnx"
    path.write_bytes(b"no model")
    with unavailable(r"face\.onnx"):
        Embedder(PinnedModel(path, hashlib.sha256(b"no model").hexdigest()), PLAIN)


@pytest.mark.parametrize(
    ("shape", "kind", "numbers", "side"),
    [
        ([1, 3072], TensorProto.FLOAT, 64, 0),
        ([1, 4, 32, 32], TensorProto.FLOAT, 64, 0),
        ([1, 3, 32, 48], TensorProto.FLOAT, 64, 0),
        ([1, 3, 16, 16], TensorProto.FLOAT, 64, 0),
        ([1, 3, 1024, 1024], TensorProto.FLOAT, 64, 0),
        ([4, 3, 32, 32], TensorProto.FLOAT, 64, 0),
        ([1, 3, 32, 32], TensorProto.DOUBLE, 64, 0),
        ([1, 3, 32, 32], TensorProto.FLOAT, 8, 0),
        ([1, 3, 32, 32], TensorProto.FLOAT, 64, 112),
        ([1, 3, "h", "w"], TensorProto.FLOAT, 64, 0),
    ],
    ids=str,
)
def test_shapes_that_are_not_understood_are_refused_by_name(
    tmp_path: Path, shape: list[int | str], kind: int, numbers: int, side: int
) -> None:
    with unavailable(r"face\.onnx"):
        Embedder(pinned(tmp_path / "face.onnx", embedder(shape, kind, numbers)), PLAIN, side)


@pytest.mark.parametrize("factor", [0.0, float("nan"), float("inf")])
def test_a_network_that_gives_no_vector_is_refused(tmp_path: Path, factor: float) -> None:
    with unavailable("no finite vector"):
        Embedder(pinned(tmp_path / "face.onnx", embedder([1, 3, 32, 32], factor=factor)), PLAIN)


@pytest.mark.parametrize("shape", [[1, 3, 32, 32], ["n", 3, 32, 32], [1, 32, 32, 3], ["n", 32, 32, 3]], ids=str)
@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.UINT8])
def test_the_four_ways_to_lay_out_a_picture(tmp_path: Path, shape: list[int | str], kind: int) -> None:
    network = Embedder(pinned(tmp_path / "face.onnx", embedder(shape, kind)), PLAIN)
    faces = np.random.default_rng(2).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    laid = faces.transpose(0, 3, 1, 2) if shape[1] == 3 else faces
    first = laid.reshape(3, -1)[:, :64].astype(np.float64)
    wanted = first / np.linalg.norm(first, axis=1, keepdims=True)
    assert np.allclose(network.vectors(faces), wanted, atol=1e-6)
    assert (network.side, network.length) == (32, 64)


def test_a_network_of_any_size_takes_the_size_of_the_settings(tmp_path: Path) -> None:
    assert Embedder(pinned(tmp_path / "face.onnx", embedder([1, 3, "h", "w"])), PLAIN, side=96).side == 96


def test_colours_and_normalisation_are_the_settings() -> None:
    picture = np.array([[10, 20, 30]], np.uint8)
    assert Preparation().apply(picture)[0] == pytest.approx([-0.9216, -0.8431, -0.7647], abs=1e-4)
    turned = Preparation("bgr", (1.0, 2.0, 3.0), (1.0, 10.0, 100.0))
    assert turned.apply(picture)[0] == pytest.approx([29.0, 1.8, 0.07])


@pytest.mark.parametrize(
    ("colours", "mean", "scale"),
    [
        ("grb", (0.0,), (1.0,)),
        ("rgb", (), (1.0,)),
        ("rgb", (1.0, 2.0), (1.0,)),
        ("rgb", (0.0,), (0.0,)),
        ("rgb", (0.0,), (-1.0,)),
        ("rgb", (float("nan"),), (1.0,)),
    ],
)
def test_an_impossible_preparation_is_refused(
    colours: str, mean: tuple[float, ...], scale: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError):
        Preparation(colours, mean, scale).check()


def test_other_input_is_another_model(tmp_path: Path) -> None:
    model = pinned(tmp_path / "face.onnx", embedder([1, 3, 32, 32]))
    told = [
        FaceModels(embedder=model),
        FaceModels(embedder=model, alignment="dlib"),
        FaceModels(embedder=model, preparation=Preparation("bgr")),
        FaceModels(embedder=model, preparation=PLAIN),
        FaceModels(embedder=PinnedModel(model.path, "ab" * 32)),
    ]
    assert len({each.digest for each in told}) == len(told)


# --- a detector -------------------------------------------------------------------------------------------------


def told(side: int, faces: list[tuple[int, int, int, float, float]]) -> dict[str, np.ndarray]:
    """YuNet's outputs for faces of (step, column, row, confidence, width), their points in the usual places."""
    out = {}
    for step in (8, 16, 32):
        places = (side // step) ** 2
        for kind, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            out[f"{kind}_{step}"] = np.zeros((1, places, width), np.float32)
    for step, column, row, confidence, width in faces:
        at = row * (side // step) + column
        out[f"cls_{step}"][0, at] = out[f"obj_{step}"][0, at] = confidence
        out[f"bbox_{step}"][0, at] = (0.0, 0.0, np.log(width / step), np.log(1.3 * width / step))
        eye, mouth = 0.2 * width / step, 0.5 * width / step
        out[f"kps_{step}"][0, at] = (-eye, -eye, eye, -eye, 0, 0, -eye, mouth - eye, eye, mouth - eye)
    return out


def test_a_face_is_where_the_detector_says_largest_first(tmp_path: Path) -> None:
    faces = [(32, 3, 3, 0.95, 80.0), (8, 30, 30, 0.9, 40.0), (16, 2, 2, 0.5, 60.0)]
    found = YuNet(pinned(tmp_path / "yunet.onnx", detector(320, told(320, faces)))).detect(
        np.zeros((320, 320, 3), np.uint8)
    )
    assert len(found) == 2
    assert found[0].width > found[1].width
    large, small = found
    assert abs((large.left + large.right) / 2 - 96) <= 1
    assert abs((small.left + small.right) / 2 - 240) <= 1
    assert large.width == pytest.approx(1.98 * np.hypot(0.4, 0.5) * 80, abs=1.5)
    assert large.score == pytest.approx(0.95, abs=1e-3)


def test_one_face_found_at_several_places_is_one(tmp_path: Path) -> None:
    faces = [(32, 3, 3, 0.95, 80.0), (32, 4, 3, 0.8, 80.0), (16, 6, 6, 0.9, 82.0)]
    assert len(YuNet(pinned(tmp_path / "y.onnx", detector(320, told(320, faces)))).detect(_black())) == 1


def test_a_large_picture_is_made_smaller_and_the_face_is_in_its_own_pixels(tmp_path: Path) -> None:
    net = YuNet(pinned(tmp_path / "y.onnx", detector(320, told(320, [(32, 3, 3, 0.9, 80.0)]))))
    (box,) = net.detect(np.zeros((640, 1280, 3), np.uint8))
    assert abs((box.left + box.right) / 2 - 4 * 96) <= 2


@pytest.mark.parametrize("missing", ["kps_8", "cls_32"])
def test_another_detector_is_refused_with_what_it_has(tmp_path: Path, missing: str) -> None:
    outputs = told(320, [])
    del outputs[missing]
    with unavailable("no YuNet"):
        YuNet(pinned(tmp_path / "y.onnx", detector(320, outputs)))


def test_grids_of_another_size_are_refused(tmp_path: Path) -> None:
    with unavailable("grid"):
        YuNet(pinned(tmp_path / "y.onnx", detector(320, told(640, []))))


def _black() -> np.ndarray:
    return np.zeros((320, 320, 3), np.uint8)
