"""The registry suite over every implementation; and an official service that fails in every way."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from identity.ports import Registry
from identity.registries.http import HttpRegistry
from identity.registries.offline import OfflineRegistry
from tests.contracts.registry import DOCUMENT, NAME, NOW_MS, NUMBER, PHOTO, RegistryContract
from tests.fakes.registry_server import SECRET, RegistryServer

pytestmark = pytest.mark.contract


class TestOffline(RegistryContract):
    knows = False

    @pytest.fixture
    def registry(self) -> Registry:
        return OfflineRegistry()


@pytest.fixture
async def server() -> AsyncIterator[RegistryServer]:
    made = RegistryServer(people={NUMBER: (NAME, PHOTO)})
    yield made
    await made.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def official(server: RegistryServer, http: aiohttp.ClientSession) -> HttpRegistry:
    return HttpRegistry(http, await server.start(), SECRET, lambda: NOW_MS)


class TestHttp(RegistryContract):
    stranger = "no"

    @pytest.fixture
    def registry(self, official: HttpRegistry) -> Registry:
        return official

    @pytest.mark.parametrize("fault", [503, "not-json"])
    async def test_an_outage_is_unknown_and_not_an_error(
        self, official: HttpRegistry, server: RegistryServer, fault: int | str
    ) -> None:
        server.faults = [fault, fault]
        answer = await official.verify(NAME, DOCUMENT)
        assert (answer.match, answer.photo) == ("unknown", None)
        assert len(server.requests) == 2

    async def test_a_photo_that_is_none_is_left_out(self, official: HttpRegistry, server: RegistryServer) -> None:
        server.faults = ["bad-photo"]
        answer = await official.verify(NAME, DOCUMENT)
        assert (answer.match, answer.photo) == ("yes", None)

    async def test_neither_name_nor_number_is_logged(
        self, official: HttpRegistry, server: RegistryServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        server.faults = [500, "not-json"]
        await official.verify(NAME, DOCUMENT)
        shown = "".join(capsys.readouterr())
        assert "registry.outage" in shown
        assert NUMBER not in shown
        assert NAME not in shown
