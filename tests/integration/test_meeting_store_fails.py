"""The store of ballots refuses: nobody gets a receipt, and voting goes on by itself once it can be written again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hearing.documents import resident_check
from records.errors import StoreUnavailable
from signaling.staff.accounts import ensure_staff
from tests.fakes.courthouse import Courthouse, courthouse
from tests.fakes.own_postgresql import own_postgresql
from tests.fakes.own_redis import own_redis
from voting.leaves import Ballot, read_leaf
from voting.ports import KeptHead, LeafStore
from voting.stores.memory import MemoryLeafStore
from voting.stores.postgresql import PostgresqlLeafStore
from voting.stores.redis import RedisLeafStore

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"
NUMBER = "44030119900101001" + resident_check("44030119900101001")
TABLE = f"债权人编号,债权人名称,证件号码,债权性质,确认金额（元）\nC1,张三,{NUMBER},普通债权,100\n"


class FullStore(MemoryLeafStore):
    """Refuses while `full`."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False

    async def commit(self, meeting: str, first: int, leaves: Sequence[bytes], head: KeptHead) -> None:
        if self.full:
            raise StoreUnavailable("disk full")
        await super().commit(meeting, first, leaves, head)


async def staff(court: Courthouse, account: str) -> aiohttp.ClientSession:
    http = aiohttp.ClientSession(court.url, headers={"X-Yunting": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with http.post("/api/v1/staff/login", json={"account": account, "password": PASSWORD}) as answer:
        assert answer.status == 200
    return http


async def post(http: aiohttp.ClientSession, path: str, **body: Any) -> Any:
    async with http.post(f"/api/v1/meetings{path}", json=body) as answer:
        told = await answer.json()
        assert answer.status in {200, 201}, told
        return told


async def test_no_receipt_while_the_store_is_full_and_one_ballot_after(tmp_path: Path) -> None:
    store = FullStore()

    def fill(full: bool) -> None:
        store.full = full

    await one_ballot_after_a_failure(tmp_path, store, partial(fill, True), partial(fill, False))


async def test_no_receipt_while_postgresql_is_down_and_one_ballot_after(tmp_path: Path) -> None:
    with own_postgresql() as server:
        server.start()
        store = await PostgresqlLeafStore.open(server.url())
        await one_ballot_after_a_failure(tmp_path, store, server.kill, server.start)
        await store.close()


async def test_no_receipt_while_redis_is_down_and_one_ballot_after(tmp_path: Path) -> None:
    with ExitStack() as stack:
        (tmp_path / "redis").mkdir()
        server = own_redis(tmp_path / "redis")
        port = server.__enter__()
        store = await RedisLeafStore.open(f"redis://127.0.0.1:{port}")

        def kill() -> None:
            server.__exit__(None, None, None)

        def start() -> None:
            stack.enter_context(own_redis(tmp_path / "redis", port=port))

        await one_ballot_after_a_failure(tmp_path, store, kill, start)
        await store.close()


async def one_ballot_after_a_failure(
    tmp_path: Path, store: LeafStore, fail: Callable[[], None], mend: Callable[[], None]
) -> None:
    folder = {"YUNTING_STORAGE_FOLDER": str(tmp_path)}
    async with courthouse(ballots=store, environment=folder) as court:
        wanted: Any = [("desk", "林晓", "clerk", PASSWORD), ("bench", "陈静怡", "judge", PASSWORD)]
        await ensure_staff(court.services.store, court.services.hasher, 1, wanted)
        async with await staff(court, "desk") as clerk, await staff(court, "bench") as judge:
            made = await post(
                clerk, "", court="测试法院", case_no="(2018)粤01破1号", title="会议", scheduled_utc_ms=0
            )
            meeting = made["meeting"]["id"]
            async with clerk.post(f"/api/v1/meetings/{meeting}/roll", data=TABLE.encode()) as answer:
                assert answer.status == 201, await answer.text()
            await post(clerk, f"/{meeting}/motions", title="财产变价方案", matter="ordinary")
            await post(clerk, f"/{meeting}/doors")
            act = {"act": "open", "motion": "M1", "closes_utc_ms": 4_000_000_000_000}
            await post(clerk, f"/{meeting}/acts", **act)
            await post(judge, f"/{meeting}/acts", **act)
            async with clerk.get(f"/api/v1/meetings/{meeting}/creditors?q=C1") as answer:
                (row,) = await answer.json()
            person, _, code = row["link"].partition("#")[2].partition(".")
            signed = await post(clerk, f"/{meeting}/signin", person=person, code=code, number_end=NUMBER[-6:])
            url = f"/api/v1/meetings/{meeting}/ballots"
            bearer = {"Authorization": f"Bearer {signed['token']}"}
            ballot = {"motion": "M1", "round": 1, "choice": "agree", "idem": "only-one"}
            fail()
            for _ in range(3):
                async with clerk.post(url, json=ballot, headers=bearer) as answer:
                    told = await answer.json()
                    assert answer.status == 503
                    assert answer.headers["Retry-After"]
                    assert told["code"] == "record-unavailable"
                    assert told["standing"] is None
            mend()
            async with clerk.post(url, json=ballot, headers=bearer) as answer:
                assert answer.status == 201
            leaves = [read_leaf(leaf) async for leaf in store.leaves(meeting)]
            assert [leaf.idem for leaf in leaves if isinstance(leaf, Ballot)] == ["only-one"]
            await post(clerk, f"/{meeting}/acts", act="close", motion="M1")
            console = (await post(judge, f"/{meeting}/acts", act="close", motion="M1"))["console"]
            assert console["meeting"]["motions"][0]["result"]["divisions"][0]["agree"]["heads"] == 1
