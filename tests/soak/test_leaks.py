"""An hour of people coming and going in an open, recorded hearing: memory stays flat, no descriptor is left behind.

`YUNTING_SOAK_S` (3600 by default here) sets the length; a short run measures nothing but that the test works.
A machine that stands still for seconds loses everybody, as it should: they come back, and such visits are counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from hearing import commands as cmd
from hearing.errors import UserError
from hearing.session import Move
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.flash_party import FlashParty
from tests.fakes.flash_tracks import Beat
from tests.fakes.hall import Hall, hall

pytestmark = pytest.mark.soak

SECONDS = float(os.environ.get("YUNTING_SOAK_S", "3600"))
LONG_ENOUGH_S = 1200.0
"""Over less, caches that fill up once look like growth."""
SAMPLE_S = 5.0
LIMIT = 0.05
VISITORS = {"plaintiff-1": ("h264", 1200.0), "defendant-1": ("vp8", 900.0)}


def _rss_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def _descriptors(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


class _Bench:
    """The judge, who stays, or comes back when a visitor could not see him."""

    def __init__(self, room: Hall, beat: Beat) -> None:
        self._room, self._beat = room, beat
        self._coming = asyncio.Lock()
        self.sitting: FlashParty | None = None

    async def sit(self, instead_of: FlashParty | None = None) -> FlashParty:
        """The judge on air; a new one in place of `instead_of`."""
        async with self._coming:
            if self.sitting is instead_of or self.sitting is None:
                if self.sitting is not None:
                    await self.sitting.leave()
                    self.sitting = None
                judge = FlashParty(self._room.bench, self._beat, hz=700.0)
                await judge.enter(await self._room.ticket(self._room.bench, "judge-1"))
                await asyncio.wait_for(judge.on_air.wait(), 20)
                self.sitting = judge
            return self.sitting


@dataclass(slots=True)
class _Visits:
    made: int = 0
    failed: int = 0


async def _come_and_go(room: Hall, seat: str, beat: Beat, bench: _Bench, until_s: float, visits: _Visits) -> None:
    codec, hz = VISITORS[seat]
    chance = random.Random(seat)
    while time.monotonic() < until_s:
        phone = room.server.api()
        party = FlashParty(phone, beat, hz=hz, codec=codec)
        judge = bench.sitting
        try:
            judge = judge or await bench.sit()
            await party.enter(await room.ticket(phone, seat))
            await party.watch(judge.participant)
            await asyncio.sleep(chance.uniform(2.0, 8.0))
            visits.made += 1
        except (TimeoutError, ConnectionError, UserError) as fault:
            visits.failed += 1
            print(f"a visit failed: {fault!r}", flush=True)  # noqa: T201
            with contextlib.suppress(TimeoutError, ConnectionError, UserError):
                await bench.sit(instead_of=judge)
        finally:
            await party.leave()
            await phone.http.close()
        await asyncio.sleep(chance.uniform(0.2, 2.0))


async def test_joins_and_leaves_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_loopback(monkeypatch)
    beat = Beat()
    async with hall(tmp_path, *VISITORS, anew=True) as room:
        bench = _Bench(room, beat)
        judge = await bench.sit()
        await judge.presence.do(cmd.MoveSession(move=Move.OPEN))
        pid = room.server.pid
        assert pid is not None

        visits = _Visits()
        begun_s = time.monotonic()
        samples: list[tuple[int, int]] = []
        async with asyncio.TaskGroup() as people:
            for seat in VISITORS:
                people.create_task(_come_and_go(room, seat, beat, bench, begun_s + SECONDS, visits))
            for number in itertools.count(1):
                await asyncio.sleep(max(0.0, begun_s + number * SAMPLE_S - time.monotonic()))
                samples.append((_rss_kib(pid), _descriptors(pid)))
                if number % 60 == 0:
                    print(f"{number * SAMPLE_S:.0f} s, {visits.made} visits: {samples[-1]}", flush=True)  # noqa: T201
                if time.monotonic() >= begun_s + SECONDS:
                    break
        tenth = max(1, len(samples) // 10)
        early, late = samples[tenth : 2 * tenth] or samples, samples[-tenth:]
        rss = [statistics.median(kib for kib, _ in part) for part in (early, late)]
        files = [statistics.median(count for _, count in part) for part in (early, late)]
        print(  # noqa: T201
            f"{visits.made} visits ({visits.failed} failed) in {SECONDS:.0f} s: RSS {rss[0]:.0f} -> {rss[1]:.0f} KiB"
            f" ({rss[1] / rss[0] - 1:+.2%}), descriptors {files[0]:.0f} -> {files[1]:.0f}"
        )
        assert visits.made >= SECONDS / 30
        assert visits.failed <= max(1, visits.made // 20)
        if SECONDS >= LONG_ENOUGH_S:
            assert rss[1] / rss[0] - 1 <= LIMIT
        await _settles(pid, limit=int(min(count for _, count in samples)) + 2)
        if bench.sitting is not None:
            await bench.sitting.leave()


async def _settles(pid: int, limit: int) -> None:
    """Wait until the server holds no more descriptors than when the fewest people were there (files may rotate)."""
    async with asyncio.timeout(60):
        while _descriptors(pid) > limit:
            await asyncio.sleep(0.5)
