"""The LeafStore suite over every implementation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from config import SettingsError
from hearing.ids import new_ulid
from records.errors import OutOfOrder, StoreUnavailable
from signaling.tls import ensure_certificate
from tests.contracts.leaf_store import LeafStoreContract, all_leaves, head, some
from tests.fakes.own_postgresql import ENCODED, PASSWORD, OwnPostgresql, own_postgresql
from tests.fakes.own_redis import own_redis
from voting.ports import LeafStore
from voting.stores.memory import MemoryLeafStore
from voting.stores.postgresql import PostgresqlLeafStore
from voting.stores.redis import RedisLeafStore
from voting.stores.redis_address import RedisAddress
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
        store = await RedisLeafStore.open(f"redis://127.0.0.1:{port}")
        yield store
        await store.close()

    async def test_a_setting_that_is_loosened_while_it_runs_stops_the_commits(self, port: int) -> None:
        store = await RedisLeafStore.open(f"redis://127.0.0.1:{port}")
        await store.commit("m", 0, some(0, 1), head(1))
        operator = await Connection.open(RedisAddress.of(f"redis://127.0.0.1:{port}"))
        await operator.ask(("CONFIG", "SET", "appendfsync", "everysec"))
        with pytest.raises(StoreUnavailable, match="always"):
            await store.commit("m", 1, some(1, 1), head(2))
        operator.close()
        await store.close()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[OwnPostgresql]:
    with own_postgresql() as server:
        server.start()
        yield server


@pytest.fixture
async def database(postgresql: OwnPostgresql) -> str:
    """The address of a new one."""
    operator = await asyncpg.connect(postgresql.url())
    name = f"b{new_ulid(0).lower()}"
    await operator.execute(f"CREATE DATABASE {name}")
    await operator.close()
    return postgresql.url(name)


class TestPostgresql(LeafStoreContract):
    @pytest.fixture
    async def store(self, database: str) -> AsyncIterator[LeafStore]:
        store = await PostgresqlLeafStore.open(database)
        yield store
        await store.close()

    async def test_two_writers_of_one_log_leave_no_gap_and_no_fork(self, database: str) -> None:
        stores = [await PostgresqlLeafStore.open(database) for _ in range(3)]

        async def write(store: LeafStore) -> int:
            done = 0
            for _ in range(40):
                first = await store.size("m")
                try:
                    await store.commit("m", first, some(first, 3), head(first + 3))
                except OutOfOrder:
                    continue
                done += 1
            return done

        done = sum(await asyncio.gather(*(write(store) for store in stores)))
        assert await all_leaves(stores[0], "m") == some(0, 3 * done)
        assert tuple(await stores[0].heads("m")) == tuple(head(3 * (n + 1)) for n in range(done))
        for store in stores:
            await store.close()

    async def test_a_setting_that_is_loosened_while_it_runs_stops_the_commits(
        self, database: str, postgresql: OwnPostgresql
    ) -> None:
        store = await PostgresqlLeafStore.open(database)
        await store.commit("m", 0, some(0, 1), head(1))
        operator = await asyncpg.connect(database)
        name = database.rpartition("/")[2]
        await operator.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        again = PostgresqlLeafStore(database)
        with pytest.raises(StoreUnavailable, match=r"不能关闭 synchronous_commit.*receipts"):
            await again.commit("m", 1, some(1, 1), head(2))
        await operator.execute("ALTER SYSTEM SET synchronous_commit = off")
        await operator.execute("SELECT pg_reload_conf()")
        try:
            with pytest.raises(StoreUnavailable, match="synchronous_commit"):
                await _commit_until_refused(store)
        finally:
            await operator.execute("ALTER SYSTEM RESET synchronous_commit")
            await operator.execute("SELECT pg_reload_conf()")
        await operator.close()
        await store.close()
        await again.close()

    @pytest.mark.parametrize("table", ["yunting_leaf", "yunting_head"])
    async def test_the_tables_refuse_changes_also_those_from_before(self, database: str, table: str) -> None:
        place = "seq" if table == "yunting_leaf" else "size"
        # In words that say nothing of a change: an INSERT that changes what is there.
        insert = f"INSERT INTO {table} TABLE {table} ON CONFLICT (meeting, {place}) DO UPDATE SET body = ''"
        forbidden = (f"UPDATE {table} SET body = ''", f"DELETE FROM {table}", f"TRUNCATE {table}", insert)
        store = await PostgresqlLeafStore.open(database)
        await store.commit("m", 0, some(0, 2), head(2))
        await store.close()
        operator = await asyncpg.connect(database)
        for _ in range(2):
            for statement in (*forbidden, f"SET session_replication_role = replica; DELETE FROM {table}"):
                with pytest.raises(asyncpg.RestrictViolationError, match="never"):
                    await operator.execute(statement)
            await operator.execute("RESET session_replication_role")
            await operator.execute(f"DROP TRIGGER {table}_stays ON {table}")
            again = await PostgresqlLeafStore.open(database)
            assert await all_leaves(again, "m") == some(0, 2)
            await again.close()
        await operator.close()

    async def test_a_role_that_does_not_own_the_tables_may_still_add(
        self, database: str, postgresql: OwnPostgresql
    ) -> None:
        await (await PostgresqlLeafStore.open(database)).close()
        operator = await asyncpg.connect(database)
        name = f"r{new_ulid(0).lower()}"
        await operator.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
        await operator.execute(f"GRANT SELECT, INSERT ON yunting_leaf, yunting_head TO {name}")
        await operator.execute("DROP TRIGGER yunting_leaf_stays ON yunting_leaf")
        await operator.close()
        scheme, _, rest = database.partition("://")
        store = await PostgresqlLeafStore.open(f"{scheme}://{name}:{ENCODED}@{rest.rpartition('@')[2]}")
        await store.commit("m", 0, some(0, 2), head(2))
        assert await store.size("m") == 2
        await store.close()

    async def test_a_lost_connection_comes_back_and_what_it_was_asked_is_settled(
        self, database: str, postgresql: OwnPostgresql
    ) -> None:
        store = await PostgresqlLeafStore.open(database)
        await store.commit("m", 0, some(0, 1), head(1))
        operator = await asyncpg.connect(database)
        # The log is locked, so the group hangs in the server until somebody gives it up.
        async with operator.transaction():
            await operator.execute("LOCK TABLE yunting_leaf IN EXCLUSIVE MODE")
            hanging = asyncio.ensure_future(store.commit("m", 1, some(1, 1), head(2)))
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            while not await operator.fetchval(waiting):
                await asyncio.sleep(0)
            hanging.cancel()
            with pytest.raises(asyncio.CancelledError):
                await hanging
            assert await store.size("m") == 1
            assert not await operator.fetchval(waiting), "the group might still be added behind the reader's back"
        await store.commit("m", 1, some(1, 1), head(2))
        assert await all_leaves(store, "m") == some(0, 2)
        await operator.close()
        await store.close()

    async def test_no_error_names_the_password(self, database: str, postgresql: OwnPostgresql) -> None:
        wrong = database.replace(ENCODED, "sesame")
        gone = database.replace(f":{postgresql.port}/", ":1/")
        for url in (wrong, gone, database + "x"):
            with pytest.raises(StoreUnavailable, match=r"postgresql://127\.0\.0\.1:") as told:
                await open_leaf_store(url)
            assert not any(word in str(told.value) for word in ("sesame", PASSWORD, ENCODED))

    async def test_its_socket_and_its_options_stand_in_the_address(
        self, database: str, postgresql: OwnPostgresql
    ) -> None:
        name = database.rpartition("/")[2]
        local = f"postgresql://court:{ENCODED}@/{name}?host={postgresql.folder}&port={postgresql.port}"
        store = await open_leaf_store(local)
        await store.commit("m", 0, some(0, 1), head(1))
        await store.close()
        with pytest.raises(StoreUnavailable, match="SSL"):
            await open_leaf_store(f"{database}?sslmode=require")


async def _commit_until_refused(store: LeafStore) -> None:
    """A server takes its new settings a moment after it was told."""
    while True:
        first = await store.size("m")
        await store.commit("m", first, some(first, 1), head(first + 1))


async def test_a_killed_postgresql_has_what_was_committed() -> None:
    with own_postgresql() as server:
        server.start()
        store = await PostgresqlLeafStore.open(server.url())
        await store.commit("m", 0, some(0, 100), head(100))
        server.kill_backend()
        with pytest.raises(StoreUnavailable):
            await store.commit("m", 100, some(100, 1), head(101))
        # It comes back by itself.
        await store.commit("m", 100, some(100, 1), head(101))
        server.kill()
        with pytest.raises(StoreUnavailable):
            await store.commit("m", 101, some(101, 1), head(102))
        server.start()
        assert await all_leaves(store, "m") == some(0, 101)
        assert tuple(await store.heads("m")) == (head(100), head(101))
        server.kill()
        await store.close()
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            server.start(**{setting: "off"})
            with pytest.raises(StoreUnavailable, match=f"不能关闭 {setting}.* must not be off: a "):
                await open_leaf_store(server.url())
            server.kill()


async def test_a_killed_redis_has_what_was_committed(tmp_path: Path) -> None:
    with own_redis(tmp_path) as port:
        store = await RedisLeafStore.open(f"redis://127.0.0.1:{port}")
        await store.commit("m", 0, some(0, 100), head(100))
    with pytest.raises(StoreUnavailable):
        await store.commit("m", 100, some(100, 1), head(101))
    await store.close()
    with own_redis(tmp_path) as port:
        again = await RedisLeafStore.open(f"redis://127.0.0.1:{port}")
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
        await RedisLeafStore.open(f"redis://127.0.0.1:{port}")


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
    for url in ("oracle:x", "redis:x", "sqlite:x", "postgresql:x", "mysql://me:secret@host/x"):
        with pytest.raises(SettingsError, match="unknown store") as told:
            await open_leaf_store(url)
        assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("redis://", "without a host"),
        ("redis://me:secret@host/x", "is a number, not 'x'"),
        ("redis://me:secret@host?ca=/x", "unknown option ca"),
        ("rediss://me:secret@host?verify=no", "unknown option verify"),
        ("redis+unix://me:secret@host/run/redis.sock", "redis[+]unix:///run"),
        ("redis+unix://", "redis[+]unix:///run"),
    ],
)
async def test_a_redis_address_that_is_not_understood_is_refused_in_words(rest: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as told:
        await open_leaf_store(rest)
    assert "secret" not in str(told.value)


async def test_redis_is_entered_by_user_and_password_over_its_socket_and_over_tls(tmp_path: Path) -> None:
    certificate, private_key = await asyncio.to_thread(ensure_certificate, tmp_path)
    words = ["--requirepass", "p@ss", "--user", "court", "on", ">w:rd#", "~*", "+@all"]
    words += ["--unixsocket", str(tmp_path / "r.sock")]
    with own_redis(tmp_path, more=words, tls=(certificate, private_key)) as port:
        local = f"redis+unix://court:w%3Ard%23@{tmp_path / 'r.sock'}?database=3"
        secret = f"rediss://court:w%3Ard%23@127.0.0.1:{port}/3?ca={certificate}"
        for seq, url in enumerate((f"{local}", f"{secret}")):
            store = await open_leaf_store(url)
            assert await all_leaves(store, "m") == some(0, seq)
            await store.commit("m", seq, some(seq, 1), head(seq + 1))
            await store.close()
        # The user `default`, another database.
        store = await open_leaf_store(f"rediss://:p%40ss@127.0.0.1:{port}?ca={certificate}")
        assert await store.size("m") == 0
        await store.close()
        for url, reason in (
            (secret.replace("w%3Ard", "sesame"), "wrong or missing user and password"),
            (secret.replace("court:w%3Ard%23@", ""), "wrong or missing user and password"),
            (secret.partition("?")[0], "certificate verify failed"),
            (local.replace("r.sock", "none.sock"), "redis[+]unix://.*none.sock: .*No such file"),
            (secret.replace("rediss", "redis").partition("?")[0], f"redis://127.0.0.1:{port}/3: "),
        ):
            with pytest.raises(StoreUnavailable, match=reason) as told:
                await open_leaf_store(url)
            assert not any(word in str(told.value) for word in ("sesame", "w:rd", "w%3Ard", "p@ss"))


async def test_what_a_lost_connection_asked_of_redis_is_settled_before_the_log_is_read(tmp_path: Path) -> None:
    with own_redis(tmp_path) as port:
        url = f"redis://127.0.0.1:{port}"
        store = await RedisLeafStore.open(url)
        await store.commit("m", 0, some(0, 1), head(1))
        operator = await Connection.open(RedisAddress.of(url))
        await operator.ask(("CLIENT", "PAUSE", 60_000, "WRITE"))
        hanging = asyncio.ensure_future(store.commit("m", 1, some(1, 1), head(2)))
        while b"blocked_clients:1" not in (await operator.ask(("INFO", "clients")))[0]:  # type: ignore[operator]
            await asyncio.sleep(0)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        assert await store.size("m") == 1
        await operator.ask(("CLIENT", "UNPAUSE"))
        operator.close()
        await store.commit("m", 1, some(1, 1), head(2))
        assert await all_leaves(store, "m") == some(0, 2)
        await store.close()


async def test_an_address_whose_password_cannot_be_told_from_the_rest_is_refused_without_it() -> None:
    for password in ("se/cret", "se@cret", "se#c@ret", "1/2@secret", "se:cret/x"):
        with pytest.raises(SettingsError, match="percent-encoded") as told:
            await open_leaf_store(f"postgresql://court:{password}@host/ballots")
        assert "cret" not in str(told.value)
