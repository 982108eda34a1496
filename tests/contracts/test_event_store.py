"""The EventStore suite over every implementation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from records.memory import MemoryStore
from records.ports import EventStore
from records.sqlite import SqliteStore
from tests.contracts.event_store import EventStoreContract

pytestmark = pytest.mark.contract


class TestMemory(EventStoreContract):
    @pytest.fixture
    def store(self) -> EventStore:
        return MemoryStore()


class TestSqlite(EventStoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[EventStore]:
        store = await SqliteStore.open(tmp_path / "records.sqlite")
        yield store
        await store.close()
