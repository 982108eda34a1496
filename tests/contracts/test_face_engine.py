"""The FaceEngine suite over every implementation, each with its real model."""

from __future__ import annotations

import pytest

from identity.engine import FaceEngine
from identity.engines.dlib_onnx import DlibOnnx
from tests.contracts.face_engine import FaceEngineContract

pytestmark = pytest.mark.contract


@pytest.fixture(scope="session")
def dlib_onnx(tmp_path_factory: pytest.TempPathFactory) -> DlibOnnx:
    return DlibOnnx(tmp_path_factory.mktemp("models"))


class TestDlibOnnx(FaceEngineContract):
    @pytest.fixture
    def engine(self, dlib_onnx: DlibOnnx) -> FaceEngine:
        return dlib_onnx
