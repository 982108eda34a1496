"""The converted network gives dlib's own vectors; a damaged file is refused, and a model is made once."""

from __future__ import annotations

from pathlib import Path

import dlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.engine import EngineUnavailable
from identity.engines.dlib_onnx import DlibOnnx, open_session
from identity.engines.dlib_weights import RESNET, cached_model, convert, file_sha256, model_folder, read_layers

pytestmark = pytest.mark.unit

WEIGHTS = model_folder() / RESNET


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> DlibOnnx:
    return DlibOnnx(tmp_path_factory.mktemp("models"))


def test_equals_dlib_within_1e_5(engine: DlibOnnx) -> None:
    """On smooth random pictures too, so that no photo is needed: the two networks must agree on anything."""
    random = np.random.default_rng(7)
    coarse = random.integers(0, 256, (6, 10, 10, 3))
    chips = np.kron(coarse, np.ones((1, 15, 15, 1))).astype(np.uint8)
    chips[0], chips[1] = 0, 255
    encoder = dlib.face_recognition_model_v1(str(WEIGHTS))
    theirs = np.array([encoder.compute_face_descriptor(chip) for chip in chips])
    ours = engine.embed_chips(chips)
    assert ours.shape == (6, 128)
    assert np.linalg.norm(theirs - ours, axis=1).max() <= 1e-5


def test_all_59_tensors_are_read() -> None:
    layers = read_layers(WEIGHTS.read_bytes())
    assert len(layers) == 59
    assert sum(layer.values.size for layer in layers) == 5_614_592


def test_a_model_is_made_once(tmp_path: Path) -> None:
    made = cached_model(WEIGHTS, tmp_path)
    stamp = made.stat().st_mtime_ns
    assert cached_model(WEIGHTS, tmp_path) == made
    assert made.stat().st_mtime_ns == stamp
    assert file_sha256(WEIGHTS)[:32] in made.name
    assert list(tmp_path.iterdir()) == [made]


@settings(max_examples=15)
@given(cut=st.integers(0, 22_000_000))
def test_a_truncated_file_is_refused(cut: int) -> None:
    with pytest.raises(EngineUnavailable):
        convert(WEIGHTS.read_bytes()[:cut])


@given(st.binary(max_size=400), st.sampled_from([b"con_4", b"affine_", b"fc_2", b""]))
def test_any_bytes_are_refused(junk: bytes, tag: bytes) -> None:
    with pytest.raises(EngineUnavailable):
        convert(tag + junk)


def test_a_missing_file_and_a_bad_model_say_so(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="face-engine-unavailable"):
        cached_model(tmp_path / "absent.dat", tmp_path)
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"not a model")
    with pytest.raises(EngineUnavailable):
        open_session(str(bad), bad.name)
