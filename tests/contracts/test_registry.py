"""The registry suite over every implementation; and an official service that fails in every way."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from identity.breaker import Breaker
from identity.documents import number_index
from identity.ports import Registry
from identity.registries.case_file import CaseFileRegistry, Filed, same_name
from identity.registries.http import HttpRegistry
from identity.registries.offline import OfflineRegistry
from tests.contracts.registry import DOCUMENT, NAME, NOW_MS, NUMBER, PHOTO, RegistryContract
from tests.fakes.registry_server import SECRET, RegistryServer

pytestmark = pytest.mark.contract

KEY = b"k" * 32


class Files:
    """A case file with one person."""

    async def find(self, index_hmac: str) -> Filed | None:
        return Filed(NAME, PHOTO) if index_hmac == number_index(DOCUMENT, KEY) else None


class TestOffline(RegistryContract):
    knows = False

    @pytest.fixture
    def registry(self) -> Registry:
        return OfflineRegistry()


class TestCaseFile(RegistryContract):
    @pytest.fixture
    def registry(self) -> Registry:
        return CaseFileRegistry(Files(), KEY)

    @pytest.mark.parametrize("other", ["张三丰 ", "張三丰", ""])
    def test_names_are_compared_as_written(self, other: str) -> None:
        assert same_name(NAME, other) is (other == "张三丰 ")

    def test_dots_and_width_do_not_count(self) -> None:
        assert same_name("阿凡提·买买提", "阿凡提•买买提")
        assert same_name("John Smith", "ＪＯＨＮ　ＳＭＩＴＨ")


@pytest.fixture
async def server() -> AsyncIterator[RegistryServer]:
    made = RegistryServer({NUMBER: (NAME, PHOTO)})
    yield made
    await made.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


class Clock:
    def __init__(self) -> None:
        self.ms = NOW_MS

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def official(server: RegistryServer, http: aiohttp.ClientSession, clock: Clock) -> HttpRegistry:
    return HttpRegistry(http, await server.start(), SECRET, clock, timeout_s=3.0, breaker=Breaker(5, 30_000))


class TestHttp(RegistryContract):
    stranger = "no"

    @pytest.fixture
    def registry(self, official: HttpRegistry) -> Registry:
        return official

    @pytest.mark.parametrize(
        "fault", [500, 502, 503, 429, 401, "garbage", "other-request", "cut", "endless", "redirect"]
    )
    async def test_one_fault_is_asked_again_with_the_same_id(
        self, official: HttpRegistry, server: RegistryServer, fault: int | str
    ) -> None:
        server.faults = [fault]
        assert (await official.verify(NAME, DOCUMENT)).match == "yes"
        assert len(server.requests) == 2
        assert len(set(server.requests)) == 1

    @pytest.mark.parametrize("fault", [500, "garbage"])
    async def test_an_outage_is_unknown_and_not_an_error(
        self, official: HttpRegistry, server: RegistryServer, fault: int | str
    ) -> None:
        server.faults = [fault, fault]
        answer = await official.verify(NAME, DOCUMENT)
        assert (answer.match, answer.photo) == ("unknown", None)
        assert len(server.requests) == 2

    async def test_silence_ends(self, server: RegistryServer, http: aiohttp.ClientSession, clock: Clock) -> None:
        registry = HttpRegistry(http, await server.start(), SECRET, clock, timeout_s=0.2)
        server.faults = ["silence", "silence"]
        assert (await registry.verify(NAME, DOCUMENT)).match == "unknown"

    async def test_nobody_listening_is_unknown(self, http: aiohttp.ClientSession, clock: Clock) -> None:
        registry = HttpRegistry(http, "http://127.0.0.1:1/verify", SECRET, clock)
        assert (await registry.verify(NAME, DOCUMENT)).match == "unknown"

    async def test_a_service_that_is_down_is_left_alone_then_tried_once(
        self, official: HttpRegistry, server: RegistryServer, clock: Clock
    ) -> None:
        server.faults = [503] * 6
        for _ in range(3):
            await official.verify(NAME, DOCUMENT)
        asked = len(server.requests)
        assert asked == 5
        assert (await official.verify(NAME, DOCUMENT)).match == "unknown"
        assert len(server.requests) == asked
        clock.ms += 30_000
        assert (await official.verify(NAME, DOCUMENT)).match == "unknown"
        assert len(server.requests) == asked + 1
        clock.ms += 30_000
        assert (await official.verify(NAME, DOCUMENT)).match == "yes"
        assert (await official.verify(NAME, DOCUMENT)).match == "yes"

    async def test_a_photo_that_is_none_is_left_out(self, official: HttpRegistry, server: RegistryServer) -> None:
        server.faults = ["bad-photo"]
        answer = await official.verify(NAME, DOCUMENT)
        assert (answer.match, answer.photo) == ("yes", None)

    async def test_another_secret_is_an_outage(
        self, server: RegistryServer, http: aiohttp.ClientSession, clock: Clock
    ) -> None:
        registry = HttpRegistry(http, await server.start(), "x" * 32, clock)
        assert (await registry.verify(NAME, DOCUMENT)).match == "unknown"

    async def test_neither_name_nor_number_is_logged(
        self, official: HttpRegistry, server: RegistryServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        server.faults = [500, "garbage"]
        await official.verify(NAME, DOCUMENT)
        shown = "".join(capsys.readouterr())
        assert "registry.outage" in shown
        assert NUMBER not in shown
        assert NAME not in shown

    @pytest.mark.parametrize(
        ("url", "secret"), [("http://registry.example/verify", SECRET), ("https://registry.example/", "short")]
    )
    async def test_open_lines_and_short_secrets_are_refused(
        self, http: aiohttp.ClientSession, clock: Clock, url: str, secret: str
    ) -> None:
        with pytest.raises(ValueError):
            HttpRegistry(http, url, secret, clock)
