"""Level `code` through the real server with an SMS service on loopback."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from identity.code_sender import HttpCodeSender
from tests.fakes.courthouse import courthouse
from tests.fakes.gate_tools import NUMBER, gate_tools
from tests.fakes.gate_visit import FACE, GatedCourt, gated, leave
from tests.fakes.sms_server import SECRET, SmsServer

pytestmark = pytest.mark.integration


@pytest.fixture
async def sms() -> AsyncIterator[SmsServer]:
    made = SmsServer()
    yield made
    await made.stop()


@pytest.fixture
async def gate(sms: SmsServer) -> AsyncIterator[GatedCourt]:
    """A meeting at level `code`; the visitor has shown a number that the registry knows."""
    async with aiohttp.ClientSession() as http:
        sender = HttpCodeSender(http, await sms.start(), SECRET, lambda: time.time_ns() // 1_000_000)
        async with courthouse(environment=FACE, gate=gate_tools(codes=sender)) as court:
            made = await gated(court, "code")
            await made.clerk.enter(made.session)
            await made.visitor.enter()
            await made.visitor.show(NUMBER)
            yield made
            await leave(made)


async def has_phone(gate: GatedCourt, phone: str) -> None:
    filed = {"phone": phone}
    status, _ = await gate.clerk.gate(gate.session, gate.visitor.participant, "file", filed, method="PUT")
    assert status == 200


@pytest.mark.parametrize(
    ("phone", "shown"), [("13900001234", "139****1234"), ("+8613900001234", "+86****1234"), ("123456", "****56")]
)
async def test_the_code_that_came_by_sms_lets_in(gate: GatedCourt, sms: SmsServer, phone: str, shown: str) -> None:
    await has_phone(gate, phone)
    assert await gate.visitor("POST", "code") == (200, {"phone_masked": shown})
    [(sent_to, code)] = sms.sent.values()
    assert sent_to == phone
    status, view = await gate.visitor("POST", "code/check", {"code": code})
    assert (status, view["stage"]) == (200, "passed")


async def test_an_outage_is_said_in_words_and_costs_no_failure(gate: GatedCourt, sms: SmsServer) -> None:
    await has_phone(gate, "13900001234")
    sms.faults = [503, 503]
    status, refused = await gate.visitor("POST", "code")
    assert (status, refused["error"]) == (503, "code-not-sent")
    assert "稍后再试" in refused["message"]
    assert (await gate.visitor("GET"))[1]["failures"] == 0
    # The clerk can always look instead.
    assert (await gate.visitor("POST", "code"))[0] == 200


async def test_three_wrong_codes_close_the_way_and_the_clerk_is_told(gate: GatedCourt, sms: SmsServer) -> None:
    await has_phone(gate, "13900001234")
    for failures in (1, 2, 3):
        await gate.visitor("POST", "code")
        right = list(sms.sent.values())[-1][1]
        wrong = f"{(int(right) + 1) % 10**6:06d}"
        assert (await gate.visitor("POST", "code/check", {"code": wrong}))[1]["error"] == "code-wrong"
        assert (await gate.visitor("GET"))[1]["failures"] == failures
    for path, body in (("code", None), ("code/check", {"code": right})):
        status, refused = await gate.visitor("POST", path, body)
        assert (status, refused["error"]) == (429, "gate-locked")
    assert await gate.visitor.stage() == "locked"
