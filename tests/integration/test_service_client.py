"""What asking the registry, the SMS service and the face service have in common, against a service that goes wrong in
every way."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from identity.breaker import Breaker
from identity.service_client import Answer, Outage, Question, ServiceClient
from tests.fakes.signed_service import SECRET, SignedService

pytestmark = pytest.mark.integration

QUESTION = Question(request="r1", utc_ms=1_795_000_000_000)
MOST_BYTES = 100_000
REST_MS = 30_000
REFUSED = [500, 503, 429, 403, 404, 204, "redirect"]
NO_ANSWER = ["not-json", "not-text", "too-deep", "empty", "endless", "cut", "lost", "other-request"]


class Clock:
    ms = 0

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def service() -> AsyncIterator[SignedService]:
    made = SignedService()
    yield made
    await made.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def client(service: SignedService, http: aiohttp.ClientSession, clock: Clock) -> ServiceClient:
    url = await service.start()
    return ServiceClient(http, url, SECRET, name="service", timeout_s=5.0, breaker=Breaker(5, REST_MS), now_ms=clock)


async def ask(client: ServiceClient) -> str:
    return await client.ask(QUESTION, Answer, lambda told: told.request, most_bytes=MOST_BYTES)


async def test_an_answer_is_read(client: ServiceClient, service: SignedService) -> None:
    assert await ask(client) == "r1"
    assert service.asked == 1


@pytest.mark.parametrize("fault", REFUSED + NO_ANSWER)
async def test_one_fault_is_asked_again_with_the_same_id_two_are_an_outage(
    client: ServiceClient, service: SignedService, fault: int | str
) -> None:
    service.faults = [fault]
    assert await ask(client) == "r1"
    service.faults = [fault, fault]
    with pytest.raises(Outage):
        await ask(client)
    assert service.requests == ["r1"] * 4


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_what_is_told_needs_no_answer(client: ServiceClient, service: SignedService, status: int) -> None:
    service.faults = [status]
    await client.tell(QUESTION)
    assert service.asked == 1


@pytest.mark.parametrize("fault", [*(fault for fault in REFUSED if fault != 204), "lost"])
async def test_what_is_told_in_vain_is_told_again_then_an_outage(
    client: ServiceClient, service: SignedService, fault: int | str
) -> None:
    service.faults = [fault]
    await client.tell(QUESTION)
    service.faults = [fault, fault]
    with pytest.raises(Outage):
        await client.tell(QUESTION)
    assert service.requests == ["r1"] * 4


async def test_an_answer_that_the_caller_cannot_use_is_an_outage(
    client: ServiceClient, service: SignedService
) -> None:
    def of_no_use(told: Answer) -> str:
        raise Outage("of no use")

    with pytest.raises(Outage, match="of no use"):
        await client.ask(QUESTION, Answer, of_no_use, most_bytes=MOST_BYTES)
    assert service.asked == 2


async def test_silence_ends(service: SignedService, http: aiohttp.ClientSession) -> None:
    client = ServiceClient(http, await service.start(), SECRET, name="service", timeout_s=0.2)
    service.faults = ["silence", "silence"]
    with pytest.raises(Outage):
        await ask(client)
    assert service.asked == 2


async def test_nobody_listening_is_an_outage(http: aiohttp.ClientSession) -> None:
    client = ServiceClient(http, "http://127.0.0.1:1/ask", SECRET, name="service", timeout_s=5.0)
    with pytest.raises(Outage):
        await ask(client)


async def test_another_secret_is_refused_by_the_service(service: SignedService, http: aiohttp.ClientSession) -> None:
    client = ServiceClient(http, await service.start(), "x" * 32, name="service", timeout_s=5.0)
    with pytest.raises(Outage, match="403"):
        await ask(client)
    assert service.requests == []


@pytest.mark.parametrize("status", [400, 422])
async def test_a_request_that_the_service_declines_is_no_outage(
    client: ServiceClient, service: SignedService, status: int
) -> None:
    """One wrong number, tried again and again, must not keep everybody else from the service."""
    service.faults = [status] * 12
    for _ in range(6):
        with pytest.raises(Outage, match=str(status)):
            await client.tell(QUESTION)
        with pytest.raises(Outage, match=str(status)):
            await ask(client)
    assert service.asked == 12
    assert await ask(client) == "r1"


async def test_a_service_that_is_down_is_left_alone_then_tried_once(
    client: ServiceClient, service: SignedService, clock: Clock
) -> None:
    service.faults = [503] * 6
    for asked in (2, 4, 5, 5):
        with pytest.raises(Outage):
            await ask(client)
        assert service.asked == asked
    with pytest.raises(Outage, match="left alone"):
        await ask(client)
    clock.ms += REST_MS
    with pytest.raises(Outage, match="503"):
        await ask(client)
    assert service.asked == 6
    clock.ms += REST_MS
    assert await ask(client) == "r1"
    assert await ask(client) == "r1"


async def test_answers_between_outages_keep_it_asked(client: ServiceClient, service: SignedService) -> None:
    for _ in range(6):
        service.faults = [503]
        assert await ask(client) == "r1"


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("http://service.example/ask", SECRET),
        ("ftp://service.example/ask", SECRET),
        # What looks like this machine is a name and a password for another one.
        ("http://127.0.0.1:80@service.example/ask", SECRET),
        ("https://name:password@service.example/ask", SECRET),
        ("https:///ask", SECRET),
        ("https://service.example:port/ask", SECRET),
        ("https://[::1/ask", SECRET),
        ("https://service.example/ask", "short"),
    ],
)
async def test_open_lines_and_short_secrets_are_refused(http: aiohttp.ClientSession, url: str, secret: str) -> None:
    with pytest.raises(ValueError) as refused:
        ServiceClient(http, url, secret, name="service", timeout_s=5.0)
    assert "password" not in str(refused.value)
