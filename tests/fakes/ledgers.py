"""A ledger over a memory store whose disk can refuse, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hearing import events as ev
from records.errors import StoreUnavailable
from records.keys import CourtKey
from records.ledger import Ledger
from records.memory import MemoryStore
from tests.fakes.hearings import FakeTime

KEY = CourtKey.generate()


class FailingStore(MemoryStore):
    """A memory store whose disk can refuse: before writing, or after (the answer is lost)."""

    refuse = False
    lose_answer = False
    gate: asyncio.Event | None = None

    async def append(self, entries: Sequence[ev.Entry]) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.refuse:
            raise StoreUnavailable("disk full")
        await super().append(entries)
        if self.lose_answer:
            raise StoreUnavailable("i/o error")


async def reopened(store: MemoryStore, time: FakeTime) -> Ledger:
    return await Ledger.open(store, KEY, time.sources(), "s")


async def log_of(ledger: Ledger, after_seq: int = 0) -> list[ev.Entry]:
    return [entry async for entry in ledger.entries(after_seq)]
