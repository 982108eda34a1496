"""Those who only look on: an observer and the court's display get the picture, and lose it when the law says so."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from hearing import commands as cmd
from hearing.session import Move
from tests.browser.visitors import chromium, decodes_more, needs_chromium, visit
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.hall import Hall, hall
from tests.fakes.serving import PASSWORD
from yunting.demo.party import Cast, Party

pytestmark = [pytest.mark.browser, needs_chromium]

GONE_WITHIN_S = 1.0
log = logging.getLogger(__name__)


async def _display_page(court: Hall) -> str:
    """A script that gives a page the credential of a display."""
    async with court.server.api() as operator:
        await operator.sign_in("root", PASSWORD)
        body = {"name": "第一法庭显示屏", "kind": "display", "court": "测试法院"}
        made = await operator.call("POST", "devices", body)
    return f"localStorage.setItem('yunting.display.credential', '{made['credential']}')"


async def _stops(page: Page, ordered_s: float) -> float:
    """Seconds from the order to the last media that the page received."""
    async with asyncio.timeout(5):
        while time.time() - (last_s := await page.evaluate("window.lastMediaMs / 1000")) < 1.0:
            await asyncio.sleep(0.1)
    return float(last_s) - ordered_s


async def test_observer_and_display_lose_the_picture_in_closed_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_loopback(monkeypatch)
    async with hall(tmp_path, "plaintiff-1") as court, chromium() as browser, asyncio.TaskGroup() as tasks:
        judge = Party(court.bench, Cast("审判长 甲", (90, 60, 50), 110.0, 1))
        on_air = tasks.create_task(judge.run(await court.ticket(court.bench, "judge-1")))
        await asyncio.wait_for(judge.on_air.wait(), 15)
        await judge.presence.do(cmd.MoveSession(move=Move.OPEN))
        judge.voice.speaking = True

        base = court.server.base_url
        observer = await visit(browser, f"{base}/observe/{court.session}", 1280, 800)
        await observer.get_by_label("您的姓名").fill("王小明")
        await observer.locator("input[type=checkbox]").check()
        await observer.get_by_role("button", name="进入旁听").click()
        display = await visit(browser, f"{base}/display/{court.session}", 1920, 1080, await _display_page(court))
        await asyncio.gather(decodes_more(observer), decodes_more(display))
        assert (await observer.evaluate("window.media()"))["sent"] == 0, "an observer sends nothing"
        assert "王小明" in await observer.locator(".watermark").inner_text()

        for page in (observer, display):
            await page.evaluate("void window.followMedia()")
        ordered_s = time.time()
        await judge.presence.do(cmd.MoveSession(move=Move.CLOSE_EVIDENCE))
        lag = await asyncio.gather(_stops(observer, ordered_s), _stops(display, ordered_s))
        log.info("last media after the order: observer %.2f s, display %.2f s", *lag)
        assert max(lag) <= GONE_WITHIN_S
        await expect(observer.get_by_text("旁听暂停")).to_be_visible()
        for page in (observer, display):
            await expect(page.locator("video")).to_have_count(0)

        await judge.presence.do(cmd.MoveSession(move=Move.RESUME))
        await asyncio.gather(decodes_more(observer), decodes_more(display))

        resume_ms = (time.time_ns() // 1_000_000 // 60_000 + 30) * 60_000
        await judge.presence.do(cmd.MoveSession(move=Move.RECESS, resume_utc_ms=resume_ms))
        at = time.strftime("%H:%M", time.gmtime(resume_ms / 1000 + 8 * 3600))
        await expect(display.get_by_text(f"预计 {at} 复庭")).to_be_visible()
        await expect(display.locator("video")).to_have_count(0)
        await judge.presence.close()
        await on_air
