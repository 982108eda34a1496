"""One-time codes go to an SMS service that is real but for the telephones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from hearing.errors import UserError
from identity.code_sender import HttpCodeSender
from tests.fakes.courthouse import courthouse
from tests.fakes.gate_tools import NUMBER, gate_tools
from tests.fakes.gate_visit import FACE, gated, leave
from tests.fakes.sms_server import SECRET, SmsServer

pytestmark = pytest.mark.integration

PHONE, CODE = "13900001234", "042917"


@pytest.fixture
async def server() -> AsyncIterator[SmsServer]:
    made = SmsServer()
    yield made
    await made.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def sender(server: SmsServer, http: aiohttp.ClientSession) -> HttpCodeSender:
    return HttpCodeSender(http, await server.start(), SECRET, lambda: 0)


async def test_a_code_goes_to_its_telephone(sender: HttpCodeSender, server: SmsServer) -> None:
    await sender.send(PHONE, CODE, "r1")
    assert server.sent == {"r1": (PHONE, CODE)}


async def test_asked_twice_it_is_one_message(sender: HttpCodeSender, server: SmsServer) -> None:
    server.faults = ["lost"]
    await sender.send(PHONE, CODE, "r1")
    assert (server.sent, server.asked) == ({"r1": (PHONE, CODE)}, 2)


async def test_an_outage_is_said_to_the_person(sender: HttpCodeSender, server: SmsServer) -> None:
    server.faults = [503, 503]
    with pytest.raises(UserError) as refused:
        await sender.send(PHONE, CODE, "r1")
    assert refused.value.code == "code-not-sent"
    assert server.sent == {}


async def test_through_the_gate_an_outage_counts_for_nothing_and_the_code_lets_in(
    sender: HttpCodeSender, server: SmsServer
) -> None:
    """Level `code` from the document to the verdict, with the real sender."""
    environment = {**FACE, "YUNTING_IDENTITY_CODE_URL": "https://sms.example/send"}
    tools = replace(gate_tools(), codes=sender)
    async with courthouse(environment=environment, gate=tools) as court:
        gate = await gated(court, "code")
        try:
            await gate.clerk.enter(gate.session)
            visitor = gate.visitor
            await visitor.enter()
            assert (await visitor.show(NUMBER))["stage"] == "code"
            filed = {"phone": PHONE}
            assert (await gate.clerk.gate(gate.session, visitor.participant, "file", filed, method="PUT"))[0] == 200
            server.faults = [503, 503]
            assert (await visitor("POST", "code"))[1]["error"] == "code-not-sent"
            assert (await visitor("GET"))[1]["failures"] == 0
            assert (await visitor("POST", "code"))[0] == 200
            ((phone, code),) = server.sent.values()
            assert phone == PHONE
            status, view = await visitor("POST", "code/check", {"code": code})
            assert (status, view["stage"], view["method"]) == (200, "passed", "code")
        finally:
            await leave(gate)


async def test_neither_telephone_nor_code_is_logged(
    sender: HttpCodeSender, server: SmsServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.faults = [500]
    await sender.send(PHONE, CODE, "r1")
    shown = "".join(capsys.readouterr())
    assert "codes.outage" in shown
    assert PHONE not in shown
    assert CODE not in shown
