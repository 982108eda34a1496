"""A clerk's and a judge's day on the product's pages: from a new session to a package that verifies."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from hearing import commands as cmd
from hearing.session import Move
from records.verify import verify_path
from tests.browser.visitors import chromium, needs_chromium, sign_in, visit
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.live_hearing import live_hearing
from tests.fakes.serving import serving

pytestmark = [pytest.mark.browser, needs_chromium]

CASE = "(2026)粤01民初77号"


async def _new_session(clerk: Page) -> None:
    """Fill in the form, leaving out the case number first: the page names what is missing and sends nothing."""
    await clerk.get_by_role("button", name="新建庭次").click()
    await clerk.get_by_label("案由").fill("买卖合同纠纷")
    await clerk.get_by_label("词汇表").fill("云庭科技\n张建国")
    now = time.gmtime(time.time() + 8 * 3600 + 60)
    await clerk.locator("input[type=date]").last.fill(time.strftime("%Y-%m-%d", now))
    await clerk.locator("input[type=time]").fill(time.strftime("%H:%M", now))
    seats = clerk.locator(".seat-edit")
    await seats.nth(0).get_by_label("姓名").fill("陈静怡")
    await seats.nth(0).get_by_label("账号").fill("bench")
    await seats.nth(2).get_by_label("姓名").fill("张三")
    await seats.nth(3).get_by_label("姓名").fill("李四")
    await clerk.get_by_role("button", name="保存庭次").click()
    await expect(clerk.get_by_text("请填写案号")).to_be_visible()
    await clerk.get_by_label("案号").fill("（2026） 粤01民初77号")
    await clerk.get_by_role("button", name="保存庭次").click()
    await expect(clerk.locator(".session-head-case")).to_have_text(CASE)


async def _run_hearing(judge: Page) -> None:
    """Open without the parties (refused, then with a reason), recess, resume, close, undo, close."""
    phase = judge.locator(".bar-phase")
    dialog = judge.locator("dialog[open]")
    await judge.locator(".today-session", has_text=CASE).get_by_role("button").click()
    await judge.locator(".move-open").click()
    missing = judge.locator(".missing-names")
    await expect(missing).to_contain_text("张三")
    await expect(missing).to_contain_text("李四")
    await dialog.locator("textarea").fill("经合法传唤，无正当理由拒不到庭")
    await judge.get_by_role("button", name="说明理由并开庭").click()
    await expect(phase).to_have_text("宣布开庭")

    await judge.get_by_role("button", name="休庭", exact=True).click()
    resume = await dialog.locator(".ask-proposal[aria-pressed=true]").inner_text()
    await dialog.get_by_role("button", name="休庭", exact=True).click()
    await expect(phase).to_have_text("休庭")
    await expect(judge.locator(".console-banners")).to_contain_text(resume)
    await judge.get_by_role("button", name="复庭").click()
    await expect(phase).to_have_text("宣布开庭")

    for undo in (True, False):
        await judge.locator(".move-close").click()
        await dialog.get_by_role("button", name="确认闭庭").click()
        await expect(judge.locator(".undo")).to_be_visible()
        if undo:
            await judge.get_by_role("button", name="撤销闭庭").click()
            await expect(phase).to_have_text("宣布开庭")
            await expect(judge.locator(".undo")).to_have_count(0)


async def test_from_a_new_session_to_its_closing(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, chromium() as browser:
        clerk = await visit(browser, f"{server.base_url}/clerk", 1440, 900)
        await sign_in(clerk, "desk")
        await _new_session(clerk)
        await clerk.get_by_role("button", name="复制链接").first.click()
        await expect(clerk.get_by_role("button", name="已复制")).to_be_visible()
        copied = await clerk.evaluate("navigator.clipboard.readText()")
        assert copied.startswith(f"{server.base_url}/join/")
        await clerk.get_by_role("button", name="开始候审").click()
        await expect(clerk.locator(".session-head .tag").first).to_have_text("候审")

        judge = await visit(browser, f"{server.base_url}/judge", 1440, 900)
        await sign_in(judge, "bench")
        await _run_hearing(judge)
        await expect(clerk.locator(".session-head .tag").first).to_contain_text("闭庭")
        await _tells_the_same(clerk)


async def _tells_the_same(clerk: Page) -> None:
    """The log keeps the mistaken closing and its undoing."""
    path = await clerk.evaluate(
        "async () => { const get = (path) => fetch('/api/v1/' + path).then((answer) => answer.json());"
        " const [session] = await get('sessions'); return await get(`sessions/${session.id}/events?after=0`) }"
    )
    states = [e["event"]["after"] for e in path if e["event"]["type"] == "session.state"]
    assert states[-3:] == ["closed", "in_session", "closed"]


async def _open_exports(clerk: Page) -> None:
    await clerk.locator(".session-card").click()
    await clerk.get_by_role("tab", name="封存与导出").click()


@pytest.mark.long
async def test_the_clerk_exports_a_package_that_verifies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_loopback(monkeypatch)
    async with serving(tmp_path) as server:
        async with live_hearing(server.api) as live:
            await asyncio.sleep(2)
            await live.judge.presence.do(cmd.MoveSession(move=Move.CLOSE))
        async with chromium() as browser:
            clerk = await visit(browser, f"{server.base_url}/clerk", 1440, 900)
            await sign_in(clerk, "desk")
            await _open_exports(clerk)
            await clerk.get_by_role("button", name="开始导出").click()
            await expect(clerk.locator(".export progress").first).to_be_visible()
            await clerk.reload()
            await _open_exports(clerk)
            link = clerk.get_by_role("link", name="下载案卷包")
            await link.wait_for()
            await expect(clerk.locator(".package-list li")).to_have_count(1)
            await expect(clerk.locator(".package-list li strong")).to_have_text("法院版")
            async with clerk.expect_download() as download:
                await link.click()
            package = tmp_path / (await download.value).suggested_filename
            await (await download.value).save_as(package)
            key = await clerk.evaluate("fetch('/api/v1/court').then((answer) => answer.json())")
            result: dict[str, Any] = await asyncio.to_thread(verify_path, str(package), key["key_fingerprint"])
            assert result["ok"], result["wrong"]
