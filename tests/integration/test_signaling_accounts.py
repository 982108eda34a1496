"""What an account may do before it has its own password, and which sessions it may read; old sign-ins go away."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import msgspec
import pytest

from signaling import web
from signaling.staff.accounts import SIGN_INS, SignIn, ensure_staff
from tests.fakes.courthouse import Courthouse, courthouse

pytestmark = pytest.mark.integration

FIRST, OWN = "first password 17", "own password 4711"
STAFF = (
    ("li.clerk", "clerk"),
    ("chen.judge", "judge"),
    ("zhao.judge", "judge"),
    ("root", "operator"),
    ("firm", "administrator"),
)


async def call(http: aiohttp.ClientSession, court: Courthouse, method: str, path: str, body: Any = None) -> Any:
    async with http.request(method, f"{court.url}/api/v1/{path}", json=body) as response:
        return response.status, await response.json() if response.content_length else None


async def signed_in(court: Courthouse, account: str, password: str = FIRST) -> aiohttp.ClientSession:
    http = aiohttp.ClientSession(headers={"X-Yunting": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True))
    status, staff = await call(http, court, "POST", "staff/login", {"account": account, "password": password})
    assert status == 200, staff
    return http


async def staffed(court: Courthouse) -> None:
    wanted = [(account, account, role, FIRST) for account, role in STAFF]
    await ensure_staff(court.services.store, court.services.hasher, 1, wanted)  # type: ignore[arg-type]


async def test_a_first_password_opens_nothing_but_its_own_change() -> None:
    async with courthouse() as court:
        await staffed(court)
        async with await signed_in(court, "root") as root:
            made = {"account": "wang.clerk", "name": "王书记员", "role": "clerk", "password": FIRST}
            assert (await call(root, court, "POST", "staff/accounts", made))[0] == 201
        async with await signed_in(court, "wang.clerk") as clerk:
            assert (await call(clerk, court, "GET", "staff/me"))[1]["must_change_password"] is True
            for method, path in (
                ("GET", "sessions"),
                ("POST", "sessions"),
                ("GET", "sessions/x/events"),
                ("POST", "sessions/x/ticket"),
                ("GET", "staff/accounts"),
                ("GET", "devices"),
                ("GET", "exports/x"),
            ):
                status, refused = await call(clerk, court, method, path, {} if method == "POST" else None)
                assert (status, refused["error"]) == (403, "password-change-needed"), path
            assert (await call(clerk, court, "POST", "staff/password", {"old": FIRST, "new": OWN}))[0] == 204
            assert (await call(clerk, court, "GET", "sessions"))[0] == 200
            assert (await call(clerk, court, "POST", "staff/logout"))[0] == 204


async def test_an_administrator_gets_to_meetings_and_to_nothing_of_the_courts() -> None:
    async with courthouse() as court:
        await staffed(court)
        async with await signed_in(court, "firm") as firm:
            assert (await call(firm, court, "GET", "staff/me"))[1]["role"] == "administrator"
            assert (await call(firm, court, "GET", "meetings"))[0] == 200
            for path in ("sessions", "sessions/x", "sessions/x/events", "search?q=x", "staff/accounts", "devices"):
                status, refused = await call(firm, court, "GET", path)
                assert (status, refused["error"]) == (403, "no-right"), path
            status, refused = await call(firm, court, "POST", "sessions/x/ticket", {})
            assert (status, refused["error"]) == (403, "no-right")


async def test_a_judge_reads_sessions_with_a_seat_of_theirs_only() -> None:
    async with courthouse() as court:
        await staffed(court)
        session = {
            "court": "某某人民法院",
            "case_no": "（2026）粤01民初1号",
            "hearing_no": "1",
            "cause": "买卖合同纠纷",
            "title": "第一次庭审",
            "public": True,
            "scheduled_utc_ms": court.services.sources.utc_ms(),
            "seats": [{"seat": "judge", "role": "presiding_judge", "name": "陈法官", "account": "chen.judge"}],
        }
        async with await signed_in(court, "li.clerk") as clerk:
            number = (await call(clerk, court, "POST", "sessions", session))[1]["id"]
        for account, own in (("chen.judge", True), ("zhao.judge", False), ("li.clerk", True), ("root", True)):
            async with await signed_in(court, account) as http:
                for path in (f"sessions/{number}", f"sessions/{number}/events"):
                    status, answer = await call(http, court, "GET", path)
                    assert status == (200 if own else 403), (account, path)
                    assert own or answer["error"] == "not-your-seat"
                listed = (await call(http, court, "GET", "sessions"))[1]
                assert [row["id"] for row in listed] == ([number] if own else []), account


async def test_expired_sign_ins_are_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SWEEP_INTERVAL_S", 0.02)
    async with courthouse() as court:
        await staffed(court)
        store = court.services.store
        old = SignIn(account="li.clerk", until_utc_ms=court.services.sources.utc_ms() - 1)
        await store.put(SIGN_INS, "old", msgspec.json.encode(old))
        async with await signed_in(court, "li.clerk") as clerk, asyncio.timeout(5):
            while await store.get(SIGN_INS, "old") is not None:
                await asyncio.sleep(0.01)
            assert (await call(clerk, court, "GET", "staff/me"))[0] == 200
