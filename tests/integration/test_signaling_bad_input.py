"""What a broken or hostile page sends: refused by name, and nobody else notices."""

from __future__ import annotations

import aiohttp
import msgspec
import pytest

from signaling.protocol import MAX_FRAME_BYTES, PROTOCOL_VERSION
from signaling.socket.connection import MAX_STRIKES
from tests.fakes.courthouse import ID, Page, courthouse

pytestmark = pytest.mark.integration

DEEP = '{"type":"do","re":"1","command":' + '{"do":"warn","participant":' * 3_000 + '"x"' + "}" * 3_001


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "truncated"),
        ("[]", "object"),
        ('"hello"', "object"),
        ('{"type":"ping"}', "sent_ms"),
        ('{"type":"ping","sent_ms":"1"}', "$.sent_ms"),
        ('{"type":"ping","sent_ms":1.5}', "$.sent_ms"),
        ('{"type":"ping","sent_ms":99999999999999999999999999}', "$.sent_ms"),
        ('{"type":"do","re":"1","command":{"do":"floor","participant":null,"limit_ms":-1}}', "$.command.limit_ms"),
        ('{"type":"do","re":"1","command":{"do":"leave","reason":"' + "x" * 1_001 + '"}}', "$.command.reason"),
        ('{"type":"do","re":"' + "x" * 101 + '","command":{"do":"leave"}}', "$.re"),
        ('{"type":"ping","sent_ms":1,"extra":2}', "extra"),
        ('{"type":"nothing"}', "nothing"),
        ('{"type":"do","re":"1","command":{"do":"mute"}}', "participant"),
        ('{"type":"do","re":"1","command":{"do":"move","move":"fly"}}', "$.command.move"),
        ('{"type":"offer","re":"1","direction":"up","sdp":"","tracks":{}}', "$.direction"),
        ('{"type":"offer","re":"1","direction":"send","sdp":"","tracks":{"0":1}}', "$.tracks"),
        (DEEP, "$.command.participant"),
        (
            '{"type":"do","re":"1","command":{"do":"help","text":"' + "x" * MAX_FRAME_BYTES + '"}}',
            str(MAX_FRAME_BYTES),
        ),
    ],
    ids=range(18),
)
async def test_a_wrong_message_is_refused_by_name_and_the_connection_stays(text: str, named: str) -> None:
    async with courthouse() as court:
        page = await court.connect(await court.session(), "judge")
        await page.socket.send_str(text)
        error = await page.hear("error")
        assert error["code"] in {"bad-message", "too-large"}
        assert named.lower() in error["en"].lower()
        await page.say(type="ping", sent_ms=7)
        assert (await page.hear("pong"))["sent_ms"] == 7


async def test_after_too_many_wrong_messages_the_connection_is_closed() -> None:
    async with courthouse() as court:
        page = await court.connect(await court.session(), "judge")
        for _ in range(MAX_STRIKES):
            await page.socket.send_str("nonsense")
        leave = await page.hear("leave")
        assert (leave["action"], leave["code"]) == ("reconnect", "protocol")
        await closes(page, 1008)


async def test_binary_frames_are_refused() -> None:
    async with courthouse() as court:
        page = await court.connect(await court.session(), "judge")
        await page.socket.send_bytes(b"\x00\x01")
        assert (await page.hear("leave"))["code"] == "protocol"
        await closes(page, 1008)


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ({"type": "ping", "sent_ms": 1}, "hello-first"),
        ({"type": "hello", "version": PROTOCOL_VERSION}, "hello-first"),
        ({"type": "hello", "version": 99, "ticket": "x"}, "version"),
        ({"type": "hello", "version": PROTOCOL_VERSION, "ticket": "forged"}, "ticket-invalid"),
        ({"type": "hello", "version": PROTOCOL_VERSION, "credential": "a.b.c"}, "credential-invalid"),
        ({"type": "hello", "version": PROTOCOL_VERSION, "credential": ""}, "credential-invalid"),
    ],
)
async def test_a_wrong_first_frame_ends_the_connection_with_the_reason(first: dict[str, object], code: str) -> None:
    async with courthouse() as court:
        page = Page(await court.http.ws_connect(f"{court.url}/ws"))
        await page.say(**first)
        leave = await page.hear("leave")
        assert (leave["action"], leave["code"]) == ("reconnect", code)
        await closes(page)


