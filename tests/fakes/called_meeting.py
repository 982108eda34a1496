"""A creditors' meeting on a whole server in the test's own process: roll imported, doors open, one motion drafted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from hearing.documents import resident_check
from signaling.staff.accounts import ensure_staff
from tests.fakes.courthouse import Courthouse, courthouse
from voting.ports import LeafStore

PASSWORD = "correct horse battery"
CLOSES_UTC_MS = 4_000_000_000_000
HEADER = "债权人编号,债权人名称,证件号码,债权性质,确认金额（元）"


def number_of(creditor: int) -> str:
    """A sound document's number."""
    first = f"44030119900101{creditor:03d}"
    return first + resident_check(first)


class Called:
    """The clerk asks and the judge confirms; creditors are C1, C2, ..."""

    def __init__(self, court: Courthouse, clerk: aiohttp.ClientSession, judge: aiohttp.ClientSession) -> None:
        self.court, self.clerk, self.judge = court, clerk, judge
        self.id = ""

    async def ask(
        self, method: str, path: str, *, by: aiohttp.ClientSession | None = None, token: str = "", **body: Any
    ) -> tuple[int, Any, aiohttp.ClientResponse]:
        """Status, JSON and the answer itself; `path` below `/api/v1/meetings`."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        sent = {"json": body} if body else {}
        async with (by or self.clerk).request(method, f"/api/v1/meetings{path}", headers=headers, **sent) as answer:
            told = await answer.json() if answer.content_type == "application/json" else None
            return answer.status, told, answer

    async def post(self, path: str, *, by: aiohttp.ClientSession | None = None, **body: Any) -> Any:
        """To this meeting; what must succeed."""
        status, told, _ = await self.ask("POST", f"/{self.id}{path}", by=by, **body)
        assert status in {200, 201, 204}, told
        return told

    async def by_two(self, act: str, **more: Any) -> Any:
        body = {"act": act, **more}
        if act in {"open", "extend"}:
            body.setdefault("closes_utc_ms", CLOSES_UTC_MS)
        if act != "end":
            body.setdefault("motion", "M1")
        await self.post("/acts", **body)
        return await self.post("/acts", by=self.judge, **body)

    async def sign_in(self, creditor: int) -> str:
        """The creditor's pass."""
        _, rows, _ = await self.ask("GET", f"/{self.id}/creditors?q=C{creditor}")
        link = next(row["link"] for row in rows if row["creditor"] == f"C{creditor}").partition("#")[2]
        person, _, code = link.partition(".")
        signed = await self.post("/signin", person=person, code=code, number_end=number_of(creditor)[-6:])
        return str(signed["token"])

    @asynccontextmanager
    async def socket(self, token: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A creditor's socket, `enter` sent."""
        async with self.clerk.ws_connect(f"/meetings/{self.id}/ws") as socket:
            await socket.send_json({"type": "enter", "version": 1, "token": token})
            yield socket


async def staff(court: Courthouse, account: str) -> aiohttp.ClientSession:
    """Signed in."""
    http = aiohttp.ClientSession(court.url, headers={"X-Yunting": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with http.post("/api/v1/staff/login", json={"account": account, "password": PASSWORD}) as answer:
        assert answer.status == 200
    return http


@asynccontextmanager
async def called(
    folder: Path, amounts_yuan: Sequence[int] = (100,), *, ballots: LeafStore | None = None, **settings: Any
) -> AsyncIterator[Called]:
    """Doors open; motion M1 is on the agenda and not opened. `settings` go to `courthouse`."""
    more = {"ballots": ballots} if ballots is not None else {}
    environment = {"YUNTING_STORAGE_FOLDER": str(folder)}
    async with AsyncExitStack() as stack:
        court = await stack.enter_async_context(courthouse(environment=environment, **more, **settings))
        wanted: Any = [("desk", "林晓", "clerk", PASSWORD), ("bench", "陈静怡", "judge", PASSWORD)]
        await ensure_staff(court.services.store, court.services.hasher, 1, wanted)
        clerk = await stack.enter_async_context(await staff(court, "desk"))
        judge = await stack.enter_async_context(await staff(court, "bench"))
        meeting = Called(court, clerk, judge)
        made = await create(meeting)
        meeting.id = made["meeting"]["id"]
        rows = [f"C{n},债权人{n},{number_of(n)},普通债权,{yuan}" for n, yuan in enumerate(amounts_yuan, 1)]
        table = "\n".join([HEADER, *rows]).encode()
        async with clerk.post(f"/api/v1/meetings/{meeting.id}/roll", data=table) as answer:
            assert answer.status == 201, await answer.text()
        await meeting.post("/motions", title="财产变价方案", matter="ordinary")
        await meeting.post("/doors")
        yield meeting


async def create(meeting: Called) -> Any:
    """One more meeting; its console."""
    body = {"court": "测试法院", "case_no": "(2018)粤01破1号", "title": "会议", "scheduled_utc_ms": 0}
    status, told, _ = await meeting.ask("POST", "", **body)
    assert status == 201, told
    return told
