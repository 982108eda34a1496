"""The FaceEngine suite over every implementation, each with its real model."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from identity.engine import EngineUnavailable, FaceEngine, only_face
from identity.engines.dlib_onnx import DlibOnnx
from identity.engines.dlib_weights import RESNET, cached_model, model_folder
from identity.engines.face_recognition_engine import FaceRecognition
from identity.engines.http_faces import HttpFaces
from identity.engines.onnx_generic import FaceModels, OnnxGeneric
from identity.engines.onnx_models import PinnedModel, Preparation
from tests.contracts.face_engine import FaceEngineContract, photo
from tests.fakes.face_service import MODEL, SECRET, FaceService
from tests.fakes.onnx_networks import floats_first, pinned

pytestmark = pytest.mark.contract


@pytest.fixture(scope="session")
def dlib_onnx(tmp_path_factory: pytest.TempPathFactory) -> DlibOnnx:
    return DlibOnnx(tmp_path_factory.mktemp("models"))


class TestDlibOnnx(FaceEngineContract):
    @pytest.fixture
    def engine(self, dlib_onnx: DlibOnnx) -> FaceEngine:
        return dlib_onnx


@pytest.fixture(scope="session")
def face_recognition() -> Iterator[FaceRecognition]:
    engine = FaceRecognition()
    yield engine
    engine.close()


class TestFaceRecognition(FaceEngineContract):
    @pytest.fixture
    def engine(self, face_recognition: FaceRecognition) -> FaceEngine:
        return face_recognition

    def test_its_vectors_are_the_default_engines(
        self, face_recognition: FaceRecognition, dlib_onnx: DlibOnnx, data_dir: Path
    ) -> None:
        rgb = photo(data_dir, "biden.jpg")
        box = only_face(dlib_onnx.detect(rgb))
        theirs, ours = (each.embed(rgb, box, flip=False) for each in (face_recognition, dlib_onnx))
        assert np.linalg.norm(theirs - ours) <= 1e-5
        assert face_recognition.model_sha256 == dlib_onnx.model_sha256

    def test_a_process_that_dies_is_replaced(self, face_recognition: FaceRecognition) -> None:
        empty = np.zeros((64, 64, 3), np.uint8)
        with pytest.raises(EngineUnavailable):
            face_recognition._call(os.kill, _worker(face_recognition), signal.SIGKILL)
        assert face_recognition.detect(empty) == []

    def test_a_process_that_hangs_is_ended_and_replaced(
        self, face_recognition: FaceRecognition, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hanging = _worker(face_recognition)
        monkeypatch.setattr("identity.engines.face_recognition_engine.CALL_S", 0.3)
        with pytest.raises(EngineUnavailable):
            face_recognition._call(signal.pause)
        monkeypatch.undo()
        assert _worker(face_recognition) != hanging
        _wait_for_end(hanging)

    def test_its_process_ends_with_the_server(self) -> None:
        """Also with one that is killed, which closes nothing."""
        program = (
            "import os, signal\n"
            "from identity.engines.face_recognition_engine import FaceRecognition\n"
            "if __name__ == '__main__':\n"
            "    print(FaceRecognition()._call(os.getpid), flush=True)\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert ended.returncode == -signal.SIGKILL
        _wait_for_end(int(ended.stdout))

    def test_the_package_cannot_end_the_program(self) -> None:
        """Where its import calls quit(): without pkg_resources and without the models."""
        program = (
            "import sys, types\n"
            "from identity.engine import EngineUnavailable\n"
            "from identity.engines.face_recognition_engine import load_package\n"
            "class Quits:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            "        if name == 'face_recognition_models': quit()\n"
            "sys.meta_path.insert(0, Quits())\n"
            "try: load_package()\n"
            "except EngineUnavailable: print('still here')\n"
        )
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert ended.stdout.endswith("still here\n")


@pytest.fixture(scope="session")
def converted(dlib_onnx: DlibOnnx, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network of the default engine as somebody's own model."""
    return cached_model(model_folder() / RESNET, tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="session")
def own_model(converted: Path) -> OnnxGeneric:
    return OnnxGeneric(FaceModels(embedder=_pinned(converted), alignment="dlib"))


