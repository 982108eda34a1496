"""The compiled data plane keeps the data plane's contract."""

from __future__ import annotations

import pytest

from media_server.dataplane import make_data_plane, why_not_native
from media_server.dataplane.ports import DataPlane
from tests.contracts.dataplane import DataPlaneContract

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(why_not_native() is not None, reason=f"no compiled data plane: {why_not_native()}"),
]


class TestNative(DataPlaneContract):
    @pytest.fixture
    def plane(self) -> DataPlane:
        return make_data_plane("native")
