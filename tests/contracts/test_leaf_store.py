"""The LeafStore suite over every implementation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from config import SettingsError
from records.errors import StoreUnavailable
from tests.contracts.leaf_store import LeafStoreContract, all_leaves, head, some
from tests.fakes.own_redis import own_redis
from voting.ports import LeafStore
from voting.stores.memory import MemoryLeafStore
from voting.stores.redis import RedisLeafStore
from voting.stores.resp import Connection
from voting.stores.sqlite import SqliteLeafStore
from yunting.backends import open_leaf_store

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


class TestRedis(LeafStoreContract):
    @pytest.fixture
    def port(self, tmp_path: Path) -> Iterator[int]:
        with own_redis(tmp_path) as port:
            yield port

    @pytest.fixture
    async def store(self, port: int) -> AsyncIterator[LeafStore]:
        store = await RedisLeafStore.open("127.0.0.1", port)
        yield store
        await store.close()

    async def test_a_setting_that_is_loosened_while_it_runs_stops_the_commits(self, port: int) -> None:
        store = await RedisLeafStore.open("127.0.0.1", port)
        await store.commit("m", 0, some(0, 1), head(1))
        operator = await Connection.open("127.0.0.1", port)
        await operator.ask(("CONFIG", "SET", "appendfsync", "everysec"))
        with pytest.raises(StoreUnavailable, match="always"):
            await store.commit("m", 1, some(1, 1), head(2))
        operator.close()
        await store.close()


async def test_a_killed_redis_has_what_was_committed(tmp_path: Path) -> None:
    with own_redis(tmp_path) as port:
        store = await RedisLeafStore.open("127.0.0.1", port)
        await store.commit("m", 0, some(0, 100), head(100))
    with pytest.raises(StoreUnavailable):
        await store.commit("m", 100, some(100, 1), head(101))
    await store.close()
    with own_redis(tmp_path) as port:
        again = await RedisLeafStore.open("127.0.0.1", port)
        assert await all_leaves(again, "m") == some(0, 100)
        assert tuple(await again.heads("m")) == (head(100),)
        await again.close()


@pytest.mark.parametrize(("appendonly", "appendfsync"), [("no", "always"), ("yes", "everysec"), ("yes", "no")])
async def test_a_redis_that_could_lose_ballots_is_refused(tmp_path: Path, appendonly: str, appendfsync: str) -> None:
    reason = "appendonly yes" if appendonly == "no" else "power failure"
    with (
        own_redis(tmp_path, appendonly=appendonly, appendfsync=appendfsync) as port,
        pytest.raises(StoreUnavailable, match=reason),
    ):
        await RedisLeafStore.open("127.0.0.1", port)


async def test_an_address_names_the_store(tmp_path: Path) -> None:
    with own_redis(tmp_path) as port:
        for url, kind in (
            (f"sqlite:///{tmp_path / 'b.sqlite'}", SqliteLeafStore),
            (f"redis://127.0.0.1:{port}", RedisLeafStore),
            ("memory:", MemoryLeafStore),
        ):
            store = await open_leaf_store(url)
            assert isinstance(store, kind)
            await store.close()
    for url in ("oracle:x", "redis://", "redis://me:secret@host", "sqlite:x"):
        with pytest.raises(SettingsError, match="unknown store"):
            await open_leaf_store(url)
