"""Two persons flash and beep at the same instants through a real server: tracks and composite hold it in sync.

One hearing with a recess, recorded, exported and decoded. Figures are logged: run with `-o log_cli=true
--log-cli-level=INFO`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hearing import commands as cmd
from hearing.session import Move
from records.verify import verify_path
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.flash_party import FlashParty
from tests.fakes.flash_tracks import Beat, beeps_ms, flashes_ms
from tests.fakes.hall import hall

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

LIMIT_MS = 40
SPEAKING_S = 7.0
RECESS_S = 2.0
SETTLED_MS, EDGE_MS = 2000, 500
"""A stretch counts this long after it began, until this long before its end."""
HZ = {"judge-1": 700.0, "plaintiff-1": 1200.0}
LEFT_TILE = (slice(177, 193), slice(152, 168))
RIGHT_TILE = (slice(177, 193), slice(472, 488))
"""Middles of two pictures side by side at 640x360."""

figures = logging.getLogger("figures")
Offsets = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Held:
    """A hearing that was held: its package, its log, and when each second of the beat fell, in session ms."""

    package: Path
    events: list[dict[str, Any]]
    seconds_ms: list[float]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    with pytest.MonkeyPatch.context() as patch:
        use_loopback(patch)
        return asyncio.run(_hold(tmp_path_factory.mktemp("hearing")))


async def _hold(folder: Path) -> Held:
    beat = Beat()
    async with hall(folder, "plaintiff-1") as room:
        judge = FlashParty(room.bench, beat, hz=HZ["judge-1"], codec="h264")
        phone = await room.phone()
        plaintiff = FlashParty(phone, beat, hz=HZ["plaintiff-1"], codec="vp8")
        await judge.enter(await room.ticket(room.bench, "judge-1"))
        await asyncio.wait_for(judge.on_air.wait(), 10)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(plaintiff.enter(await room.ticket(phone, "plaintiff-1")))
            await judge.presence.do(cmd.MoveSession(move=Move.OPEN))
        await asyncio.sleep(SPEAKING_S)
        await judge.presence.do(cmd.MoveSession(move=Move.RECESS))
        await asyncio.sleep(RECESS_S)
        await judge.presence.do(cmd.MoveSession(move=Move.RESUME))
        await asyncio.sleep(SPEAKING_S)
        await judge.presence.do(cmd.MoveSession(move=Move.CLOSE))
        package = await room.export()
        events = await room.events()
        await judge.leave()
        await plaintiff.leave()
    anchor = next(e for e in events if e["type"] == "clock.anchored")
    zero_ms = anchor["utc_ms"] - anchor["session_ms"]
    return Held(package, events, [beat.utc_ms(second) - zero_ms for second in range(60)])


def spoken_ms(held: Held) -> list[tuple[int, int]]:
    """Stretches of the session in which media is due."""
    moves = [(e["at_ms"], e["after"]) for e in held.events if e["type"] == "session.state"]
    return [
        (at_ms, moves[number + 1][0])
        for number, (at_ms, state) in enumerate(moves)
        if state == "in_session" and number + 1 < len(moves)
    ]


def offsets(held: Held, found: list[float], name: str) -> list[float]:
    """Found minus true ms for every second that was due. Fails when one is missing."""
    result = []
    for from_ms, to_ms in spoken_ms(held):
        due = [ms for ms in held.seconds_ms if from_ms + SETTLED_MS <= ms <= to_ms - EDGE_MS]
        assert len(due) >= SPEAKING_S - 4
        for due_ms in due:
            near = min(found, key=lambda at_ms, due_ms=due_ms: abs(at_ms - due_ms))  # type: ignore[misc]
            assert abs(near - due_ms) < 400, f"{name}: nothing at {due_ms:.0f} ms, nearest {near:.0f}"
            result.append(near - due_ms)
    return result


def report(where: str, measured: Offsets) -> float:
    """Log and return the largest distance between any two of the measured at the same second, ms."""
    skew_ms = max(max(row) - min(row) for row in zip(*measured.values(), strict=True))
    for name, values in measured.items():
        figures.info(
            "%s %s: %+.1f..%+.1f ms of the truth, %d events", where, name, min(values), max(values), len(values)
        )
    figures.info("%s: largest skew %.1f ms", where, skew_ms)
    return skew_ms


def test_tracks_are_in_sync_within_and_across_participants(held: Held) -> None:
    found: Offsets = {f"{seat} {what}": [] for seat in HZ for what in ("picture", "sound")}
    for track in (e for e in held.events if e["type"] == "recording.track"):
        path, seat = held.package / "data/media/tracks" / Path(track["file"]).name, track["seat"]
        found[f"{seat} picture"] += flashes_ms(path)
        found[f"{seat} sound"] += beeps_ms(path, HZ[seat])
    measured = {name: offsets(held, at_ms, name) for name, at_ms in found.items()}
    assert report("tracks", measured) <= LIMIT_MS


def test_composite_is_in_sync_within_and_across_participants(held: Held) -> None:
    path = held.package / "data/media/composite.mp4"
    measured = {
        "left picture": offsets(held, flashes_ms(path, LEFT_TILE), "left picture"),
        "right picture": offsets(held, flashes_ms(path, RIGHT_TILE), "right picture"),
        **{f"{seat} sound": offsets(held, beeps_ms(path, hz), f"{seat} sound") for seat, hz in HZ.items()},
    }
    assert report("composite", measured) <= LIMIT_MS


def test_package_of_a_hearing_with_a_recess_verifies_and_covers_everything_due(held: Held) -> None:
    verified = verify_path(str(held.package))
    assert verified["ok"], verified["wrong"]
    coverage = json.loads((held.package / "data/session.json").read_text(encoding="utf-8"))["coverage"]
    figures.info("coverage: %s", coverage)
    assert coverage["ppm"] == 1_000_000
    assert coverage["unlisted"] == []
    assert coverage["lawful_break_ms"] >= RECESS_S * 1000
