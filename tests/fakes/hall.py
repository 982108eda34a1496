"""A hearing on a real server for media tests: staff signed in, a session with seats, its log, its package."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from hearing.events import Entry
from tests.fakes.serving import PASSWORD, ServerProcess, serving
from yunting.demo.client import Api

_ACCOUNTS = {"judge-1": "bench", "clerk-1": "desk"}


class Hall:
    """One session on one server. `clerk` and `bench` are signed in; a phone is a client of its own."""

    def __init__(self, server: ServerProcess, clerk: Api, bench: Api, session: dict[str, Any]) -> None:
        self.server, self.clerk, self.bench = server, clerk, bench
        self.session: str = session["id"]
        self._seats = session["seats"]
        self._phones: list[Api] = []

    @property
    def recordings(self) -> Path:
        """Folder of the session's track files."""
        return self.server.folder / "recordings" / self.session

    async def phone(self) -> Api:
        """A client without an account."""
        api = self.server.api()
        self._phones.append(api)
        return api

    async def ticket(self, api: Api, seat: str) -> str:
        """A ticket for an invited seat; for `judge-1` and `clerk-1` by their accounts, whoever asks."""
        if seat in _ACCOUNTS:
            return await {"bench": self.bench, "desk": self.clerk}[_ACCOUNTS[seat]].staff_ticket(self.session)
        return await api.enter(next(s["invitation"]["code"] for s in self._seats if s["seat"] == seat))

    async def entries(self) -> list[Entry]:
        """The whole log so far."""
        found: list[Entry] = []
        while page := await self.clerk.call("GET", f"sessions/{self.session}/events?after={len(found)}"):
            found += msgspec.convert(page, list[Entry])
        return found

    async def events(self, *kinds: str) -> list[dict[str, Any]]:
        """Events of these kinds so far, in order, each with `at_ms` of its entry."""
        found = [{**msgspec.to_builtins(e.event), "at_ms": e.at_ms} for e in await self.entries()]
        return [event for event in found if not kinds or event["type"] in kinds]

    async def until(
        self, kind: str, condition: Callable[[list[dict[str, Any]]], bool], timeout_s: float = 20.0
    ) -> list[dict[str, Any]]:
        """Wait until the events of one kind satisfy the condition."""
        async with asyncio.timeout(timeout_s):
            while not condition(found := await self.events(kind)):
                await asyncio.sleep(0.2)
        return found

    async def export(self, timeout_s: float = 90.0) -> Path:
        """Make the court's package as the clerk's page does; its folder."""
        job = (await self.clerk.call("POST", f"sessions/{self.session}/exports", {"edition": "court"}))["job"]
        async with asyncio.timeout(timeout_s):
            while not (status := await self.clerk.call("GET", f"exports/{job}"))["done"]:
                await asyncio.sleep(0.3)
        assert status["error"] is None, status
        return next((self.server.folder / "packages").glob("*/*"))

    async def close(self) -> None:
        """Give back the phones' connections."""
        for api in self._phones:
            await api.http.close()


@asynccontextmanager
async def hall(folder: Path, *seats: str, anew: bool = False, **settings: str) -> AsyncIterator[Hall]:
    """A server (with further `YUNTING_*` variables) and one session in 候审: a judge's seat and these, each
    `plaintiff-1`, `clerk-1`, ..."""
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(folder, anew=anew, **settings))
        clerk, bench = [await stack.enter_async_context(server.api()) for _ in range(2)]
        await clerk.sign_in("desk", PASSWORD)
        await bench.sign_in("bench", PASSWORD)
        made = Hall(server, clerk, bench, await _make_session(clerk, seats))
        stack.push_async_callback(made.close)
        yield made


async def _make_session(clerk: Api, seats: tuple[str, ...]) -> dict[str, Any]:
    listed: list[dict[str, Any]] = [
        {"seat": "judge-1", "role": "presiding_judge", "name": "甲", "required": True, "account": "bench"}
    ]
    for name, seat in zip("乙丙丁戊", seats, strict=False):
        account = {"account": _ACCOUNTS[seat]} if seat in _ACCOUNTS else {}
        listed.append({"seat": seat, "role": seat.rpartition("-")[0], "name": name, "required": False, **account})
    made: dict[str, Any] = await clerk.call(
        "POST",
        "sessions",
        {
            "court": "测试法院",
            "case_no": "(2026)粤01民初8号",
            "hearing_no": "1",
            "cause": "买卖合同纠纷",
            "title": "音视频验收",
            "public": True,
            "scheduled_utc_ms": time.time_ns() // 1_000_000,
            "seats": listed,
        },
    )
    gathered: dict[str, Any] = await clerk.call("POST", f"sessions/{made['id']}/gather")
    return gathered
