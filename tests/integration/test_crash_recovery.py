"""kill -9 of a real server in the middle of a hearing: at most ten seconds are lost, and the log says which."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from pathlib import Path
from typing import Any

import av
import pytest

from hearing import commands as cmd
from hearing.participant import IN_COURTROOM
from hearing.session import Move, State
from records.verify import verify_path
from tests.fakes.serving import PASSWORD, ServerProcess, serving
from yunting.demo import party as synthetic
from yunting.demo.client import Api
from yunting.demo.party import Cast, Party

pytestmark = pytest.mark.integration

MAX_LOSS_MS = 10_000


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic.aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])


async def _session(clerk: Api) -> dict[str, Any]:
    made: dict[str, Any] = await clerk.call(
        "POST",
        "sessions",
        {
            "court": "测试法院",
            "case_no": "(2026)粤01民初7号",
            "hearing_no": "1",
            "cause": "借款合同纠纷",
            "title": "断电",
            "public": True,
            "scheduled_utc_ms": time.time_ns() // 1_000_000,
            "seats": [
                {"seat": "judge-1", "role": "presiding_judge", "name": "甲", "required": True, "account": "bench"},
                {"seat": "plaintiff-1", "role": "plaintiff", "name": "乙", "required": True},
            ],
        },
    )
    gathered: dict[str, Any] = await clerk.call("POST", f"sessions/{made['id']}/gather")
    return gathered


async def _events(clerk: Api, session: str, kind: str) -> list[dict[str, Any]]:
    entries = await clerk.call("GET", f"sessions/{session}/events?after=0")
    return [entry for entry in entries if entry["event"]["type"] == kind]


async def _until(clerk: Api, session: str, kind: str, count: int, timeout_s: float = 20.0) -> list[dict[str, Any]]:
    async with asyncio.timeout(timeout_s):
        while len(found := await _events(clerk, session, kind)) < count:
            await asyncio.sleep(0.2)
    return found


class _Courtroom:
    """A judge and a plaintiff with live media; opened, left and entered again."""

    def __init__(self, server: ServerProcess, session: dict[str, Any], bench: Api, phone: Api) -> None:
        self._server, self._session, self._bench, self._phone = server, session, bench, phone
        self.judge = Party(bench, Cast("甲", (90, 60, 50), 110.0, 1))
        self.plaintiff = Party(phone, Cast("乙", (50, 70, 100), 180.0, 2))
        self._tasks: list[asyncio.Task[None]] = []

    async def enter(self) -> None:
        code = next(s["invitation"]["code"] for s in self._session["seats"] if s["seat"] == "plaintiff-1")
        ticket = await self._bench.staff_ticket(self._session["id"])
        self._tasks = [
            asyncio.ensure_future(self.judge.run(ticket)),
            asyncio.ensure_future(self.plaintiff.run(await self._phone.enter(code))),
        ]
        await asyncio.wait_for(self.judge.on_air.wait(), 20)

    async def both_present(self) -> None:
        await self.judge.presence.wait_for(
            lambda h: h is not None and all(p.presence in IN_COURTROOM for p in h.people), timeout_s=20
        )
        await asyncio.wait_for(self.plaintiff.on_air.wait(), 20)

    async def leave(self) -> None:
        for party in (self.judge, self.plaintiff):
            await party.presence.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _clients(server: ServerProcess) -> tuple[Api, Api, Api]:
    clerk, bench, phone = server.api(), server.api(), server.api()
    await clerk.sign_in("desk", PASSWORD)
    await bench.sign_in("bench", PASSWORD)
    return clerk, bench, phone


@pytest.mark.timeout(180)
async def test_killed_server_recovers_the_session_and_lists_what_was_lost(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        clerk, bench, phone = await _clients(server)
        session = await _session(clerk)
        before = _Courtroom(server, session, bench, phone)
        await before.enter()
        await before.judge.presence.do(cmd.MoveSession(move=Move.OPEN))
        await before.both_present()
        await _until(clerk, session["id"], "recording.range", 2)
        await asyncio.sleep(random.Random(7).uniform(0.0, 4.0))
        opened = (await _events(clerk, session["id"], "clock.anchored"))[0]["event"]["utc_ms"]
        killed_at_ms = time.time_ns() // 1_000_000 - opened
        await server.stop(signal.SIGKILL)
        await before.leave()
        for api in (clerk, bench, phone):
            await api.http.close()

        await server.start()
        clerk, bench, phone = await _clients(server)
        restarted = await _until(clerk, session["id"], "server.restarted", 1)
        assert len(restarted) == 1
        crash = [e["event"] for e in await _until(clerk, session["id"], "recording.incident", 1)]
        assert any(e["cause"] == "crash" for e in crash)
        gaps = [e["event"] for e in await _until(clerk, session["id"], "recording.gap", 1)]
        assert any(g["cause"] == "crash" for g in gaps)
        kept_ms = {}
        for entry in await _events(clerk, session["id"], "recording.range"):
            event = entry["event"]
            kept_ms[event["track"]] = max(kept_ms.get(event["track"], 0), event["to_ms"])
        assert len(kept_ms) == 2
        for track, to_ms in kept_ms.items():
            assert killed_at_ms - to_ms <= MAX_LOSS_MS, f"{track} kept to {to_ms} of {killed_at_ms} ms"

        after = _Courtroom(server, session, bench, phone)
        await after.enter()
        await after.both_present()
        assert after.judge.presence.hearing is not None
        assert after.judge.presence.hearing.state is State.IN_SESSION
        ranges = len(await _events(clerk, session["id"], "recording.range"))
        await _until(clerk, session["id"], "recording.range", ranges + 2)
        await after.judge.presence.do(cmd.MoveSession(move=Move.CLOSE))

        job = (await clerk.call("POST", f"sessions/{session['id']}/exports", {"edition": "court"}))["job"]
        async with asyncio.timeout(90):
            while not (status := await clerk.call("GET", f"exports/{job}"))["done"]:
                await asyncio.sleep(0.5)
        assert status["error"] is None
        await after.leave()
        for api in (clerk, bench, phone):
            await api.http.close()
        assert await server.stop(signal.SIGTERM) == 0

    await asyncio.to_thread(_check_package, next((tmp_path / "packages").glob("*/*")))


def _check_package(package: Path) -> None:
    verified = verify_path(str(package))
    assert verified["ok"], verified["wrong"]
    for track in sorted(package.glob("data/media/tracks/*.mkv")):
        with av.open(str(track)) as container:
            assert sum(1 for _ in container.decode(video=0)) > 30, f"{track.name} plays"
