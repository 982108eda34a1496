"""Ten minutes of a real hearing over real sockets: flashes and beeps of two persons keep to the session clock.

`YUNTING_SOAK_S` (600 by default) sets the length; a short run measures nothing but that the test works.
"""

from __future__ import annotations

import asyncio
import math
import os
from pathlib import Path

import numpy as np
import pytest

from hearing import commands as cmd
from hearing.session import Move
from records import coverage, timeline
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.flash_party import FlashParty
from tests.fakes.flash_tracks import Beat, beeps_ms, flashes_ms
from tests.fakes.hall import hall

pytestmark = pytest.mark.soak

SECONDS = float(os.environ.get("YUNTING_SOAK_S", "600"))
LONG_ENOUGH_S = 300.0
"""Over less a step of one millisecond, the grain of the files, is a slope over the limit."""
RECESS_S = 3.0
LIMIT_MS_PER_H = 20.0
LIMIT_SKEW_MS = 40.0
HZ = {"judge-1": 700.0, "plaintiff-1": 1200.0}


def slope_ms_per_h(at_ms: list[float], error_ms: list[float]) -> tuple[float, float]:
    """Slope of the errors over time and its standard error."""
    hours, errors = np.array(at_ms) / 3_600_000, np.array(error_ms)
    slope, level = np.polyfit(hours, errors, 1)
    residual = errors - slope * hours - level
    spread = math.sqrt(float((residual**2).sum()) / (len(errors) - 2))
    return float(slope), spread / math.sqrt(float(((hours - hours.mean()) ** 2).sum()))


async def test_a_hearing_does_not_drift_and_is_covered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_loopback(monkeypatch)
    beat = Beat()
    async with hall(tmp_path, "plaintiff-1") as room:
        phone = await room.phone()
        judge = FlashParty(room.bench, beat, hz=HZ["judge-1"])
        plaintiff = FlashParty(phone, beat, hz=HZ["plaintiff-1"], codec="vp8")
        await judge.enter(await room.ticket(room.bench, "judge-1"))
        await asyncio.wait_for(judge.on_air.wait(), 10)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(plaintiff.enter(await room.ticket(phone, "plaintiff-1")))
            await judge.presence.do(cmd.MoveSession(move=Move.OPEN))
        await asyncio.sleep(SECONDS / 2)
        await judge.presence.do(cmd.MoveSession(move=Move.RECESS))
        await asyncio.sleep(RECESS_S)
        await judge.presence.do(cmd.MoveSession(move=Move.RESUME))
        await asyncio.sleep(SECONDS / 2)
        await judge.presence.do(cmd.MoveSession(move=Move.CLOSE))
        await room.until("recording.track_closed", lambda found: len(found) == 4)
        line = timeline.read(await room.entries())
        await judge.leave()
        await plaintiff.leave()
        covered = coverage.measure(line)
        print(f"coverage {covered.ppm} ppm of {covered.due_ms} ms due, unlisted {covered.unlisted}")  # noqa: T201

        zero_ms = line.anchors[0].utc_ms - line.anchors[0].session_ms
        truth_ms = [beat.utc_ms(second) - zero_ms for second in range(int(SECONDS + RECESS_S) + 60)]
        found: dict[str, list[float]] = {}
        for track in line.tracks:
            path, seat = room.recordings / track.file, track.seat
            found.setdefault(f"{seat} picture", []).extend(await asyncio.to_thread(flashes_ms, path))
            found.setdefault(f"{seat} sound", []).extend(await asyncio.to_thread(beeps_ms, path, HZ[seat]))
    errors: dict[str, dict[int, float]] = {}
    for name, seen_ms in found.items():
        nearest = {round((at_ms - truth_ms[0]) / 1000): at_ms for at_ms in seen_ms}
        errors[name] = {second: at_ms - truth_ms[second] for second, at_ms in nearest.items() if second > 0}
        at_ms, error_ms = [truth_ms[s] for s in errors[name]], list(errors[name].values())
        slope, deviation = slope_ms_per_h(at_ms, error_ms)
        print(  # noqa: T201
            f"{name}: drift {slope:+.2f} ms/h (standard error {deviation:.2f}) over {len(error_ms)} events, "
            f"{min(error_ms):+.1f}..{max(error_ms):+.1f} ms of the truth"
        )
        assert len(error_ms) >= SECONDS - 8
        if SECONDS >= LONG_ENOUGH_S:
            assert abs(slope) - 2 * deviation <= LIMIT_MS_PER_H
    common = set.intersection(*(set(each) for each in errors.values()))
    skew_ms = max(max(e[s] for e in errors.values()) - min(e[s] for e in errors.values()) for s in common)
    print(f"largest skew of {len(common)} seconds: {skew_ms:.1f} ms")  # noqa: T201
    assert skew_ms <= LIMIT_SKEW_MS
    assert (covered.ppm, covered.unlisted) == (1_000_000, ())
