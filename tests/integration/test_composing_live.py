"""A hearing over WebRTC that is composed while it goes on: the composer killed, the server killed, 闭庭 undone."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from hearing import commands as cmd
from hearing.session import Move
from records.composite.composing import DELAY_MS
from records.composite.piece_files import PIECE_MS
from records.verify import verify_path
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.live_hearing import LiveHearing, live_hearing
from tests.fakes.serving import serving

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1500)]

COMPOSED = {
    "YUNTING_COMPOSITE_BUDGET": "1",
    "YUNTING_COMPOSITE_WIDTH": "320",
    "YUNTING_COMPOSITE_HEIGHT": "240",
    "YUNTING_COMPOSITE_FPS": "5",
    "YUNTING_STORAGE_ENCRYPT": "true",
}
DEADLINE_S = 400.0
"""The composer has a lower priority than whatever else a machine does."""


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    use_loopback(monkeypatch)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.1)


def pictures(folder: Path) -> dict[str, int]:
    """When each picture was made, by name."""
    return {path.name: path.stat().st_mtime_ns for path in folder.rglob("*.picture")}


async def until_kept_up(hearing: LiveHearing, folder: Path) -> None:
    """Until all that is settled is composed: on a machine that does other things too it may be behind for a while."""
    async with asyncio.timeout(DEADLINE_S):
        while len(await asyncio.to_thread(pictures, folder)) < (await now_ms(hearing) - DELAY_MS) // PIECE_MS:
            await asyncio.sleep(0.2)


async def now_ms(hearing: LiveHearing) -> int:
    """Of the session clock, as the newest sealed range has it."""
    return max(event["to_ms"] for event in await hearing.events("recording.range"))


def composers(server: int | None) -> list[int]:
    """The server's children that compose."""
    listed = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return [int(pid) for pid in listed if b"records.composite.follow" in Path(f"/proc/{pid}/cmdline").read_bytes()]


async def exported(hearing: LiveHearing) -> str:
    job = (await hearing.desk.call("POST", f"sessions/{hearing.session}/exports", {"edition": "court"}))["job"]
    async with asyncio.timeout(DEADLINE_S):
        while not (status := await hearing.desk.call("GET", f"exports/{job}"))["done"]:
            await asyncio.sleep(0.1)
    assert status["error"] is None, status
    return str(job)


def bodies(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*.*") if path.is_file())


@pytest.mark.long
async def test_composed_on_the_way_whoever_is_killed(tmp_path: Path) -> None:
    async with serving(tmp_path, **COMPOSED) as server, live_hearing(server.api) as hearing:
        folder = tmp_path / "composites" / hearing.session
        await until(lambda: "000000.picture" in pictures(folder))
        first = pictures(folder)["000000.picture"]

        (composer,) = await asyncio.to_thread(composers, server.pid)
        os.kill(composer, signal.SIGKILL)
        await until(lambda: "000001.picture" in pictures(folder))
        second = pictures(folder)["000001.picture"]
        assert await asyncio.to_thread(composers, server.pid) != [composer]

        await server.stop(signal.SIGKILL)
        await server.start()
        await hearing.come_back()
        await hearing.until("recording.track", 4)
        await until(lambda: "000002.picture" in pictures(folder))

        # 闭庭 by mistake: an export has stopped the composer, and the undoing brings it back.
        await hearing.judge.presence.do(cmd.MoveSession(move=Move.CLOSE))
        await exported(hearing)
        await hearing.judge.presence.do(cmd.MoveSession(move=Move.REOPEN, reason="误点闭庭"))
        await until(lambda: bool(composers(server.pid)))
        await until_kept_up(hearing, folder)
        await hearing.judge.presence.do(cmd.MoveSession(move=Move.CLOSE))
        before = pictures(folder)
        job = await exported(hearing)

        after = pictures(folder)
        assert (after["000000.picture"], after["000001.picture"]) == (first, second), "what was made is used"
        kept = [name for name in before if after[name] == before[name]]
        assert len(after) - len(kept) <= 3, "little is left to make after the closing"
        assert not [path for path in folder.rglob(".*") if path.is_file()], "nothing half written stays"
        # The recording is sealed on the disk, and so is what was made of it.
        found = await asyncio.to_thread(bodies, folder)
        assert b'"sealed":true' in found
        assert b'"sealed":false' not in found
        (package,) = await asyncio.to_thread(lambda: list((tmp_path / "packages" / job).iterdir()))
        checked = await asyncio.to_thread(verify_path, str(package))
        assert checked["ok"], checked["wrong"]
        assert await asyncio.to_thread(frames_of, package) > 5 * 5 * 16 // 2


def frames_of(package: Path) -> int:
    with av.open(str(package / "data/media/composite.mp4")) as container:
        return sum(1 for _ in container.decode(video=0))
