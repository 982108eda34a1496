"""The pure-Python data plane keeps the data plane's contract."""

from __future__ import annotations

import pytest

from media_server.dataplane.plain import PlainDataPlane
from media_server.dataplane.ports import DataPlane
from tests.contracts.dataplane import DataPlaneContract

pytestmark = pytest.mark.contract


class TestPlain(DataPlaneContract):
    @pytest.fixture
    def plane(self) -> DataPlane:
        return PlainDataPlane()
