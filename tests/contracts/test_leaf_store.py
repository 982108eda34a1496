"""The LeafStore suite over every implementation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contracts.leaf_store import LeafStoreContract
from voting.ports import LeafStore
from voting.stores.memory import MemoryLeafStore
from voting.stores.sqlite import SqliteLeafStore

pytestmark = pytest.mark.contract


class TestMemory(LeafStoreContract):
    @pytest.fixture
    def store(self) -> LeafStore:
        return MemoryLeafStore()


class TestSqlite(LeafStoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[LeafStore]:
        store = await SqliteLeafStore.open(tmp_path / "ballots.sqlite")
        yield store
        await store.close()