async def test_whoever_says_nothing_is_closed_after_the_hello_timeout() -> None:
    async with courthouse() as court:
        page = Page(await court.http.ws_connect(f"{court.url}/ws"))
        assert (await page.hear("leave", within_s=4))["code"] == "hello-timeout"
        await closes(page, 1008)


async def test_a_ticket_opens_one_connection() -> None:
    async with courthouse() as court:
        ticket = court.ticket(await court.session(), "judge")
        await (await court.open(ticket=ticket)).welcomed()
        assert (await (await court.open(ticket=ticket)).hear("leave"))["code"] == "ticket-used"


async def test_a_newer_credential_ends_the_older() -> None:
    async with courthouse() as court:
        session = await court.session()
        first = await court.connect(session, "judge")
        second = await court.connect(session, "judge")
        old, new = first.welcome["credential"], second.welcome["credential"]
        assert (await (await court.open(credential=old)).hear("leave"))["code"] == "credential-invalid"
        assert (await (await court.open(credential=new, last_seq=second.welcome["seq"])).welcomed())["resumed"]


async def test_messages_beyond_the_rate_are_refused_and_others_do_not_suffer() -> None:
    limits = {"YUNTING_LIMITS_MESSAGES_PER_S": "5", "YUNTING_LIMITS_MESSAGE_BURST": "10"}
    async with courthouse(environment=limits) as court:
        session = await court.session()
        loud = await court.connect(session, "plaintiff")
        quiet = await court.connect(session, "judge")
        for n in range(14):
            await loud.say(type="ping", sent_ms=n)
        assert (await loud.hear("error"))["code"] == "too-many"
        pongs = [m for m in loud.heard if m["type"] == "pong"]
        assert 9 <= len(pongs) <= 12
        await quiet.say(type="ping", sent_ms=1)
        await quiet.hear("pong")


async def test_bad_and_oversized_offers_are_refused() -> None:
    async with courthouse() as court:
        page = await court.connect(await court.session(), "judge")
        for sdp in ("", "v=0", "m=audio", "\x00" * 100, "v=0\r\n" + "a=x\r\n" * 40_000):
            await page.say(type="offer", re=sdp[:4], direction="send", sdp=sdp, tracks={})
            error = await page.hear("error")
            assert error["re"] == sdp[:4]
            assert error["code"].startswith("sdp-"), error
        await page.say(type="offer", re="big", direction="send", sdp="v=0" + "x" * 270_000, tracks={})
        assert (await page.hear("error", re="big"))["code"] == "sdp-too-large"


async def test_an_observer_may_not_send_media() -> None:
    async with courthouse() as court:
        session = await court.session()
        ask = {"name": "旁听群众", "declaration": True}
        async with court.http.post(f"{court.url}/api/v1/observe/{session}/ticket", json=ask) as response:
            observer = await court.open(ticket=(await response.json())["ticket"])
        await observer.welcomed()
        await observer.say(type="offer", re="1", direction="send", sdp="v=0", tracks={})
        assert (await observer.hear("error"))["code"] == "media-forbidden"


async def test_a_witness_who_was_not_called_learns_nothing_of_the_hearing() -> None:
    async with courthouse() as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        clerk = await court.connect(session, "clerk")
        await clerk.do("move", move="gather")
        witness = await court.connect(session, "witness")
        await judge.do("move", move="open")
        await judge.do("warn", participant=ID["clerk"], reason="秘密的话")
        await judge.do("phase", phase="debate")
        await witness.say(type="ping", sent_ms=1)
        await witness.hear("pong")
        assert "秘密的话" not in msgspec.json.encode(witness.heard).decode()
        kinds = {m["event"]["type"] for m in witness.heard if m["type"] == "update" and m["event"]}
        assert kinds <= {"session.state", "clock.anchored", "participant.presence"}


async def closes(page: Page, code: int | None = None) -> None:
    frame = await page.socket.receive()
    assert frame.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING}
    assert code is None or page.socket.close_code == code
