"""A seal whose package finds no room: the clerk is told in their words, and it is made once there is room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from hearing.session import Move, State
from hearing.tasks import TaskSet
from records.composite.render import disk_full
from signaling.bodies import ExportJob
from signaling.ports import Exported
from signaling.record import seal_desk
from signaling.record.exports import Exports
from signaling.record.seal_desk import FIRST_WAIT_S, SealDesk
from tests.fakes.courtroom import Courtroom

pytestmark = pytest.mark.unit

ROOM = SimpleNamespace(live=lambda session: None)


class Disk:
    """Stands for the exporter: without room it is full."""

    def __init__(self) -> None:
        self.room = False
        self.made: list[str] = []
        self.tried = 0

    async def seal(self, session: str, step: str, progress: Any, package: str) -> Exported:
        self.tried += 1
        if not self.room:
            raise disk_full()
        self.made.append(f"{session} {step}")
        return Exported(id=package, folder=Path("/nowhere"), sha512="ab", bytes_total=1)


@pytest.mark.parametrize("step", ["media", "final"])
async def test_a_seal_is_made_once_there_is_room(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal_desk, "LOOK_S", 0.0)
    room = Courtroom().open()
    room.move(Move.CLOSE)
    hearing = room.hearing
    if step == "final":
        hearing = replace(hearing, state=State.SEALED, media_seal="ab")
    disk, now_us = Disk(), 0
    services: Any = SimpleNamespace(
        book=SimpleNamespace(hearings=lambda: [hearing]),
        settings=SimpleNamespace(sealing=SimpleNamespace(automatic=True)),
        exporter=disk,
        sources=SimpleNamespace(monotonic_us=lambda: now_us, utc_ms=lambda: 1_795_000_000_000),
    )
    tasks = TaskSet()
    desk = SealDesk(services, Exports(services, ROOM, None, tasks))  # type: ignore[arg-type]
    running = asyncio.ensure_future(desk.run())

    async def job(holds: Callable[[ExportJob], bool]) -> ExportJob:
        async with asyncio.timeout(10):
            while (found := desk._job("s")) is None or not holds(found):
                await asyncio.sleep(0)
        return found

    try:
        failed = await job(lambda each: each.done)
        assert (failed.error, failed.seal) == ("disk-full", step)
        assert "存储空间不足" in failed.step_zh
        # Not at once: a full disk is not hammered, and then it is still full.
        assert disk.tried == 1
        now_us = int(FIRST_WAIT_S * 1e6)
        await job(lambda each: each.done and each.job != failed.job)
        assert disk.tried == 2
        disk.room = True
        now_us += int(2 * FIRST_WAIT_S * 1e6)
        await job(lambda each: each.done and not each.error)
        assert disk.made == [f"s {step}"]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await tasks.close()
