"""A creditors' meeting in a running server, over its REST interface and its socket: called, imported, run by two."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from hearing.documents import resident_check
from tests.fakes.serving import PASSWORD, ServerProcess
from yunting.demo.client import Api

HEADER = "债权人编号,债权人名称,证件号码,债权性质,确认金额（元）"
LATER_MS = 4_000_000_000_000


def number_of(creditor: int) -> str:
    first = f"44030119900101{creditor:03d}"
    return first + resident_check(first)


def table(amounts: list[int]) -> bytes:
    rows = [f"C{n},债权人{n},{number_of(n)},普通债权,{yuan}" for n, yuan in enumerate(amounts, 1)]
    return "\n".join([HEADER, *rows]).encode()


class Court:
    """Two accounts that run a meeting: the clerk asks, the judge confirms."""

    def __init__(self, clerk: Api, judge: Api, meeting: str) -> None:
        self.clerk = clerk
        self.judge = judge
        self.meeting = meeting

    async def post(self, path: str, body: object, api: Api | None = None) -> Any:
        return await (api or self.clerk).call("POST", f"meetings/{self.meeting}/{path}", body)

    async def console(self) -> Any:
        return await self.clerk.call("GET", f"meetings/{self.meeting}")

    async def by_two(self, act: str, motion: str | None = "M1", round: int = 1) -> Any:
        body = {"act": act, "motion": motion, "round": round}
        if act in {"open", "extend"}:
            body["closes_utc_ms"] = LATER_MS + (act == "extend")
        first = await self.post("acts", body)
        assert first["done"] is False
        assert first["pending"]["by"] == "desk"
        with_same = await self.post("acts", body)
        assert with_same["done"] is False
        second = await self.post("acts", body, self.judge)
        assert second["done"] is True
        return second["console"]

    async def link(self, creditor: str) -> str:
        rows = await self.clerk.call("GET", f"meetings/{self.meeting}/creditors?q={creditor}")
        return str(next(row["link"] for row in rows if row["creditor"] == creditor)).partition("#")[2]

    async def sign_in(self, creditor: int, api: Api) -> str:
        person, _, code = (await self.link(f"C{creditor}")).partition(".")
        body = {"person": person, "code": code, "number_end": number_of(creditor)[-6:]}
        return str((await self.post("signin", body, api))["token"])


@asynccontextmanager
async def called(server: ServerProcess, amounts: list[int], alg: str = "sha256") -> AsyncIterator[Court]:
    async with server.api() as clerk, server.api() as judge:
        await clerk.sign_in("desk", PASSWORD)
        await judge.sign_in("bench", PASSWORD)
        told = {"court": "测试法院", "case_no": "(2018)粤01破1号", "title": "第一次债权人会议", "scheduled_utc_ms": 0}
        made = await clerk.call("POST", "meetings", {**told, "alg": alg})
        court = Court(clerk, judge, made["meeting"]["id"])
        await import_table(court, table(amounts))
        yield court


async def import_table(court: Court, data: bytes) -> Any:
    url = f"{court.clerk.base_url}/api/v1/meetings/{court.meeting}/roll"
    async with court.clerk.http.post(url, data=data) as answer:
        told = await answer.json()
        assert answer.status == 201, told
        return told


class Phone:
    """A creditor's socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.entered: Any = None

    async def until(self, *kinds: str) -> Any:
        async with asyncio.timeout(20):
            while True:
                message = await self.socket.receive_json()
                if message["type"] in kinds:
                    return message

    async def cast(self, choice: str, idem: str, **more: Any) -> Any:
        body = {"type": "cast", "re": idem, "motion": "M1", "round": 1, "choice": choice, "idem": idem, **more}
        await self.socket.send_json(body)
        return await self.until("receipt", "not_cast")


@asynccontextmanager
async def phone(api: Api, meeting: str, token: str) -> AsyncIterator[Phone]:
    url = f"{api.base_url.replace('https', 'wss')}/meetings/{meeting}/ws"
    async with api.http.ws_connect(url) as socket:
        found = Phone(socket)
        await socket.send_json({"type": "enter", "version": 1, "token": token})
        found.entered = await found.until("entered", "farewell")
        yield found
