"""A connection may die at any moment: the page comes back and has every event once, in order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from records.keys import CourtKey
from records.memory import MemoryStore
from records.sqlite import SqliteStore
from signaling.web import ROOMS
from tests.fakes.courthouse import ID, Courthouse, Page, courthouse

pytestmark = pytest.mark.integration

BUSY = {"YUNTING_LIMITS_MESSAGE_BURST": "100000"}
"""The judge of these tests types faster than any judge."""


class Follower:
    """A page that keeps its credential and the last seq, as ours does, and lists the seqs it was given."""

    def __init__(self, court: Courthouse, page: Page) -> None:
        self.court = court
        self.page = page
        self.credential = page.welcome["credential"]
        self.first = self.last = page.welcome["seq"]
        self.seen: list[int] = []

    async def follow_until(self, seq: int, within_s: float = 20) -> None:
        async with asyncio.timeout(within_s):
            while self.last < seq:
                await self.one()

    async def one(self) -> None:
        try:
            update = await self.page.hear("update")
        except (ConnectionError, TimeoutError):
            await self.come_back()
            return
        self.seen.append(update["seq"])
        self.last = update["seq"]

    async def come_back(self) -> None:
        self.page = await self.court.open(credential=self.credential, last_seq=self.last)
        welcome = await self.page.welcomed()
        assert welcome["resumed"] is True
        assert welcome["seq"] == self.last


async def happenings(judge: Page, count: int, after_each: Callable[[int], Awaitable[None]]) -> int:
    """Let `count` things happen; returns the last seq."""
    seq = 0
    for n in range(count):
        done = await judge.do("warn", participant=ID["plaintiff"], reason=f"第{n}次")
        assert done["type"] == "done"
        seq = done["seq"]
        await after_each(n)
    return seq


@pytest.mark.parametrize("seed", range(6))
async def test_killed_anywhere_no_event_is_lost_or_doubled(seed: int) -> None:
    dice = random.Random(seed)
    async with courthouse(environment=BUSY) as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        follower = Follower(court, await court.connect(session, "plaintiff"))

        async def disturb(n: int) -> None:
            match dice.randrange(6):
                case 0:
                    follower.page.kill()
                case 1:
                    follower.page.kill()
                    await follower.come_back()
                case 2:
                    await follower.page.socket.close()
                case 3:
                    await asyncio.sleep(0)
                case _:
                    pass

        last = await happenings(judge, 40, disturb)
        await follower.follow_until(last)
        assert follower.seen == list(range(follower.first + 1, follower.last + 1))


async def test_resume_while_events_keep_coming_has_no_gap_where_catching_up_ends() -> None:
    async with courthouse(environment=BUSY) as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        follower = Follower(court, await court.connect(session, "plaintiff"))
        follower.page.kill()
        last = await happenings(judge, 30, lambda n: asyncio.sleep(0))

        async def more() -> int:
            return await happenings(judge, 60, lambda n: asyncio.sleep(0))

        async with asyncio.TaskGroup() as both:
            coming = both.create_task(more())
            both.create_task(follower.follow_until(last))
        await follower.follow_until(coming.result())
        assert follower.seen == list(range(follower.first + 1, follower.last + 1))


async def test_resume_across_a_restart_of_the_server(tmp_path: Path) -> None:
    key = CourtKey.generate()
    store = await SqliteStore.open(tmp_path / "court.db")
    try:
        async with courthouse(store, key=key) as court:
            session = await court.session()
            judge = await court.connect(session, "judge")
            last = (await judge.do("warn", participant=ID["plaintiff"], reason="一"))["seq"]
            credential = judge.welcome["credential"]
            seen = judge.welcome["seq"]
        async with courthouse(store, key=key) as court:
            page = await court.open(credential=credential, last_seq=seen)
            welcome = await page.welcomed()
            assert (welcome["resumed"], welcome["seq"]) == (True, seen)
            await page.hear("update", seq=last)
            await page.update("server.restarted")
            await page.update("participant.presence")
            assert page.seqs == list(range(seen + 1, page.seqs[-1] + 1))
    finally:
        await store.close()


async def test_a_last_seq_that_never_was_starts_anew() -> None:
    async with courthouse() as court:
        judge = await court.connect(await court.session(), "judge")
        page = await court.open(credential=judge.welcome["credential"], last_seq=10_000)
        welcome = await page.welcomed()
        assert welcome["resumed"] is False
        assert welcome["seq"] == court.services.book.hearings()[0].last_seq


async def test_each_replayed_update_carries_the_hearing_as_it_stood_then() -> None:
    async with courthouse() as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        follower = Follower(court, await court.connect(session, "clerk"))
        follower.page.kill()
        for n in range(3):
            await judge.do("warn", participant=ID["plaintiff"], reason=f"第{n}次")
        await follower.come_back()
        counts = []
        for _ in range(3):
            update = await follower.page.update("participant.warned")
            person = next(p for p in update["hearing"]["people"] if p["seat"]["seat"] == "plaintiff")
            counts.append((update["event"]["count"], person["warnings"]))
        assert counts == [(1, 1), (2, 2), (3, 3)]


async def test_a_command_cut_off_in_the_middle_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    held = asyncio.Event()
    append = store.append

    async def slow_append(entries):  # type: ignore[no-untyped-def]
        if held.is_set():
            await asyncio.sleep(0.3)
        await append(entries)

    monkeypatch.setattr(store, "append", slow_append)
    async with courthouse(store) as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        held.set()
        command = {"do": "warn", "participant": ID["plaintiff"], "reason": "一"}
        await judge.say(type="do", re="once", command=command)
        await asyncio.sleep(0.1)
        judge.kill()
        again = await court.open(credential=judge.welcome["credential"], last_seq=judge.welcome["seq"])
        await again.say(type="do", re="once", command=command)
        assert (await again.answer("once"))["type"] == "done"
        assert court.services.book.hearings()[0].people[ID["plaintiff"]].warnings == 1


async def test_a_page_that_stops_reading_is_cut_and_resumes_while_others_go_on() -> None:
    async with courthouse(environment=BUSY) as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        follower = Follower(court, await court.connect(session, "plaintiff"))
        transport = follower.page.socket._response.connection.transport  # type: ignore[union-attr]
        transport.pause_reading()  # type: ignore[union-attr]
        room_connections = court.app[ROOMS].live(session).connections  # type: ignore[union-attr]
        last = 0
        async with asyncio.timeout(60):
            while ID["plaintiff"] in room_connections:
                last = await happenings(judge, 20, lambda n: asyncio.sleep(0))
        transport.resume_reading()  # type: ignore[union-attr]
        await follower.follow_until(last, within_s=60)
        assert follower.seen == list(range(follower.first + 1, follower.last + 1))
