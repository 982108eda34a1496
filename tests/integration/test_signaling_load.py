"""How busy the node is: said to the operator and to programs, in figures that name nobody."""

from __future__ import annotations

import pytest

from hearing.errors import UserError
from media_server.ports import Load, Shedding
from media_server.room import Room
from media_server.sfu import Sfu
from tests.fakes.aiortc_clients import new_client, offer_of, use_loopback
from tests.fakes.courthouse import Courthouse, courthouse
from tests.integration.test_signaling_accounts import call, signed_in, staffed

pytestmark = pytest.mark.integration

BUSY = Load(stress=0.91234, shedding=Shedding.LOW_LAYERS, cpu=1.824, loop_lag_ms=31.26, packets_per_s=21_500)


async def _text(court: Courthouse, path: str) -> str:
    async with court.http.get(court.url + path) as response:
        assert response.status == 200
        return await response.text()


async def test_programs_and_operator_see_stress_and_what_is_shed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with courthouse() as court:
        assert "shedding none" in await _text(court, "/healthz")
        monkeypatch.setattr(Sfu, "load", lambda sfu: BUSY)
        assert await _text(court, "/healthz") == "ok\nstress 0.912\nshedding low_layers\n"
        metrics = await _text(court, "/metrics")
        assert "yunting_stress 0.91234" in metrics
        assert "yunting_shedding 2.0" in metrics
        await staffed(court)
        async with await signed_in(court, "root") as root:
            assert await call(root, court, "GET", "load") == (
                200,
                {
                    "stress": 0.912,
                    "shedding": "low_layers",
                    "cpu": 1.82,
                    "loop_lag_ms": 31.3,
                    "packets_per_s": 21_500,
                },
            )
        async with await signed_in(court, "chen.judge") as judge:
            assert (await call(judge, court, "GET", "load"))[0] == 403
        assert (await call(court.http, court, "GET", "load"))[0] == 401


@pytest.mark.parametrize("code", ["media-busy", "media-full"])
async def test_a_refused_join_is_told_by_its_code_and_to_whip_clients_when_to_come_back(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    use_loopback(monkeypatch)

    async def refuse(*words: object, **more: object) -> None:
        raise UserError(code, "请稍候", "wait")

    monkeypatch.setattr(Room, "answer", refuse)
    async with courthouse() as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        sender = new_client()
        try:
            sender.addTransceiver("audio", direction="sendonly")
            sdp = await offer_of(sender)
            await judge.say(type="offer", re="o1", direction="send", sdp=sdp, tracks={"0": "microphone"})
            assert (await judge.hear("error", re="o1"))["code"] == code
            headers = {
                "Authorization": f"Bearer {court.ticket(session, 'clerk')}",
                "Content-Type": "application/sdp",
            }
            async with court.http.post(f"{court.url}/whip/{session}", data=sdp, headers=headers) as response:
                assert response.status == 503
                assert int(response.headers["Retry-After"]) >= 1
                assert (await response.json())["error"] == code
        finally:
            await sender.close()
