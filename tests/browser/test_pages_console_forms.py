"""Forms of the console that few meetings need: a mandate with its scope, taking a motion off, a bloc, findings of
87(2)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.meeting_people import by_two, shot
from tests.browser.visitors import chromium, needs_chromium, sign_in, visit
from tests.fakes.meeting_court import called
from tests.fakes.serving import serving

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(240)]


async def lists(desk: Page, title: str, matter: str) -> None:
    """One more motion, with one vote for all employees."""
    await desk.get_by_role("button", name="添加表决事项").click()
    await desk.get_by_label("事项名称").fill(title)
    await desk.get_by_label("事项类别").select_option(matter)
    if matter == "plan":
        await desk.get_by_text("普通债权组", exact=True).click()
        await desk.get_by_text("特别规则").click()
        await desk.get_by_text("普通债权组由代表投一票").click()
        await desk.get_by_role("button", name="列入议程").click()
        await expect(desk.get_by_role("alert")).to_contain_text("请填写代表的债权人编号")
        await desk.get_by_label("普通债权组代表").fill("C1")
        await shot(desk, "forms-bloc")
    await desk.get_by_role("button", name="列入议程").click()
    await expect(desk.locator("dialog[open]")).to_have_count(0)
    await expect(desk.get_by_role("heading", name=title)).to_be_visible()


async def mandates(desk: Page, folder: Path) -> None:
    """One on a single motion with an instruction; listed; revoked."""
    paper = folder / "mandate.pdf"
    paper.write_bytes(b"%PDF-1.7 a mandate")
    await desk.get_by_role("tab", name="签到与债权人").click()
    await desk.get_by_label("查找债权人").fill("C2")
    await desk.get_by_role("button", name="查找", exact=True).click()
    await desk.get_by_role("button", name="登记委托").click()
    dialog = desk.locator("dialog[open]")
    await dialog.get_by_label("代理人姓名").fill("张律师")
    await dialog.get_by_label("代理人证件号码").fill("440301199001019999")
    await dialog.get_by_text("只限下列事项").click()
    await dialog.locator("input[type=file]").set_input_files(paper)
    await dialog.get_by_role("button", name="登记委托").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("请至少选一个事项")
    await dialog.get_by_text("重整计划草案", exact=True).click()
    await dialog.get_by_label("委托人对“重整计划草案”的指示").select_option("against")
    await shot(desk, "forms-mandate")
    await dialog.get_by_role("button", name="登记委托").click()
    await expect(dialog.get_by_text("委托已登记")).to_be_visible()
    await dialog.get_by_role("button", name="关闭").click()
    listed = desk.get_by_role("region", name="已登记的委托")
    await expect(listed).to_contain_text("张律师")
    await expect(listed).to_contain_text("须投反对")
    await shot(desk, "forms-mandates")
    await listed.get_by_role("button", name="撤销委托").click()
    await desk.locator("dialog[open]").get_by_role("button", name="撤销委托").click()
    await expect(listed).to_contain_text("已撤销")
    await desk.get_by_role("tab", name="表决").click()


async def found(judge: Page, condition: int) -> None:
    """The judge's finding on one of the six conditions."""
    await judge.get_by_role("button", name=f"填写认定：第 {condition} 项条件").click()
    dialog = judge.locator("dialog[open]")
    await dialog.get_by_role("button", name="写入记录").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("请选择是否具备")
    await dialog.get_by_text("具备", exact=True).click()
    await dialog.get_by_label("认定理由").fill("清偿比例不低于破产清算")
    await shot(judge, "forms-cram-dialog")
    await dialog.get_by_role("button", name="写入记录").click()
    await expect(dialog).to_have_count(0)


async def test_the_rarer_forms_of_the_console(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200, 300]) as court, chromium() as browser:
        await court.post("doors", {})
        address = f"{server.base_url}/meetings?id={court.meeting}"
        desk, judge = [await visit(browser, address, 1440, 900) for _ in range(2)]
        await sign_in(desk, "desk")
        await sign_in(judge, "bench")
        await lists(desk, "写错的事项", "ordinary")
        await lists(desk, "重整计划草案", "plan")
        wrong = desk.locator(".run-motion", has_text="写错的事项")
        await wrong.get_by_role("button", name="撤下议程").click()
        await desk.locator("dialog[open]").get_by_role("button", name="撤下议程").click()
        await expect(wrong).to_have_count(0)
        await mandates(desk, tmp_path)

        await by_two(desk, judge, "开始表决")
        await expect(desk.locator(".turnout")).to_contain_text("有表决权共 1 人")
        await by_two(desk, judge, "截止表决")
        await by_two(desk, judge, "宣布结果")
        conditions = judge.locator("details", has_text="强制批准条件核查")
        await conditions.locator("summary").click()
        await expect(conditions.get_by_role("listitem")).to_have_count(6)
        await expect(conditions).to_contain_text("未通过：普通债权组")
        await found(judge, 3)
        await expect(conditions).to_contain_text("认定具备")
        await shot(judge, "forms-cram")
        await desk.get_by_text("强制批准条件核查").click()
        await expect(desk.get_by_text("由法官填写")).to_be_visible()
