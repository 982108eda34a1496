"""Searching all hearings through the server: who finds what, and questions that are none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from yarl import URL

from records.search.index import SearchIndex
from signaling.sessions.desk import SEAT_ACCOUNTS
from signaling.staff.accounts import ensure_staff
from tests.fakes.courthouse import ID, Courthouse, courthouse
from tests.fakes.minutes import said

pytestmark = pytest.mark.integration

STAFF = (("li.clerk", "clerk"), ("chen.judge", "judge"), ("zhao.judge", "judge"))
PASSWORD = "first password 17"


@pytest.fixture
async def court(tmp_path: Path) -> AsyncIterator[Courthouse]:
    index = await SearchIndex.open(tmp_path / "search.sqlite")
    async with courthouse(search=index) as court:
        wanted = [(account, account, role, PASSWORD) for account, role in STAFF]
        await ensure_staff(court.services.store, court.services.hasher, 1, wanted)  # type: ignore[arg-type]
        yield court
    await index.close()


async def signed_in(court: Courthouse, account: str) -> aiohttp.ClientSession:
    http = aiohttp.ClientSession(headers={"X-Yunting": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with http.post(f"{court.url}/api/v1/staff/login", json={"account": account, "password": PASSWORD}) as done:
        assert done.status == 200
    return http


async def ask(court: Courthouse, http: aiohttp.ClientSession, **query: str) -> tuple[int, Any]:
    async with http.get(f"{court.url}/api/v1/search", params=query) as response:
        return response.status, await response.json()


async def found(court: Courthouse, http: aiohttp.ClientSession, count: int, **query: str) -> list[dict[str, Any]]:
    """The hits, once there are `count`."""
    async with asyncio.timeout(15):
        while True:
            status, answer = await ask(court, http, **query)
            assert status == 200, answer
            if len(answer["hits"]) >= count:
                return list(answer["hits"])
            await asyncio.sleep(0.25)


async def test_a_judge_finds_only_what_was_said_where_they_sit(court: Courthouse) -> None:
    own, other = await court.session(), await court.session()
    for session in (own, other):
        ledger = await court.services.book.get(session)
        await ledger.note("server", [said("被告对证据三有异议。", 5_000, ID["defendant"])])
    seats = msgspec.json.encode({ID["judge"]: "chen.judge"})
    await court.services.store.put(SEAT_ACCOUNTS, own, seats)
    async with await signed_in(court, "li.clerk") as clerk:
        hits = await found(court, clerk, 2, q="异议")
        assert {hit["session"] for hit in hits} == {own, other}
        assert {hit["session"] for hit in await found(court, clerk, 1, q="异议", session=own)} == {own}
        assert (hits[0]["speaker"], hits[0]["at_ms"], hits[0]["case_no"]) == (
            "被告李四光",
            5_700,
            "（2026）粤01民初1号",
        )
    async with await signed_in(court, "chen.judge") as judge:
        assert [hit["session"] for hit in await found(court, judge, 1, q="异议")] == [own]
        assert (await ask(court, judge, q="异议", session=other))[1]["hits"] == []
    async with await signed_in(court, "zhao.judge") as stranger:
        assert (await ask(court, stranger, q="异议"))[1]["hits"] == []
    assert (await ask(court, court.http, q="异议"))[0] == 401


async def test_a_day_is_the_courts_day(court: Courthouse) -> None:
    ledger = await court.services.book.get(await court.session())
    await ledger.note("server", [said("现在开庭", 0, ID["judge"])])
    async with await signed_in(court, "li.clerk") as clerk:
        await found(court, clerk, 1, q="开庭")
        assert (await ask(court, clerk, q="开庭", to_day="2020-01-01"))[1]["hits"] == []
        assert (await ask(court, clerk, q="开庭", from_day="9999-12-31"))[1]["hits"] == []
        assert len((await ask(court, clerk, q="开庭", from_day="2020-01-01", to_day="2999-01-01"))[1]["hits"]) == 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "bad-query"),
        ({"q": "，。"}, "bad-query"),
        ({"q": "异" * 101}, "bad-query"),
        ({"q": "甲 乙 丙 丁 戊 己 庚 辛 壬"}, "bad-query"),
        ({"q": "异议", "speaker": "张" * 61}, "bad-query"),
        ({"q": "异议", "from_day": "yesterday"}, "bad-day"),
        ({"q": "异议", "to_day": "9999-12-31"}, "bad-day"),
        ({"q": "异议", "after": "-"}, "bad-after"),
        ({"q": "异议", "after": "٣"}, "bad-after"),
        ({"q": "异议", "after": "9" * 19}, "bad-after"),
    ],
)
async def test_questions_that_are_none_name_what_is_wrong(
    court: Courthouse, query: dict[str, str], code: str
) -> None:
    async with await signed_in(court, "li.clerk") as clerk:
        status, refused = await ask(court, clerk, **query)
        assert (status, refused["error"]) == (400, code)


async def test_a_server_without_an_index_says_so() -> None:
    async with courthouse() as court:
        wanted = [("li.clerk", "李", "clerk", PASSWORD)]
        await ensure_staff(court.services.store, court.services.hasher, 1, wanted)  # type: ignore[arg-type]
        async with await signed_in(court, "li.clerk") as clerk:
            status, refused = await ask(court, clerk, q="异议")
            assert (status, refused["error"]) == (503, "search-unavailable")


async def test_a_hit_is_heard_and_played_by_who_may_read_the_session(court: Courthouse, tmp_path: Path) -> None:
    session = await court.session()
    base = f"{court.url}/api/v1"
    sound, player = f"{base}/sessions/{session}/sound", f"{base}/sessions/{session}/player"
    page = tmp_path / "package" / "data" / "player" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<html></html>")
    report = tmp_path / "package" / "data" / "report.html"
    report.write_text("<script>1</script>")
    (tmp_path / "secret").write_text("none of the package")
    court.exporter.folder = tmp_path / "package"
    async with await signed_in(court, "li.clerk") as clerk:
        async with clerk.get(player) as none:
            assert (none.status, (await none.json())["error"]) == (404, "no-package")
        async with clerk.post(f"{base}/sessions/{session}/exports", json={"edition": "court"}) as started:
            job = (await started.json())["job"]
        async with asyncio.timeout(10):
            while not (await (await clerk.get(f"{base}/exports/{job}")).json())["done"]:
                await asyncio.sleep(0.05)
        async with clerk.get(player, params={"at_ms": "61500"}) as there:
            address = (await there.json())["url"]
            assert address == f"/api/v1/exports/{job}/files/data/player/index.html#t=61500"
        async with clerk.get(f"{court.url}{address}", headers={"Range": "bytes=1-4"}) as part:
            assert (part.status, await part.text()) == (206, "html")
            assert "script-src 'unsafe-inline'" in part.headers["Content-Security-Policy"]
        async with clerk.get(f"{base}/exports/{job}/files/data/report.html") as other:
            assert "script-src 'none'" in other.headers["Content-Security-Policy"]
        for path in ("data/../../secret", "..%2Fsecret", "data", "nothing.html", "%00", "data/player"):
            url = URL(f"{base}/exports/{job}/files/{path}", encoded=True)
            async with clerk.get(url) as refused:
                assert refused.status == 404, path
        async with clerk.get(sound, params={"track": "t", "from_ms": "0", "to_ms": "1"}) as unheard:
            assert (unheard.status, (await unheard.json())["error"]) == (404, "no-sound")
        for bad in ({"from_ms": "-1", "to_ms": "1"}, {"from_ms": "0"}, {"from_ms": "0", "to_ms": "1" * 16}):
            async with clerk.get(sound, params=bad) as refused:
                assert (refused.status, (await refused.json())["error"]) == (400, "bad-span")
        async with clerk.get(player, params={"at_ms": "x"}) as refused:
            assert refused.status == 400
    async with await signed_in(court, "zhao.judge") as stranger:
        for url in (sound, player, f"{base}/exports/{job}/files/data/player/index.html"):
            async with stranger.get(url) as refused:
                assert (refused.status, (await refused.json())["error"]) == (403, "not-your-seat")
    async with court.http.get(player) as refused:
        assert refused.status == 401
