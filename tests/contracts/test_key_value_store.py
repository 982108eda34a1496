"""The KeyValueStore suite over every implementation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from records.memory import MemoryStore
from records.ports import KeyValueStore
from records.sqlite import SqliteStore
from tests.contracts.key_value_store import KeyValueStoreContract

pytestmark = pytest.mark.contract


class TestMemory(KeyValueStoreContract):
    @pytest.fixture
    def store(self) -> KeyValueStore:
        return MemoryStore()


class TestSqlite(KeyValueStoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[KeyValueStore]:
        store = await SqliteStore.open(tmp_path / "records.sqlite")
        yield store
        await store.close()
