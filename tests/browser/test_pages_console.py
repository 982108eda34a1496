"""A whole creditors' meeting at the console: the administrator asks, the clerk confirms, a first vote fails on the
amount, a second one passes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.meeting_people import by_two
from tests.browser.visitors import chromium, needs_chromium, sign_in, visit
from tests.fakes.meeting_court import Court, phone, table
from tests.fakes.serving import PASSWORD, ServerProcess, serving

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(240)]

SHOTS = os.environ.get("MEETING_SHOTS", "")
"""A folder for pictures, to look at."""
SIZES = {"desk": (1440, 900), "phone": (390, 844), "wall": (1920, 1080)}


async def shot(page: Page, name: str) -> None:
    """Nothing sticks out on a phone; and pictures at every size, where they are wanted."""
    await page.set_viewport_size({"width": 390, "height": 844})
    wide = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], (name, wide)
    await page.set_viewport_size({"width": 1440, "height": 900})
    for size, (width, height) in SIZES.items() if SHOTS else ():
        await page.set_viewport_size({"width": width, "height": height})
        await page.screenshot(path=f"{SHOTS}/{name}-{size}.png", full_page=True)
    for type_size in ("elder",) if SHOTS else ():
        for size, (width, height) in SIZES.items():
            await page.set_viewport_size({"width": width, "height": height})
            await page.evaluate(f"document.documentElement.dataset.size = '{type_size}'")
            await page.screenshot(path=f"{SHOTS}/{name}-{size}-{type_size}.png", full_page=True)
    if SHOTS:
        await page.evaluate("document.documentElement.dataset.size = 'normal'")
        await page.set_viewport_size({"width": 1440, "height": 900})


async def make_meeting(firm: Page, folder: Path) -> str:
    """Meeting, roll with a refused row and without, one motion, doors; the meeting's id."""
    await expect(firm.get_by_text("还没有会议")).to_be_visible()
    await firm.get_by_role("button", name="新建会议").click()
    await firm.get_by_role("button", name="保存会议").click()
    await expect(firm.get_by_role("alert")).to_contain_text("请填写案号")
    await firm.get_by_label("案号").fill("（2018）粤01破1号")
    await firm.get_by_role("button", name="保存会议").click()
    await expect(firm.get_by_text("还没有导入债权表")).to_be_visible()
    good, bad = folder / "good.csv", folder / "bad.csv"
    good.write_bytes(table([100, 200, 600]))
    bad.write_bytes(table([100, -5, 600]))
    await firm.locator("input[type=file]").set_input_files(bad)
    await firm.get_by_role("button", name="导入", exact=True).click()
    await expect(firm.get_by_role("alert")).to_be_visible()
    await shot(firm, "refused")
    await firm.get_by_role("button", name="我去改正文件").click()
    await firm.locator("input[type=file]").set_input_files(good)
    await firm.get_by_role("button", name="导入", exact=True).click()
    await expect(firm.get_by_text("债权表已导入")).to_be_visible()
    await firm.get_by_role("tab", name="表决").click()
    await firm.get_by_role("button", name="添加表决事项").click()
    await firm.get_by_role("button", name="列入议程").click()
    await expect(firm.get_by_role("alert")).to_contain_text("请填写事项名称")
    await firm.get_by_label("事项名称").fill("关于破产财产分配方案的表决")
    await firm.get_by_label("事项类别").select_option("distribution")
    await shot(firm, "motion-form")
    await firm.get_by_role("button", name="列入议程").click()
    await firm.get_by_role("button", name="开放签到").click()
    await firm.locator("dialog[open]").get_by_role("button", name="开放签到").click()
    await expect(firm.locator(".run-head .tag")).to_have_text("签到中")
    return firm.url.partition("id=")[2]


async def vote(server: ServerProcess, court: Court, round_: int, choices: dict[int, str]) -> None:
    """Creditors sign in and vote."""
    for creditor, choice in choices.items():
        token = await court.sign_in(creditor, court.clerk)
        async with phone(court.clerk, court.meeting, token) as line:
            answer = await line.cast(choice, f"i-{round_}-{creditor}", round=round_)
            assert answer["type"] == "receipt", answer


@pytest.mark.long
async def test_a_meeting_from_its_making_to_its_end_at_the_console(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, chromium() as browser, server.api() as api:
        firm = await visit(browser, f"{server.base_url}/meetings", 1440, 900)
        await sign_in(firm, "firm")
        meeting = await make_meeting(firm, tmp_path)
        clerk = await visit(browser, f"{server.base_url}/meetings?id={meeting}", 1440, 900)
        await sign_in(clerk, "desk")
        await api.sign_in("desk", PASSWORD)
        court = Court(api, api, meeting)

        await clerk.get_by_role("tab", name="签到与债权人").click()
        await clerk.get_by_label("查找债权人").fill("债权人3")
        await clerk.get_by_role("button", name="查找", exact=True).click()
        await clerk.get_by_role("button", name="现场到会").click()
        await clerk.locator("dialog[open]").get_by_role("button", name="现场到会").click()
        await expect(clerk.locator(".run-board")).to_contain_text("1 / 3")
        await shot(clerk, "people")
        await clerk.get_by_role("tab", name="表决").click()

        await firm.get_by_role("button", name="开始表决").click()
        await firm.get_by_role("button", name="发起，等待另一人确认").click()
        await expect(clerk.get_by_text("firm 发起")).to_be_visible()
        await shot(clerk, "pending")
        await firm.get_by_role("button", name="撤回").click()
        await expect(clerk.get_by_text("firm 发起")).to_have_count(0)
        await by_two(firm, clerk, "开始表决")
        await vote(server, court, 1, {1: "agree", 2: "agree"})
        await expect(firm.locator(".turnout")).to_contain_text("已投 2 人，出席 3 人")
        await expect(firm.locator(".run-motion")).not_to_contain_text("同意")
        await shot(firm, "open")
        hall = await firm.context.new_page()
        await hall.set_viewport_size({"width": 1920, "height": 1080})
        await hall.goto(f"{server.base_url}/meetings/{meeting}/display")
        await expect(hall.locator(".hall-cast")).to_have_text("已投票 2 人 / 出席 3 人")
        await expect(hall.locator(".hall")).not_to_contain_text("同意")
        await shot(hall, "hall-open")
        await by_two(firm, clerk, "截止表决")
        await expect(firm.locator(".bar-missing")).to_contain_text("还差")
        await shot(firm, "counted")
        await expect(hall.locator(".hall-kind")).to_contain_text("已截止")
        await expect(hall.locator(".result")).to_have_count(0)
        await by_two(firm, clerk, "宣布结果")
        await expect(hall.locator(".result-failed")).to_be_visible()
        await shot(hall, "hall-result")

        await by_two(firm, clerk, "开始第二次表决")
        await vote(server, court, 2, {1: "agree", 2: "agree", 3: "agree"})
        await by_two(firm, clerk, "截止表决")
        await by_two(firm, clerk, "宣布结果")
        await expect(firm.locator(".result-passed")).to_be_visible()
        await by_two(firm, clerk, "结束会议")
        await expect(firm.locator(".run-head .tag")).to_have_text("已结束")
        await firm.get_by_role("tab", name="下载").click()
        async with firm.expect_download() as got:
            await firm.get_by_role("link", name="法院版").click()
        assert "log" in (await got.value).suggested_filename
        await shot(firm, "files")
