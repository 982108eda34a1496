"""What a hostile client asks of a running server: refused by name, and nothing of it reaches the log."""

from __future__ import annotations

import time

import pytest
from aiortc.mediastreams import AudioStreamTrack

from hearing.clock import Sources
from identity.tickets import LIFETIME_MS
from tests.fakes.aiortc_clients import new_client, offer_of, use_loopback
from tests.fakes.courthouse import ID, courthouse

pytestmark = [pytest.mark.integration, pytest.mark.blocking_ok("aiortc reads files of its codecs")]


async def test_an_expired_ticket_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    use_loopback(monkeypatch)
    late_ms = 0
    sources = Sources(lambda: time.monotonic_ns() // 1000, lambda: time.time_ns() // 1_000_000 + late_ms)
    async with courthouse(sources=sources) as court:
        session = await court.session()
        for_page, for_camera = court.ticket(session, "judge"), court.ticket(session, "judge")
        late_ms = LIFETIME_MS + 2_000
        page = await court.open(ticket=for_page)
        assert (await page.hear("leave"))["code"] == "ticket-expired"
        client = new_client()
        client.addTrack(AudioStreamTrack())
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {for_camera}"}
        url = f"{court.url}/whip/{session}"
        async with court.http.post(url, data=await offer_of(client), headers=headers) as response:
            assert (response.status, (await response.json())["error"]) == (401, "ticket-expired")
        await client.close()


@pytest.mark.parametrize(
    ("seat", "command", "fields", "code"),
    [
        ("judge", "move", {"move": "close"}, "move-not-allowed"),
        ("judge", "move", {"move": "reopen"}, "move-not-allowed"),
        ("judge", "admit", {"participant": ID["witness"]}, "not-open"),
        ("judge", "admit", {"participant": "nobody"}, "unknown-participant"),
        ("judge", "floor", {"participant": ID["plaintiff"]}, "not-open"),
        ("plaintiff", "move", {"move": "open"}, "no-right"),
        ("plaintiff", "admit", {"participant": ID["plaintiff"]}, "no-right"),
        ("plaintiff", "remove", {"participant": ID["judge"], "reason": "x"}, "no-right"),
        ("plaintiff", "mute", {"participant": ID["judge"], "kind": "audio", "muted": True}, "no-right"),
        ("plaintiff", "layout", {"layout": "grid"}, "no-right"),
        ("clerk", "move", {"move": "open"}, "no-right"),
    ],
)
async def test_a_command_out_of_state_or_without_the_right_changes_nothing(
    seat: str, command: str, fields: dict[str, object], code: str
) -> None:
    async with courthouse() as court:
        session = await court.session()
        page = await court.connect(session, seat)
        ledger = await court.services.book.get(session)
        before = ledger.hearing.last_seq
        answer = await page.do(command, **fields)
        assert (answer["type"], answer.get("code")) == ("error", code)
        assert ledger.hearing.last_seq == before


async def test_an_observer_commands_nothing() -> None:
    async with courthouse() as court:
        session = await court.session()
        ask = {"name": "旁听群众", "declaration": True}
        async with court.http.post(f"{court.url}/api/v1/observe/{session}/ticket", json=ask) as response:
            observer = await court.open(ticket=(await response.json())["ticket"])
        await observer.welcomed()
        for command, fields in (
            ("move", {"move": "open"}),
            ("warn", {"participant": ID["judge"], "reason": "x"}),
            ("dismiss", {"participant": ID["judge"]}),
            ("mute", {"participant": None, "kind": "audio", "muted": True}),
            ("hand", {"raised": True}),
        ):
            assert (await observer.do(command, **fields))["code"] == "no-right", command
        async with court.http.get(f"{court.url}/api/v1/sessions/{session}/events") as response:
            assert response.status == 401


@pytest.mark.parametrize(
    "path",
    [
        "staff/login",
        "invitations/open",
        "invitations/consent",
        "invitations/ticket",
        "observe/01JDG0000000000000000000ZZ/ticket",
    ],
)
async def test_bodies_of_the_wrong_type_or_size_are_refused_by_name(path: str) -> None:
    async with courthouse() as court:
        url = f"{court.url}/api/v1/{path}"
        for body in (b"[]", b"1", b"{", b"\xff\xfe", b'{"code":1,"account":1,"name":1}', b"[" * 50_000):
            async with court.http.post(url, data=body) as response:
                assert (response.status, (await response.json())["error"]) == (400, "bad-body"), body[:20]
        async with court.http.post(url, data=b" " * 1_100_000) as response:
            assert (response.status, (await response.json())["error"]) == (413, "too-large")
