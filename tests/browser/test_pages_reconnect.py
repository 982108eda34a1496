"""A phone in a hearing whose connection goes: the curtain, the way back by itself, and leaving on purpose."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from hearing import commands as cmd
from hearing.session import Move, Phase
from tests.browser.visitors import blank, chromium, consent_and_check, decodes_more, needs_chromium
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.hall import Hall, hall
from yunting.demo.party import Cast, Party

pytestmark = [pytest.mark.browser, needs_chromium]

log = logging.getLogger(__name__)


class Wire:
    """The page's WebSocket, held by the test: it can be cut, and kept from coming back."""

    def __init__(self) -> None:
        self.dead = False
        self.dialled = 0
        self._now: WebSocketRoute | None = None

    async def take(self, route: WebSocketRoute) -> None:
        self.dialled += 1
        self._now = route
        if self.dead:
            await route.close(code=3001)
        else:
            route.connect_to_server()

    async def cut(self) -> None:
        """Until `dead` is False again, every new attempt is cut, too."""
        self.dead = True
        assert self._now is not None
        await self._now.close(code=3001)


@contextlib.asynccontextmanager
async def _judge(court: Hall) -> AsyncIterator[Party]:
    """A presiding judge on air; a drop at the end."""
    judge = Party(court.bench, Cast("审判长 甲", (90, 60, 50), 110.0, 1))
    running = asyncio.ensure_future(judge.run(await court.ticket(court.bench, "judge-1")))
    try:
        await asyncio.wait_for(judge.on_air.wait(), 15)
        yield judge
    finally:
        await judge.presence.close()
        await asyncio.gather(running, return_exceptions=True)


async def _phone(court: Hall, browser: Browser, wire: Wire) -> Page:
    """The plaintiff's phone, past consent and device check."""
    invited = await court.clerk.call("GET", f"sessions/{court.session}")
    url = next(s["invitation"]["url"] for s in invited["seats"] if s["seat"] == "plaintiff-1")
    page = await blank(browser, 390, 844)
    await page.route_web_socket(re.compile(r"/ws$"), wire.take)
    await page.goto(url)
    await consent_and_check(page)
    return page


async def test_a_phone_resumes_a_lost_connection_and_leaves_when_it_wants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_loopback(monkeypatch)
    wire = Wire()
    async with hall(tmp_path, "plaintiff-1") as court, chromium() as browser, _judge(court) as judge:
        phone = await _phone(court, browser, wire)
        await phone.get_by_text("候审").first.wait_for()
        await judge.presence.do(cmd.MoveSession(move=Move.OPEN))
        await decodes_more(phone)
        peers = await phone.evaluate("window.peers.length")

        await wire.cut()
        await expect(phone.get_by_role("alertdialog", name="连接中断")).to_be_visible()
        await judge.presence.do(cmd.SetPhase(phase=Phase.INVESTIGATION))
        wire.dead = False
        await expect(phone.get_by_role("alertdialog")).to_have_count(0)
        await expect(phone.locator(".bar-phase")).to_have_text("法庭调查")
        await decodes_more(phone)
        assert await phone.evaluate("window.peers.length") == peers, "media went on untouched"
        assert wire.dialled >= 2
        tickets = await court.events("participant.ticket_used")
        assert len({repr(event) for event in tickets}) == len(tickets)

        await phone.get_by_role("button", name="更多").click()
        await phone.get_by_role("button", name="离开庭审").click()
        await phone.get_by_role("button", name="确认离开").click()
        await expect(phone.get_by_text("您已离开")).to_be_visible()


@pytest.mark.long
async def test_a_phone_comes_back_to_a_restarted_server_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_loopback(monkeypatch)
    async with hall(tmp_path, "plaintiff-1") as court, chromium() as browser:
        async with _judge(court) as judge:
            phone = await _phone(court, browser, Wire())
            await phone.get_by_text("候审").first.wait_for()
            await judge.presence.do(cmd.MoveSession(move=Move.OPEN))
            await decodes_more(phone)
            await court.server.stop()
            await expect(phone.get_by_role("alertdialog", name="连接中断")).to_be_visible()
        await court.server.start()
        started_s = time.monotonic()
        async with _judge(court) as judge:
            await expect(phone.get_by_role("alertdialog")).to_have_count(0)
            await decodes_more(phone)
            log.info("picture back %.1f s after the server listens", time.monotonic() - started_s)
            me = (await judge.presence.connected()).participant
            await judge.presence.wait_for(
                lambda _: {p.kind for p in judge.presence.publications if p.participant != me} == {"audio", "video"}
            )
            log.info("and seen by the others after %.1f s", time.monotonic() - started_s)
