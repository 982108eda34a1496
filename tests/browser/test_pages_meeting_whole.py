"""The whole creditors' meeting, every step on the pages of the product: administrator, judge, clerk; one creditor who
also votes by proxy, one whose network goes in the middle of a ballot, one in the hall whose ballots come on paper. A
first round fails on the amount, a second passes, and every receipt is checked on the phone and against the log."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.meeting_people import by_two, choose, shot, verify_receipts, voted
from tests.browser.tunnel import Tunnel
from tests.browser.visitors import blank, chromium, needs_chromium, sign_in, visit
from tests.fakes.meeting_court import number_of, table
from tests.fakes.serving import ServerProcess, serving

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(300)]

TITLE = "关于破产财产分配方案的表决"
PHONE = (390, 844)
DESK = (1440, 900)


async def at_desk(browser: Browser, server: ServerProcess, account: str, meeting: str = "") -> Page:
    """Somebody of the staff at the console."""
    page = await visit(browser, f"{server.base_url}/meetings{meeting and f'?id={meeting}'}", *DESK)
    await sign_in(page, account)
    return page


async def prepared(firm: Page, folder: Path) -> str:
    """The administrator calls the meeting, imports the roll, lists the motion, opens the doors; the meeting's id."""
    roll = folder / "roll.csv"
    roll.write_bytes(table([100, 200, 600, 50]))
    await firm.get_by_role("button", name="新建会议").click()
    await firm.get_by_label("案号").fill("（2018）粤01破1号")
    await firm.get_by_role("button", name="保存会议").click()
    await firm.locator("input[type=file]").set_input_files(roll)
    await firm.get_by_role("button", name="导入", exact=True).click()
    await expect(firm.get_by_text("债权表已导入")).to_be_visible()
    await firm.get_by_role("tab", name="表决").click()
    await firm.get_by_role("button", name="添加表决事项").click()
    await firm.get_by_label("事项名称").fill(TITLE)
    await firm.get_by_label("事项类别").select_option("distribution")
    await firm.get_by_role("button", name="列入议程").click()
    await firm.get_by_role("button", name="开放签到").click()
    await firm.locator("dialog[open]").get_by_role("button", name="开放签到").click()
    await expect(firm.locator(".run-head .tag")).to_have_text("签到中")
    return firm.url.partition("id=")[2]


async def found(desk: Page, creditor: int) -> None:
    """The creditor's row at the console, alone."""
    await desk.get_by_role("tab", name="签到与债权人").click()
    await desk.get_by_label("查找债权人").fill(f"C{creditor}")
    await desk.get_by_role("button", name="查找", exact=True).click()
    await expect(desk.locator("div.run-people tbody tr")).to_have_count(1)


async def link_of(desk: Page, creditor: int) -> str:
    """Copied from the console, as it is sent to the creditor."""
    await found(desk, creditor)
    await desk.get_by_role("button", name="复制链接").click()
    await expect(desk.get_by_role("button", name="已复制")).to_be_visible()
    return str(await desk.evaluate("navigator.clipboard.readText()"))


async def arrives(phone: Page, link: str, creditor: int) -> None:
    """Opens the link and signs in."""
    await phone.goto(link)
    await phone.get_by_label("证件号码后六位").fill(number_of(creditor)[-6:])
    await phone.get_by_role("button", name="签到进入会议").click()
    await expect(phone.get_by_role("heading", name="我的债权")).to_be_visible()


async def mandated(desk: Page, folder: Path, principal: int, agent: int) -> None:
    """The clerk registers a written mandate."""
    paper = folder / "mandate.pdf"
    paper.write_bytes(b"%PDF-1.7 a mandate")
    await found(desk, principal)
    await desk.get_by_role("button", name="登记委托").click()
    dialog = desk.locator("dialog[open]")
    await dialog.get_by_label("代理人是债权人").fill(f"C{agent}")
    await dialog.locator("input[type=file]").set_input_files(paper)
    await dialog.get_by_role("button", name="登记委托").click()
    await expect(dialog.get_by_text("委托已登记")).to_be_visible()
    await dialog.get_by_role("button", name="关闭").click()


async def came(desk: Page, creditor: int) -> None:
    """The clerk has seen the creditor in the hall."""
    await found(desk, creditor)
    await desk.get_by_role("button", name="现场到会").click()
    await desk.locator("dialog[open]").get_by_role("button", name="现场到会").click()
    await expect(desk.locator("div.run-people .tag")).to_have_text("已签到")


async def keyed(desk: Page, folder: Path, paper: str, creditor: int, choice: str, answer: str) -> None:
    """One of the staff keys in a paper ballot as they read it, and learns only whether two agree."""
    scan = folder / "scan.pdf"
    scan.write_bytes(f"%PDF-1.7 {paper}".encode())
    await desk.get_by_role("tab", name="纸质票").click()
    await desk.get_by_label("票据编号").fill(paper)
    await desk.get_by_label("债权人编号").fill(f"C{creditor}")
    await desk.get_by_text(choice, exact=True).click()
    await desk.locator("form input[type=file]").set_input_files(scan)
    await desk.get_by_role("button", name="录入", exact=True).click()
    await expect(desk.get_by_role("region", name="本机录入过的票").get_by_text(answer)).to_be_visible()
    await desk.get_by_role("tab", name="表决").click()


