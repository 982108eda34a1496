"""Three creditors at their pages: sign-in, a vote in two steps, one for a principal, one over a broken connection,
the result, and the vote verified on the phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.meeting_people import choose, shot, verify_receipts, voted
from tests.browser.tunnel import Tunnel
from tests.browser.visitors import blank, chromium, needs_chromium, visit
from tests.fakes.meeting_court import Court, called, number_of
from tests.fakes.serving import ServerProcess, serving

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(240)]

TAMPER = """
const native = window.fetch;
window.fetch = async (...words) => {
  const answer = await native(...words);
  if (!window.lie || !String(words[0]).includes('/proof')) return answer;
  const proof = await answer.json();
  return new Response(JSON.stringify({...proof, hashes: proof.hashes.map(() => '0'.repeat(64))}));
};
"""


async def arrive(browser: Browser, server: ServerProcess, court: Court, creditor: int, width: int = 390) -> Page:
    """A creditor opens their link and signs in."""
    height = {390: 844, 1440: 900, 1080: 1920}[width]
    link = await court.link(f"C{creditor}")
    page = await visit(browser, f"{server.base_url}/meeting/{court.meeting}#{link}", width, height, TAMPER)
    field = page.get_by_label("证件号码后六位")
    await field.fill("12")
    await page.get_by_role("button", name="签到进入会议").click()
    await expect(page.get_by_text("请填写六位")).to_be_visible()
    await field.fill("000000")
    await page.get_by_role("button", name="签到进入会议").click()
    await expect(page.get_by_role("alert")).to_contain_text("不符")
    await shot(page, f"signin-{width}")
    await field.fill(number_of(creditor)[-6:])
    await page.get_by_role("button", name="签到进入会议").click()
    await expect(page.get_by_role("heading", name="我的债权")).to_be_visible()
    return page


async def verified(page: Page) -> None:
    """The receipt, its code, and the check; then the same with a server that lies."""
    await page.get_by_role("button", name="查看回执：").first.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.locator(".qr path")).to_be_attached()
    await shot(page, "receipt")
    await dialog.get_by_role("button", name="核验我的票").click()
    await expect(dialog.get_by_text("核验通过")).to_be_visible()
    await expect(dialog.locator(".verify-good")).to_have_count(4)
    await shot(page, "verified")
    await dialog.get_by_role("button", name="关闭").click()
    await page.evaluate("window.lie = true")
    await page.get_by_role("button", name="查看回执：").first.click()
    await dialog.get_by_role("button", name="核验我的票").click()
    await expect(dialog.get_by_text("核验没有通过")).to_be_visible()
    await expect(dialog.locator(".verify-bad")).to_contain_text("没能证明您的票在最新的记录里")
    await shot(page, "not-verified")
    await dialog.get_by_role("button", name="关闭").click()


async def test_three_creditors_vote_and_verify(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200, 300, 50, 10]) as court, chromium() as browser:
        await court.post("motions", {"title": "关于财产分配方案的议案", "matter": "distribution"})
        await court.post("doors", {})
        for principal in ("C4", "C5"):
            await court.post("mandates", {"principal": principal, "agent": "C1", "document": "0" * 64})
        one = await arrive(browser, server, court, 1)
        two = await arrive(browser, server, court, 2, 1440)
        three = await arrive(browser, server, court, 3, 1080)
        await shot(one, "before")
        await court.by_two("open")
        await expect(one.get_by_text("正在表决", exact=True).first).to_be_visible()
        await expect(one.locator(".countdown .clock")).to_contain_text(":")
        for page, width in ((one, 390), (two, 1440), (three, 1080)):
            await shot(page, f"open-{width}")
        await _sizes(one)

        await choose(one, "投票：本人", "同意")
        await voted(one)
        await choose(one, "为其余 2 位委托人投相同的票", "反对")
        await voted(one)
        await expect(one.locator(".motion .vote-done")).to_have_text(["已投：同意", "已投：反对", "已投：反对"])

        await two.context.set_offline(True)
        await two.evaluate("window.dispatchEvent(new Event('offline'))")
        await choose(two, "投票：本人", "同意")
        await expect(two.locator(".meeting-away")).to_contain_text("正在重新连接")
        await shot(two, "offline")
        await two.context.set_offline(False)
        await two.reload()
        await expect(two.locator(".motion .vote-done")).to_have_text(["已投：同意"])

        await _asks(three, court)
        turnout = (await court.console())["turnout"][0]
        assert turnout["heads_cast"] == 4
        await verified(one)
        await court.by_two("close")
        await court.by_two("announce")
        await expect(one.locator(".result-word")).to_contain_text("未通过")
        await expect(one.locator(".bar-missing").last).to_contain_text("还差 30.00 元")
        await expect(three.get_by_text("未投票", exact=True)).to_be_visible()
        for page, width in ((one, 390), (two, 1440), (three, 1080)):
            await shot(page, f"result-{width}")
        assert await one.locator(".trust-failed").count() == 0
        await _second_round(court, one, two, three)
        await _rewritten(three)
        await _english(one)


@pytest.mark.long
async def test_a_ballot_goes_by_https_where_no_socket_gets_through(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200]) as court, chromium() as browser:
        await court.post("motions", {"title": "关于财产变价方案的议案", "matter": "ordinary"})
        await court.post("doors", {})
        road = Tunnel()
        phone = await blank(browser, 390, 844)
        await phone.route_web_socket("**/ws", road.opened)
        await phone.goto(f"{server.base_url}/meeting/{court.meeting}#{await court.link('C1')}")
        await phone.get_by_label("证件号码后六位").fill(number_of(1)[-6:])
        await phone.get_by_role("button", name="签到进入会议").click()
        await court.by_two("open")
        await expect(phone.locator(".countdown")).to_be_visible()
        await road.cut()
        await choose(phone, "投票：本人", "同意")
        await voted(phone)
        await expect(phone.locator(".meeting-away")).to_be_visible()
        assert road.ballots == []
        assert (await court.console())["turnout"][0]["heads_cast"] == 1
        road.mend()
        await expect(phone.locator(".meeting-away")).to_have_count(0, timeout=60_000)
        await verify_receipts(phone, 1)


async def _second_round(court: Court, *pages: Page) -> None:
    """What failed on the amount is voted on again, and passes."""
    await court.by_two("open", round=2)
    for page in pages:
        await choose(page, "投票：本人", "同意")
        await voted(page)
    await court.by_two("close", round=2)
    await court.by_two("announce", round=2)
    for page in pages:
        await expect(page.locator(".result-passed")).to_be_visible()
        await expect(page.locator(".motion", has_text="第二次表决").locator(".bar-reached")).to_have_count(2)
    await shot(pages[0], "second-round")


async def _rewritten(page: Page) -> None:
    """What this device remembers of the log is no part of what the server has now: the page says so, loudly."""
    await page.evaluate(
        "() => { for (const name of Object.keys(localStorage).filter((n) => n.startsWith('yunting.meeting.'))) {"
        " const kept = JSON.parse(localStorage[name]);"
        " kept.head = {...kept.head, root: '0'.repeat(64), size: 3};"
        " localStorage[name] = JSON.stringify(kept); } }"
    )
    await page.reload()
    await expect(page.get_by_role("alert")).to_contain_text("以前的表决记录被改动过", timeout=30_000)
    await shot(page, "rewritten")


async def _asks(page: Page, court: Court) -> None:
    """Into the queue and out of it, and a question."""
    await page.get_by_role("button", name="申请发言").click()
    await expect(page.get_by_text("您排在第 1 位")).to_be_visible()
    await page.get_by_role("button", name="取消申请").click()
    await expect(page.get_by_role("button", name="申请发言")).to_be_visible()
    await page.get_by_label("书面提问").fill("设备如何估价？")
    await page.get_by_role("button", name="发送提问").click()
    await expect(page.get_by_text("问题已送达")).to_be_visible()
    questions: Any = (await court.console())["questions"]
    assert [question["text"] for question in questions] == ["设备如何估价？"]


async def _sizes(page: Page) -> None:
    """At every type size nothing is cut off sideways; at the largest, buttons are."""
    for size in ("large", "elder"):
        await page.get_by_role("button", name="切换字号").click()
        await expect(page.locator("html")).to_have_attribute("data-size", size)
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        await shot(page, f"open-390-{size}")
    sides = await page.evaluate(
        "[...document.querySelectorAll('.meeting button')].map((b) => b.getBoundingClientRect())"
        ".map((r) => Math.min(r.width, r.height))"
    )
    assert min(sides) >= 60
    await page.get_by_role("button", name="切换字号").click()


async def _english(page: Page) -> None:
    await page.get_by_role("button", name="切换到英文").click()
    await expect(page.get_by_role("heading", name="Motions")).to_be_visible()
    await shot(page, "result-en")
