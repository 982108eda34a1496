"""随时查 in a browser: search lines of a finished hearing, read its minutes and seals; the log has each look."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from hearing import commands as cmd
from hearing import line_commands as lines
from hearing.access_events import Access, Ground
from hearing.session import Move
from hearing.transcript_events import LineKind
from tests.browser.visitors import chromium, needs_chromium, sign_in, visit
from tests.fakes.hall import Hall, hall
from yunting.demo.client import Presence

pytestmark = [pytest.mark.browser, needs_chromium]

OPEN, SECRET = "被告对证据三有异议", "配方是阿尔法七号"


async def hold(court: Hall) -> None:
    """A hearing with two lines, the second of which the clerk closes to others; it is over."""
    judge, clerk = Presence(court.bench), Presence(court.clerk)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(judge.run(await court.ticket(court.bench, "judge-1")))
        tasks.create_task(clerk.run(await court.ticket(court.clerk, "clerk-1")))
        await asyncio.gather(judge.connected(), clerk.connected())
        await judge.do(cmd.MoveSession(move=Move.OPEN, override="试验"))
        for at_ms, text in ((0, OPEN), (1, SECRET)):
            await clerk.do(lines.WriteLine(kind=LineKind.NOTE, text=text, from_ms=at_ms))
        await court.clerk.call(
            "POST",
            f"sessions/{court.session}/restrictions",
            {"from_ms": 1, "to_ms": None, "access": Access.COURT, "ground": Ground.TRADE_SECRET},
        )
        await judge.do(cmd.MoveSession(move=Move.CLOSE))
        for one in (judge, clerk):
            await one.close()


async def open_part(page: Page, button: str, reason: str = "") -> None:
    """Ask for a part of the first record, with the reason."""
    await page.locator("article[data-session]").get_by_role("button", name=button).click()
    await page.locator("dialog[open] textarea").fill(reason)
    await page.locator("dialog[open]").get_by_role("button", name="查阅", exact=True).click()


async def test_a_supervisor_looks_things_up_and_the_log_has_it(tmp_path: Path) -> None:
    async with hall(tmp_path, "clerk-1") as court, chromium() as browser:
        await hold(court)
        page = await visit(browser, f"{court.server.base_url}/supervise", 1440, 900)
        await sign_in(page, "watch")

        await page.get_by_role("tab", name="检索笔录").click()
        field = page.get_by_label("检索已结束庭审的笔录")
        await expect(field).to_be_focused()
        await page.keyboard.type("证据三")
        await page.get_by_label("事由").fill("当事人投诉")
        await field.press("Enter")
        await expect(page.locator("mark")).to_have_text("证据三")
        await expect(page.get_by_text("已记入这些庭次的日志")).to_be_visible()
        await field.fill("阿尔法")
        await field.press("Enter")
        await expect(page.get_by_text("没有找到")).to_be_visible()
        await page.get_by_role("tab", name="检索笔录").focus()
        await page.keyboard.press("ArrowRight")

        row = page.locator("article[data-session]")
        await expect(row.get_by_text("含依法不公开的部分，已隐去")).to_be_visible()
        await open_part(page, "笔录", "例行检查")
        await expect(page.get_by_text("您正在查阅，已记入日志")).to_be_visible()
        await expect(page.locator(".record-paper")).to_contain_text(OPEN)
        await expect(page.locator(".record-paper")).not_to_contain_text(SECRET)
        assert "watch" in await page.locator(".watermark").inner_text()
        await page.keyboard.press("Escape")
        await open_part(page, "封存")
        await expect(page.get_by_role("heading", name="封存情况")).to_be_focused()
        await page.get_by_role("button", name="返回").click()
        async with page.expect_popup() as opened:
            await open_part(page, "录制情况")
        report = await opened.value
        await expect(report.get_by_role("heading", name="录音录像情况记录")).to_be_visible()
        assert SECRET not in await report.content()

        await page.get_by_role("tab", name="我的查阅").click()
        own = page.locator(".own-looks li")
        await expect(own).to_have_count(4)
        await expect(own.last).to_contain_text("“证据三”，1 处")

        looks = await court.events("supervision.record")
        assert [(look["what"], look.get("words", ""), look.get("reason", "")) for look in looks] == [
            ("lines", "证据三", "当事人投诉"),
            ("minutes", "", "例行检查"),
            ("seal", "", ""),
            ("report", "", ""),
        ]