async def cut_in_the_middle(phone: Page, road: Tunnel) -> None:
    """The ballot reaches the meeting, its receipt is lost, the connection ends; back again, the same ballot gets its
    receipt and counts once."""
    road.loses_answers = True
    await choose(phone, "投票：本人", "同意")
    async with asyncio.timeout(10):
        while not road.ballots:
            await asyncio.sleep(0.05)
    await road.cut()
    await expect(phone.locator(".meeting-away")).to_contain_text("正在重新连接")
    await expect(phone.get_by_role("dialog").get_by_text("网络中断。这张票已存在本机")).to_be_visible()
    await shot(phone, "whole-cut")
    road.mend()
    await voted(phone)
    await expect(phone.locator(".meeting-away")).to_have_count(0)
    assert len(road.ballots) >= 2
    assert len(set(road.ballots)) == 1


@pytest.mark.long
async def test_a_whole_meeting_on_its_pages(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, chromium() as browser:
        firm = await at_desk(browser, server, "firm")
        meeting = await prepared(firm, tmp_path)
        judge, clerk, other = [await at_desk(browser, server, name, meeting) for name in ("bench", "desk", "root")]

        await mandated(clerk, tmp_path, principal=4, agent=1)
        proxy, cut_off = await blank(browser, *PHONE), await blank(browser, *PHONE)
        road = Tunnel()
        await cut_off.route_web_socket("**/ws", road.opened)
        await cut_off.route("**/ballots", road.posted)
        await arrives(proxy, await link_of(clerk, 1), 1)
        await expect(proxy.get_by_text("另有 1 位委托人由您代理表决")).to_be_visible()
        await arrives(cut_off, await link_of(clerk, 2), 2)
        await came(clerk, 3)
        await expect(clerk.locator(".run-board")).to_contain_text("4 / 4")
        await clerk.get_by_role("tab", name="表决").click()

        await by_two(firm, judge, "开始表决")
        await choose(proxy, "投票：本人", "同意")
        await voted(proxy)
        await choose(proxy, "投票：委托人 债权人4", "同意")
        await voted(proxy)
        await cut_in_the_middle(cut_off, road)
        await expect(firm.locator(".turnout")).to_contain_text("已投 3 人，出席 4 人")
        await keyed(clerk, tmp_path, "P-1", 3, "反对", "等待另一人录入")
        await keyed(other, tmp_path, "P-1", 3, "反对", "已计入")
        await expect(firm.locator(".turnout")).to_contain_text("已投 4 人，出席 4 人")
        await expect(firm.locator(".run-motion")).not_to_contain_text("反对")
        await by_two(judge, clerk, "截止表决")
        await expect(proxy.get_by_text("已截止，正在计票")).to_be_visible()
        await firm.get_by_role("button", name="计票", exact=True).click()
        await firm.locator("dialog[open]").get_by_role("button", name="计票", exact=True).click()
        await expect(firm.locator(".bar-missing")).to_contain_text("还差 125.00 元")
        await by_two(firm, judge, "宣布结果")
        await expect(proxy.locator(".result-word")).to_contain_text("未通过")
        await expect(proxy.locator(".bar-missing")).to_contain_text("还差 125.00 元")
        await shot(proxy, "whole-failed")

        await by_two(firm, judge, "开始第二次表决")
        for phone in (proxy, cut_off):
            await choose(phone, "投票：本人", "同意")
            await voted(phone)
        await choose(proxy, "投票：委托人 债权人4", "反对")
        await voted(proxy)
        await keyed(clerk, tmp_path, "P-2", 3, "同意", "等待另一人录入")
        await keyed(other, tmp_path, "P-2", 3, "弃权", "两次录入不一致")
        await keyed(firm, tmp_path, "P-2", 3, "同意", "已计入")
        await by_two(judge, clerk, "截止表决")
        await firm.get_by_role("button", name="计票", exact=True).click()
        await firm.locator("dialog[open]").get_by_role("button", name="计票", exact=True).click()
        await by_two(firm, judge, "宣布结果")
        for phone in (proxy, cut_off):
            await expect(phone.locator(".result-passed")).to_be_visible()
        await by_two(firm, judge, "结束会议")
        await expect(proxy.get_by_text("会议已经结束")).to_be_visible()
        await shot(proxy, "whole-passed")

        await verify_receipts(proxy, 4)
        await verify_receipts(cut_off, 2)
        await _checked_apart(firm, proxy, server, tmp_path)


async def _checked_apart(firm: Page, phone: Page, server: ServerProcess, folder: Path) -> None:
    """The court's log from the console and a receipt from the phone, in the page that anybody may check with."""
    await firm.get_by_role("tab", name="下载").click()
    async with firm.expect_download() as downloaded:
        await firm.get_by_role("link", name="法院版").click()
    await (await downloaded.value).save_as(folder / "log.jsonl")
    await phone.get_by_role("region", name="我的回执").get_by_role("button").first.click()
    async with phone.expect_download() as saved:
        await phone.get_by_role("dialog").get_by_role("button", name="保存为文件").click()
    await (await saved.value).save_as(folder / "receipt.json")
    checker = await phone.context.new_page()
    await checker.goto(f"{server.base_url}/verify")
    await checker.locator("input[type=file]").first.set_input_files(folder / "log.jsonl")
    await checker.locator("input[type=file]").nth(1).set_input_files(folder / "receipt.json")
    await checker.get_by_role("button", name="开始核验").click()
    told = checker.get_by_role("alert")
    await expect(told).to_contain_text("核验通过")
    await expect(told).to_contain_text("您的回执在这份日志中")
    await expect(checker.get_by_role("article").first).to_contain_text("表决未通过")
    await shot(checker, "whole-verify")