class TestOnnxGeneric(FaceEngineContract):
    """A network that takes bytes, and dlib's detector."""

    @pytest.fixture
    def engine(self, own_model: OnnxGeneric) -> FaceEngine:
        return own_model

    @pytest.mark.parametrize("flip", [False, True])
    def test_its_vectors_are_the_networks_at_unit_length(
        self, own_model: OnnxGeneric, dlib_onnx: DlibOnnx, data_dir: Path, flip: bool
    ) -> None:
        rgb = photo(data_dir, "biden.jpg")
        box = only_face(own_model.detect(rgb))
        mine, theirs = (each.embed(rgb, box, flip) for each in (own_model, dlib_onnx))
        assert float(np.linalg.norm(mine)) == pytest.approx(1, abs=1e-5)
        assert mine @ theirs / np.linalg.norm(theirs) > (0.999 if flip else 0.99999)


@pytest.fixture(scope="session")
def prepared_model(converted: Path) -> OnnxGeneric:
    bare = converted.with_name("floats.onnx")
    preparation = Preparation(mean=(122.782, 117.001, 104.298), scale=(256.0,))
    return OnnxGeneric(
        FaceModels(
            embedder=pinned(bare, floats_first(converted)), alignment="dlib", preparation=preparation, side=150
        )
    )


class TestOnnxGenericPrepared(FaceEngineContract):
    """A network that takes normalised floats, colours first, one face at a time and of any size."""

    @pytest.fixture
    def engine(self, prepared_model: OnnxGeneric) -> FaceEngine:
        return prepared_model

    def test_normalised_by_the_settings_it_is_the_same_network(
        self, prepared_model: OnnxGeneric, own_model: OnnxGeneric, data_dir: Path
    ) -> None:
        rgb = photo(data_dir, "biden.jpg")
        box = only_face(own_model.detect(rgb))
        assert np.linalg.norm(prepared_model.embed(rgb, box) - own_model.embed(rgb, box)) < 1e-4
        assert prepared_model.model_sha256 != own_model.model_sha256


@pytest.fixture(scope="session")
def yunet_model(converted: Path, data_dir: Path) -> OnnxGeneric:
    found = data_dir / "models" / "yunet.onnx"
    if not found.is_file():
        pytest.skip(f"no YuNet detector at {found}")
    return OnnxGeneric(FaceModels(embedder=_pinned(converted), detector=_pinned(found), alignment="dlib"))


class TestOnnxGenericYuNet(FaceEngineContract):
    """The same with a YuNet detector, where the test data has one."""

    @pytest.fixture
    def engine(self, yunet_model: OnnxGeneric) -> FaceEngine:
        return yunet_model

    def test_its_boxes_are_like_dlibs(self, yunet_model: OnnxGeneric, dlib_onnx: DlibOnnx, data_dir: Path) -> None:
        for name in ("obama.jpg", "obama2.jpg", "biden.jpg"):
            rgb = photo(data_dir, name)
            one, other = (only_face(each.detect(rgb)) for each in (yunet_model, dlib_onnx))
            assert abs(one.left - other.left) < 0.2 * other.width
            assert abs(one.top - other.top) < 0.2 * other.width
            assert one.width == pytest.approx(other.width, rel=0.25)


@pytest.fixture(scope="session")
def service(dlib_onnx: DlibOnnx) -> Iterator[FaceService]:
    made = FaceService(dlib_onnx)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def official(service: FaceService) -> Iterator[HttpFaces]:
    engine = HttpFaces(service.url, SECRET, MODEL)
    yield engine
    engine.close()


class TestHttpFaces(FaceEngineContract):
    @pytest.fixture
    def engine(self, official: HttpFaces) -> FaceEngine:
        return official

    def test_only_the_face_leaves_this_machine(
        self, official: HttpFaces, service: FaceService, data_dir: Path
    ) -> None:
        rgb = photo(data_dir, "two_people.jpg", 2000)
        box = official.detect(rgb)[0]
        service.sizes.clear()
        official.embed(rgb, box, flip=False)
        ((height, width, _),) = service.sizes
        assert height <= 480
        assert width <= 480


def _pinned(path: Path) -> PinnedModel:
    return PinnedModel(path, hashlib.sha256(path.read_bytes()).hexdigest())


def _worker(engine: FaceRecognition) -> int:
    return engine._call(os.getpid)


def _wait_for_end(process: int) -> None:
    until = time.monotonic() + 20
    while _runs(process):
        assert time.monotonic() < until, "the process goes on"
        time.sleep(0.02)


def _runs(process: int) -> bool:
    try:
        # Whoever has ended and whom nobody has waited for is a zombie.
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
