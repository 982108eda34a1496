"""The supervisors' wall in a browser: look, listen, and lose it when the doors close; the court sees who looks."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from hearing import commands as cmd
from hearing.session import Move
from tests.browser.visitors import chromium, decodes_more, needs_chromium, sign_in, visit
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.hall import hall
from yunting.demo.party import Cast, Party

pytestmark = [pytest.mark.browser, needs_chromium]

GONE_WITHIN_S = 1.0
log = logging.getLogger(__name__)


async def arrives_more(page: Page, packets: int = 20) -> None:
    """More media of any kind than now."""
    before = (await page.evaluate("window.media()"))["packets"]
    async with asyncio.timeout(20):
        while (await page.evaluate("window.media()"))["packets"] < before + packets:
            await asyncio.sleep(0.1)


async def look(page: Page, button: str, reason: str) -> None:
    """Ask for a look, with the reason, as a supervisor does."""
    await page.get_by_role("button", name=button, exact=True).click()
    await page.locator("dialog[open] textarea").fill(reason)
    await page.locator("dialog[open]").get_by_role("button", name="开始察看").click()


async def test_a_supervisor_looks_and_the_court_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_loopback(monkeypatch)
    async with (
        hall(tmp_path, "clerk-1") as court,
        chromium() as browser,
        asyncio.TaskGroup() as tasks,
    ):
        judge = Party(court.bench, Cast("审判长 甲", (90, 60, 50), 110.0, 1))
        on_air = tasks.create_task(judge.run(await court.ticket(court.bench, "judge-1")))
        await asyncio.wait_for(judge.on_air.wait(), 15)
        base = court.server.base_url
        wall = await visit(browser, f"{base}/supervise", 1440, 900)
        await sign_in(wall, "watch")
        await expect(wall.get_by_text("此时不能察看")).to_be_visible()

        clerk = await visit(browser, f"{base}/clerk", 1440, 900)
        await sign_in(clerk, "desk")
        await clerk.get_by_text("粤01民初8号").first.click()

        await judge.presence.do(cmd.MoveSession(move=Move.OPEN))
        judge.voice.speaking = True
        await look(wall, "看并听", "随机检查")
        await decodes_more(wall)
        assert (await wall.evaluate("window.media()"))["sent"] == 0, "a supervisor sends nothing"
        assert "watch" in await wall.locator(".watermark").inner_text()
        await expect(wall.get_by_text("您正在察看，已记入日志")).to_be_visible()
        await expect(clerk.get_by_text("督察正在察看本庭：watch（画面和声音")).to_be_visible()

        await wall.get_by_role("button", name="结束察看").click()
        await court.until("supervision.ended", lambda found: len(found) == 1)
        await expect(clerk.get_by_text("督察正在察看本庭")).to_have_count(0)

        await look(wall, "只听", "")
        await expect(wall.get_by_text("画面未传送到本页面")).to_be_visible()
        await arrives_more(wall)
        assert (await wall.evaluate("window.media()"))["frames"] == 0, "who listens gets no picture"

        await wall.evaluate("void window.followMedia()")
        ordered_s = time.time()
        await judge.presence.do(cmd.MoveSession(move=Move.DELIBERATE))
        await expect(wall.get_by_text("本次察看已结束")).to_be_visible()
        async with asyncio.timeout(5):
            while time.time() - (last_s := await wall.evaluate("window.lastMediaMs / 1000")) < 1.0:
                await asyncio.sleep(0.1)
        log.info("last media after the doors closed: %.2f s", last_s - ordered_s)
        assert last_s - ordered_s <= GONE_WITHIN_S
        await wall.get_by_role("button", name="返回庭审墙").click()
        await expect(wall.get_by_text("此时不能察看")).to_be_visible()

        began = await court.events("supervision.began")
        ended = await court.events("supervision.ended")
        assert [(event["picture"], event["sound"]) for event in began] == [(True, True), (False, True)]
        assert [event["cause"] for event in ended] == ["left", "closed"]
        await judge.presence.close()
        await on_air
