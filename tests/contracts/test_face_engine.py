"""The FaceEngine suite over every implementation, each with its real model."""

from __future__ import annotations

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
from identity.engines.face_recognition_engine import FaceRecognition
from tests.contracts.face_engine import FaceEngineContract, photo

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
