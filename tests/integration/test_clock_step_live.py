"""The wall clock is stepped by an hour while a hearing is recorded: session time and the record do not move."""

from __future__ import annotations

import asyncio
import itertools
import ssl
import time
from pathlib import Path

import av
import pytest

import yunting.app
from config.settings import load
from hearing import commands as cmd
from hearing.clock import Sources
from hearing.session import Move
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.live_hearing import live_hearing
from tests.fakes.serving import ServerProcess
from yunting.demo.client import Api

pytestmark = pytest.mark.integration

HOUR_MS = 3_600_000


class WallClock:
    """The real one, until somebody sets it."""

    def __init__(self) -> None:
        self.offset_ms = 0

    def sources(self, *, monotonic_us: object, utc_ms: object) -> Sources:
        return Sources(
            monotonic_us=lambda: time.monotonic_ns() // 1000,
            utc_ms=lambda: time.time_ns() // 1_000_000 + self.offset_ms,
        )


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    use_loopback(monkeypatch)
    clock = WallClock()
    monkeypatch.setattr(yunting.app, "Sources", clock.sources)
    return clock


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "step_ms", [pytest.param(HOUR_MS, marks=pytest.mark.long), -HOUR_MS], ids=["forward", "back"]
)
async def test_a_stepped_wall_clock_moves_nothing_in_the_record(
    tmp_path: Path, wall: WallClock, step_ms: int
) -> None:
    server = ServerProcess(tmp_path)
    await server.prepare()
    settings = await asyncio.to_thread(load, None, server.environment())
    async with yunting.app.running(settings) as here:
        trust = ssl.create_default_context(cafile=str(here.certificate))
        async with live_hearing(lambda: Api(here.base_url, trust)) as hearing:
            began_s = time.monotonic()
            await hearing.until("recording.range", 2)
            wall.offset_ms = step_ms
            stepped = (await hearing.until("clock.anchored", 2))[-1]
            await hearing.until("recording.range", 5)
            await hearing.judge.presence.do(cmd.MoveSession(move=Move.CLOSE))
            lasted_ms = (time.monotonic() - began_s) * 1000
            entries = await hearing.desk.call("GET", f"sessions/{hearing.session}/events?after=0")
            await hearing.until("recording.track_closed", 2)

        assert stepped["reason"] == "stepped"
        assert abs(stepped["step_ms"] - step_ms) < 1_000
        assert stepped["uncertainty_ms"] >= abs(step_ms) - 1_000
        times_ms = [entry["at_ms"] for entry in entries]
        assert times_ms == sorted(times_ms)
        assert times_ms[-1] < lasted_ms + 10_000, "session time went on as before"
        ranges = [entry["event"] for entry in entries if entry["event"]["type"] == "recording.range"]
        assert all(0 <= event["from_ms"] <= event["to_ms"] < lasted_ms + 10_000 for event in ranges)
        gaps = [entry["event"] for entry in entries if entry["event"]["type"] == "recording.gap"]
        assert [gap for gap in gaps if gap["to_ms"] - gap["from_ms"] > 2_000] == []
        for track in sorted((tmp_path / "recordings").rglob("*.mkv")):
            pts_ms = await asyncio.to_thread(_video_times, track)
            assert len(pts_ms) > 20
            steps = [after - before for before, after in itertools.pairwise(pts_ms)]
            assert min(steps) > 0
            assert max(steps) < 2_000, "no jump in the presentation times"


def _video_times(track: Path) -> list[float]:
    with av.open(str(track)) as container:
        return [(frame.time or 0) * 1000 for frame in container.decode(video=0)]
