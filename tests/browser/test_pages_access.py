"""What is restricted, and which cases are heard together, set by the clerk's page and lifted by a judge's account."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from hearing import events as ev
from hearing.access import Restrictions
from hearing.access_events import Access, Ground
from hearing.session import Move, State
from tests.browser.test_pages_minutes import Visitors
from tests.browser.visitors import chromium, needs_chromium, sign_in, visit
from tests.fakes.written_court import WrittenCourt, written_court

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(240)]

SECOND = "(2026)粤01民初6号"
SIZES = {"phone": (390, 844), "desktop": (1440, 900), "kiosk": (1080, 1920)}


async def _restrictions(court: WrittenCourt) -> Restrictions:
    ledger = await court.court.services.book.get(court.session)
    return Restrictions([entry async for entry in ledger.entries()])


async def _opened(court: WrittenCourt) -> None:
    """In session, with a stretch of closed evidence behind it, without anybody at their page."""
    ledger = await court.court.services.book.get(court.session)
    for move, before, after in (
        (Move.OPEN, State.WAITING, State.IN_SESSION),
        (Move.CLOSE_EVIDENCE, State.IN_SESSION, State.CLOSED_EVIDENCE),
    ):
        await ledger.note("server", [ev.StateChanged(move=move, before=before, after=after)])
    while ledger.clock.now_ms() < 5:
        pass
    await ledger.note(
        "server", [ev.StateChanged(move=Move.RESUME, before=State.CLOSED_EVIDENCE, after=State.IN_SESSION)]
    )


async def test_a_clerk_restricts_joins_a_case_and_exports_by_it(tmp_path: Path) -> None:
    async with written_court() as court, chromium() as browser:
        await _opened(court)
        page = await visit(browser, f"{court.url}/clerk", 1440, 900)
        await sign_in(page, "desk")
        await page.locator(".session-card").click()
        await page.get_by_role("tab", name="不公开与并案").click()
        pane = page.locator(".access")
        await expect(pane).to_contain_text("没有另行设置的不公开内容")
        await expect(pane.locator(".access-list li", has_text="公开版不含")).to_have_count(1)

        await _restrict_by_keyboard(page)
        row = pane.locator("[data-mark]")
        await expect(row).to_contain_text("王五 的画面、声音、发言和姓名")
        await expect(row).to_contain_text("00:00:01 至 00:12:30")
        await expect(row).to_contain_text("当事人版、公开版不含")
        await expect(row.get_by_role("button")).to_have_count(0)
        (set_,) = (await _restrictions(court)).marks.values()
        assert (set_.from_ms, set_.to_ms, set_.access, set_.ground) == (1_000, 750_000, Access.COURT, Ground.WITNESS)
        assert set_.participant == court.people["witness-1"]

        await pane.get_by_role("button", name="并入案件").click()
        dialog = page.locator("dialog[open]")
        await dialog.get_by_label("案号").fill("粤01民初6号")
        await dialog.get_by_role("button", name="并入案件").click()
        await expect(dialog).to_contain_text("案号应以带括号的年份开头")
        await dialog.get_by_label("案号").fill("（2026）粤01民初 6号")
        await dialog.get_by_role("button", name="并入案件").click()
        await expect(pane.get_by_role("heading", name="本庭次审理的案件（2）")).to_be_visible()
        assert list((await _restrictions(court)).cases) == ["(2026)粤01民初5号", SECOND]
        await _looked_at(page, tmp_path)
        await _exported_by_case(page)


async def _restrict_by_keyboard(page: Page) -> None:
    """Every step without a mouse, and a wrong time named before anything is sent."""
    await page.get_by_role("button", name="设置不公开").press("Enter")
    dialog = page.locator("dialog[open]")
    await dialog.get_by_role("button", name="确认设置").press("Enter")
    await expect(dialog).to_contain_text("请选择是谁")
    await dialog.get_by_label("谁", exact=True).select_option(label="王五")
    await dialog.get_by_role("radio", name="全程").press("ArrowRight")
    await dialog.get_by_label("开始").press_sequentially("0:01")
    await dialog.get_by_label("结束").press_sequentially("0:00")
    await dialog.get_by_role("button", name="确认设置").press("Enter")
    await expect(dialog).to_contain_text("结束须晚于开始")
    await dialog.get_by_label("结束").fill("00:12:30")
    await dialog.get_by_role("radio", name="法院和当事人").press("ArrowRight")
    await dialog.get_by_label("事由").select_option("witness")
    whole = "王五 的画面、声音、发言和姓名 · 00:00:01 至 00:12:30"
    await expect(dialog.locator(".notice", has_text=whole)).to_contain_text("当事人版、公开版不含")
    await dialog.get_by_role("button", name="确认设置").press("Enter")
    await expect(page.locator("dialog[open]")).to_have_count(0)


async def _looked_at(page: Page, folder: Path) -> None:
    """The page and its dialog on a phone, a desk and a kiosk: nothing is cut off or has to be scrolled sideways."""
    for name, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        await page.screenshot(path=folder / f"access-{name}.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, name
        await page.get_by_role("button", name="设置不公开").click()
        await page.locator("dialog[open]").get_by_text("某个人").click()
        await page.screenshot(path=folder / f"restrict-{name}.png")
        await page.keyboard.press("Escape")
    await page.set_viewport_size({"width": 1440, "height": 900})


async def _exported_by_case(page: Page) -> None:
    """The case of an edition is one of the list; nothing is typed."""
    await page.get_by_role("tab", name="封存与导出").click()
    choice = page.locator(".export").get_by_label("案件")
    assert await choice.locator("option").all_inner_texts() == ["全部案件", "(2026)粤01民初5号", SECOND]
    await page.locator(".export").get_by_text("当事人版", exact=True).click()
    assert await choice.locator("option").all_inner_texts() == ["(2026)粤01民初5号", SECOND]
    await choice.select_option(SECOND)
    await expect(choice).to_have_value(SECOND)


async def test_only_a_judge_opens_what_was_closed() -> None:
    async with written_court() as court:
        await _opened(court)
        body = {"from_ms": 0, "to_ms": None, "access": "parties", "ground": "privacy"}
        address = f"sessions/{court.session}/restrictions"
        made = await court.bench.call("POST", address, {**body, "participant": court.people["witness-1"]})
        assert made["may_lift"]
        (span,) = made["closed"]
        assert (span["access"], span["to_ms"] > span["from_ms"]) == ("parties", True)
        mark = made["restrictions"][0]["mark"]
        lifted = await court.bench.call("DELETE", f"{address}/{mark}", {"reason": "误设"})
        assert lifted["restrictions"] == []


async def test_the_judge_lifts_a_restriction_on_the_bench(tmp_path: Path) -> None:
    async with written_court() as court, chromium() as browser:
        visitors = Visitors(court, browser, tmp_path)
        judge = await visitors.judge()
        await visitors.open_court(judge)
        body = {"from_ms": 0, "to_ms": None, "access": "parties", "ground": "privacy", "reason": ""}
        address = f"sessions/{court.session}/restrictions"
        await court.bench.call("POST", address, {**body, "participant": court.people["witness-1"]})

        await judge.get_by_role("tab", name="不公开", exact=True).click()
        row = judge.locator(".access [data-mark]")
        await expect(row).to_contain_text("王五")
        await visitors.shot(judge, "restrictions-bench")
        await row.get_by_role("button", name="解除").click()
        dialog = judge.locator("dialog[open]")
        await dialog.get_by_role("button", name="解除").click()
        await expect(dialog).to_contain_text("请填写理由")
        assert (await _restrictions(court)).marks
        await dialog.get_by_role("textbox").fill("当事人同意公开")
        await dialog.get_by_role("button", name="解除").click()
        await expect(judge.locator(".access")).to_contain_text("没有另行设置的不公开内容")
        assert not (await _restrictions(court)).marks
