"""A recording folder that cannot be read keeps nobody out: an incident, and the courtroom opens."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from hearing.events import RecordingIncident
from hearing.tasks import TaskSet
from tests.fakes.courthouse import courthouse
from yunting import recordings

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
        )
        incidents = [e.event async for e in ledger.entries() if isinstance(e.event, RecordingIncident)]
        assert [incident.cause for incident in incidents] == ["disk-error"]
        assert opened.task is not None
        assert not opened.task.done()
        await opened.close()
        await tasks.close()
