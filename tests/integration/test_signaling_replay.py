"""A long log is given to a page that comes back entry by entry, and to one connection of a participant at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from hearing.events import Entry
from records.keys import CourtKey
from records.memory import MemoryStore
from signaling.web import ROOMS
from tests.fakes.courthouse import ID, courthouse

pytestmark = pytest.mark.integration

WARNINGS = 40
BUSY = {"YUNTING_LIMITS_MESSAGE_BURST": "100000"}


class SlowStore(MemoryStore):
    """Reads stand still before the entry `stop_at` until `go` is set; counts who reads."""

    def __init__(self) -> None:
        super().__init__()
        self.stop_at = 10**9
        self.go = asyncio.Event()
        self.reading = self.most_reading = self.begun = 0

    async def read(self, session: str, after_seq: int = 0) -> AsyncIterator[Entry]:
        self.reading += 1
        self.begun += 1
        self.most_reading = max(self.most_reading, self.reading)
        try:
            async for entry in super().read(session, after_seq):
                if entry.seq == self.stop_at:
                    await self.go.wait()
                yield entry
        finally:
            self.reading -= 1


async def test_a_replay_streams_and_runs_once_for_each_participant() -> None:
    store, key = SlowStore(), CourtKey.generate()
    async with courthouse(store, key=key, environment=BUSY) as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        for n in range(WARNINGS):
            last = (await judge.do("warn", participant=ID["plaintiff"], reason=f"第{n}次"))["seq"]
        credential = judge.welcome["credential"]
    # After a restart nothing is in memory: whoever comes back is given the log itself.
    async with courthouse(store, key=key) as court:
        await court.app[ROOMS].get(session)
        store.most_reading = store.begun = 0
        store.stop_at = last
        pages = []
        for n in range(4):
            page = await court.open(credential=credential, last_seq=0)
            await page.welcomed()
            pages.append(page)
            if n == 0:
                await page.hear("update", seq=last - 1)
        assert (await pages[0].hear("leave"))["code"] == "replaced"
        await pages[-1].hear("update", seq=last - 1)
        assert store.begun >= 2
        assert store.most_reading == 1
        store.go.set()
        await pages[-1].hear("update", seq=last)
        assert pages[-1].seqs == list(range(1, pages[-1].seqs[-1] + 1))
