"""Faults around the recording: the courtroom opens, and the log says so, once."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest

from hearing.events import RecordingIncident
from hearing.tasks import TaskSet
from tests.fakes.captions import KeptCaptions
from tests.fakes.courthouse import courthouse
from yunting.record import recordings

pytestmark = pytest.mark.integration


async def test_an_unreadable_folder_is_an_incident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(recordings, "inspect", broken)
    async with courthouse() as court:
        ledger = await court.services.book.get(await court.session())
        tasks = TaskSet()
        opened = await recordings.Recordings(tmp_path, tasks).open(
            ledger.session,
            court.services.media.open_room("other", court),
            ledger,  # type: ignore[arg-type]
            KeptCaptions(),
        )
        incidents = [e.event async for e in ledger.entries() if isinstance(e.event, RecordingIncident)]
        assert [incident.cause for incident in incidents] == ["disk-error"]
        assert opened.task is not None
        assert not opened.task.done()
        await opened.close()
        await tasks.close()


async def test_a_fault_at_every_restart_is_noted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "_RESTART_S", 0.0)
    begun = 0

    class Faulty:
        incident: str | None = None

        async def run(self) -> None:
            nonlocal begun
            begun += 1
            raise KeyError("a fault of ours")

    async with courthouse() as court:
        ledger = await court.services.book.get(await court.session())
        faulty = Faulty()
        watching = asyncio.ensure_future(recordings._watch(faulty, ledger))  # type: ignore[arg-type]
        async with asyncio.timeout(5):
            while begun < 20:
                await asyncio.sleep(0.01)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        incidents = [e.event async for e in ledger.entries() if isinstance(e.event, RecordingIncident)]
        assert [incident.cause for incident in incidents] == ["fault"]
        assert faulty.incident == "KeyError"
