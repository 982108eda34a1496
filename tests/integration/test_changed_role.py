"""Whose account is no longer a judge's does not sit on the bench any more."""

from __future__ import annotations

import aiohttp
import pytest

from signaling.staff.accounts import ensure_staff
from tests.fakes.courthouse import Courthouse, courthouse

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"
STAFF = (("li", "clerk"), ("chen", "judge"), ("root", "operator"))


async def call(http: aiohttp.ClientSession, court: Courthouse, method: str, path: str, body: object = None) -> object:
    async with http.request(method, f"{court.url}/api/v1/{path}", json=body) as response:
        return await response.json()


async def signed_in(court: Courthouse, account: str) -> aiohttp.ClientSession:
    http = aiohttp.ClientSession(headers={"X-Yunting": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True))
    await call(http, court, "POST", "staff/login", {"account": account, "password": PASSWORD})
    return http


async def test_a_judge_who_became_a_clerk_gets_no_ticket_for_the_bench() -> None:
    async with courthouse() as court:
        wanted = [(account, account, role, PASSWORD) for account, role in STAFF]
        await ensure_staff(court.services.store, court.services.hasher, 1, wanted)  # type: ignore[arg-type]
        session = {
            "court": "某某人民法院",
            "case_no": "（2026）粤01民初1号",
            "hearing_no": "1",
            "cause": "买卖合同纠纷",
            "title": "第一次庭审",
            "public": True,
            "scheduled_utc_ms": court.services.sources.utc_ms(),
            "seats": [{"seat": "judge", "role": "presiding_judge", "name": "陈法官", "account": "chen"}],
        }
        async with await signed_in(court, "li") as clerk, await signed_in(court, "root") as root:
            made = await call(clerk, court, "POST", "sessions", session)
            path = f"sessions/{made['id']}/ticket"  # type: ignore[index]
            async with await signed_in(court, "chen") as judge:
                assert "ticket" in await call(judge, court, "POST", path)  # type: ignore[operator]
            await call(root, court, "PATCH", "staff/accounts/chen", {"role": "clerk"})
            async with await signed_in(court, "chen") as no_judge:
                refused = await call(no_judge, court, "POST", path)
                assert refused["error"] == "not-your-seat"  # type: ignore[index]
