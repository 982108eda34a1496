"""Captions and the transcript on the product's pages: who reads what, and two clerks who write at once.

The pages and the server are real; what people say is told by the test (`fakes.written_court`). Pictures of the pages
stay in the test's folder for people to look at.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Locator, Page, Request, expect

from tests.browser.by_keyboard import press, tab_to
from tests.browser.visitors import chromium, consent_and_check, needs_chromium, sign_in, visit
from tests.fakes.courthouse import Tape
from tests.fakes.written_court import WrittenCourt, written_court

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(240)]

LONG = "我方认为被告应当按照合同第三条的约定支付剩余货款三十二万元，并承担自二〇二五年六月一日起的逾期付款利息。"


@dataclass
class Visitors:
    """People who come to one court by one browser."""

    court: WrittenCourt
    browser: Browser
    shots: Path

    async def judge(self) -> Page:
        page = await visit(self.browser, f"{self.court.url}/judge", 1440, 900)
        await sign_in(page, "bench")
        await page.get_by_text("进入法庭").click()
        await page.get_by_text("审判席").first.wait_for()
        await self.court.until_open()
        return page

    async def open_court(self, judge: Page) -> None:
        gavel = judge.locator(".move-open")
        await gavel.click()
        await gavel.click()
        await expect(judge.locator(".bar-phase")).to_have_text("宣布开庭")

    async def phone(self, seat: str) -> Page:
        page = await visit(self.browser, self.court.url + self.court.links[seat], 390, 844)
        await consent_and_check(page)
        return page

    async def clerk(self, account: str = "desk") -> Page:
        page = await visit(self.browser, f"{self.court.url}/clerk", 1440, 900)
        await sign_in(page, account)
        await page.locator(".session-card").click()
        return page

    async def editor(self, account: str = "desk") -> Page:
        """A clerk's page with the minutes open."""
        page = await self.clerk(account)
        await page.get_by_role("tab", name="笔录", exact=True).click()
        return page

    async def kiosk(self, seat: str) -> Page:
        page = await visit(self.browser, f"{self.court.url}/kiosk", 1080, 1920)
        await page.get_by_text("触摸屏幕开始").click()
        await page.get_by_text("标准模式").click()
        for digit in self.court.codes[seat]:
            await page.get_by_role("button", name=digit, exact=True).click()
        await page.get_by_role("button", name="进入", exact=True).click()
        await consent_and_check(page)
        return page

    async def display(self) -> Page:
        credential = await self.court.display()
        script = f"localStorage.setItem('yunting.display.credential', '{credential}')"
        return await visit(self.browser, f"{self.court.url}/display/{self.court.session}", 1920, 1080, script)

    async def observer(self) -> Page:
        page = await visit(self.browser, f"{self.court.url}/observe/{self.court.session}", 1440, 900)
        await page.get_by_label("您的姓名").fill("王小明")
        await page.locator("input[type=checkbox]").check()
        await page.get_by_role("button", name="进入旁听").click()
        return page

    async def shot(self, page: Page, name: str) -> None:
        await page.screenshot(path=self.shots / f"{name}.png")


@pytest.fixture
async def visitors(tmp_path: Path) -> AsyncIterator[Visitors]:
    async with written_court() as court, chromium() as browser:
        yield Visitors(court, browser, tmp_path)


async def said_and_read(visitors: Visitors, pages: dict[str, Page]) -> None:
    """Two people speak, and every one of the pages shows it while they do."""
    court = visitors.court

    async def silent(page: Page) -> None:
        await expect(page.locator(".captions")).to_have_count(1)
        await expect(page.locator(".caption")).to_have_count(0)

    async def first(page: Page) -> None:
        await expect(page.locator(".caption")).to_contain_text("原告 张三")
        await expect(page.locator(".caption")).to_contain_text("我方认为")

    async def both(name: str, page: Page) -> None:
        spoken = page.locator(".caption")
        await asyncio.gather(
            expect(spoken).to_have_count(2),
            expect(spoken.first).to_contain_text("逾期付款利息"),
            expect(spoken.last).to_contain_text("审判长 陈静怡"),
        )
        await visitors.shot(page, f"captions-{name}")

    await asyncio.gather(*(silent(page) for page in pages.values()))
    async with court.speaking("plaintiff-1", "我方认为", 1_000):
        await asyncio.gather(*(first(page) for page in pages.values()))
        # A screen reader is not told half a sentence.
        await expect(pages["judge"].locator(".captions [aria-live]")).to_be_empty()
    async with court.speaking("judge-1", "请被告答辩", 9_000):
        await court.said("plaintiff-1", LONG, 1_000)
        await asyncio.gather(*(both(name, page) for name, page in pages.items()))
    await expect(pages["judge"].locator(".captions [aria-live]")).to_contain_text("逾期付款利息")


async def test_what_is_said_is_read_by_the_bench_and_parties_while_it_is_said(visitors: Visitors) -> None:
    judge = await visitors.judge()
    party = await visitors.phone("plaintiff-1")
    witness = await visitors.phone("witness-1")
    await visitors.open_court(judge)
    visitors.court.transcribing()
    kiosk = await visitors.kiosk("defendant-1")
    await said_and_read(visitors, {"judge": judge, "party": party, "kiosk": kiosk})
    await expect(witness.get_by_role("heading", name="候审中")).to_be_visible()
    assert "我方" not in await witness.locator("body").inner_text()
    assert "答辩" not in await witness.locator("body").inner_text()
    # Words go away by themselves once they could be read.
    await expect(judge.locator(".caption")).to_have_count(0)


@pytest.mark.long
async def test_what_is_said_is_read_on_the_wall_and_by_who_observes(visitors: Visitors) -> None:
    judge = await visitors.judge()
    await visitors.phone("plaintiff-1")
    await visitors.open_court(judge)
    visitors.court.transcribing()
    pages = {"judge": judge, "display": await visitors.display(), "observer": await visitors.observer()}
    await said_and_read(visitors, pages)


@pytest.mark.long
async def test_captions_are_switched_off_and_stay_off(visitors: Visitors) -> None:
    court = visitors.court
    judge = await visitors.judge()
    await visitors.open_court(judge)
    # Without an engine the page says so, calmly, and for a while only.
    await expect(judge.locator(".caption-state")).to_contain_text("字幕暂不可用：本服务器未启用语音转写")
    await visitors.shot(judge, "captions-unavailable")
    court.transcribing(behind_ms=12_300)
    await expect(judge.locator(".caption-state")).to_have_text("字幕延迟约 12 秒")
    await judge.get_by_role("button", name="显示字幕").click()
    court.speaks("judge-1", "现在开庭", 1_000)
    await expect(judge.locator(".captions")).to_have_count(0)
    await judge.reload()
    await expect(judge.get_by_role("button", name="显示字幕")).to_have_attribute("aria-pressed", "false")
    await judge.get_by_role("button", name="显示字幕").click()
    court.speaks("judge-1", "现在开庭", 2_000)
    await expect(judge.locator(".caption")).to_contain_text("现在开庭")


@pytest.mark.long
async def test_large_type_keeps_captions_off_the_controls(visitors: Visitors) -> None:
    court = visitors.court
    judge = await visitors.judge()
    await visitors.open_court(judge)
    court.transcribing()
    party = await visitors.phone("plaintiff-1")
    await party.get_by_role("button", name="更多").click()
    for _ in range(2):
        await party.locator("dialog[open] .preference").nth(1).click()
    await party.locator("dialog[open]").get_by_role("button", name="关闭").click()
    court.speaks("judge-1", LONG * 4, 1_000)
    await expect(party.locator(".caption")).to_contain_text("逾期付款利息")
    await visitors.shot(party, "captions-elder")
    box, bar = await party.locator(".captions").bounding_box(), await party.locator(".toolbar").bounding_box()
    assert box is not None
    assert bar is not None
    assert box["y"] + box["height"] <= bar["y"]
    own = await party.locator(".court-own").bounding_box()
    assert own is not None
    assert box["y"] >= own["y"] + own["height"], "one's own picture stays in sight"
    size = await party.locator(".caption-text").evaluate("(text) => parseFloat(getComputedStyle(text).fontSize)")
    assert size >= 24
    # The end of a long speech is what is in sight.
    line = await party.locator(".caption-text > span").bounding_box()
    frame = await party.locator(".caption-text").bounding_box()
    assert line is not None
    assert frame is not None
    assert abs(line["y"] + line["height"] - frame["y"] - frame["height"]) < 3


def line(page: Page, name: str) -> Locator:
    return page.locator(f'[data-line="{name}"]')


@pytest.mark.long
async def test_of_two_clerks_at_one_line_neither_loses_a_word(visitors: Visitors) -> None:
    court = visitors.court
    judge = await visitors.judge()
    await visitors.open_court(judge)
    court.transcribing()
    name = await court.said("plaintiff-1", "我同义调解", 1_000, sure=300)
    gone = await court.said("defendant-1", "我方不同意", 3_000)
    first, second = await visitors.editor("desk"), await visitors.editor("desk2")
    for clerk in (first, second):
        await line(clerk, name).dblclick()
    await first.locator("#line-area").fill("我同意调解")
    await second.locator("#line-area").fill("我不同意调解方案")
    await first.keyboard.press("Control+Enter")
    await expect(line(first, name).locator(".line-text")).to_have_text("我同意调解")
    # The second is told before saving, sees both, and still has every word.
    conflict = second.locator(".line-conflict")
    await expect(conflict).to_contain_text("我同意调解")
    await expect(second.locator("#line-area")).to_have_value("我不同意调解方案")
    await visitors.shot(second, "conflict")
    await second.keyboard.press("Control+Enter")
    await expect(conflict).to_be_visible()
    await expect(second.locator("#line-area")).to_have_value("我不同意调解方案")
    await second.get_by_role("button", name="用我的文字").click()
    for clerk in (first, second):
        await expect(line(clerk, name).locator(".line-text")).to_have_text("我不同意调解方案")
    # Nothing is lost in the record either.
    await line(first, name).click()
    await first.keyboard.press("Alt+H")
    history = first.locator("dialog[open]")
    await expect(history).to_contain_text("识别原文")
    for words in ("我同义调解", "我同意调解", "我不同意调解方案", "书记员 赵敏"):
        await expect(history).to_contain_text(words)
    await visitors.shot(first, "revisions")
    await first.keyboard.press("Escape")

    # A line that goes away under the hands: the text stays, and may become a line of its own.
    await line(second, gone).dblclick()
    await second.locator("#line-area").fill("我方不同意赔偿")
    await line(first, gone).click()
    await first.keyboard.press("Delete")
    await expect(second.get_by_text("您的文字还在这里")).to_be_visible()
    await second.get_by_role("button", name="另写为新行").click()
    await expect(second.locator(".minutes-lines")).to_contain_text("我方不同意赔偿")
    await expect(line(first, gone)).to_have_count(0)
    await first.get_by_role("button", name="撤销").click()
    await expect(line(first, gone)).to_be_visible()


async def test_the_minutes_are_edited_by_keyboard_alone_while_lines_come(visitors: Visitors) -> None:
    court = visitors.court
    judge = await visitors.judge()
    await visitors.open_court(judge)
    court.transcribing()
    names = [await court.said("plaintiff-1", f"第{at}句话是这样说的", 1_000 * at) for at in range(1, 41)]
    await court.said("judge-1", "", 41_000, trouble="engine-failed", words=())
    clerk = await visitors.editor()
    await expect(clerk.locator(".line")).to_have_count(41)
    await expect(clerk.locator(".line-lost")).to_have_text("未能识别，请听录音")
    await tab_to(clerk, "未能识别")
    await clerk.keyboard.press("Home")
    for _ in range(6):
        await clerk.keyboard.press("ArrowDown")
    await expect(line(clerk, names[6])).to_be_focused()
    await clerk.keyboard.press("Enter")
    area = clerk.locator("#line-area")
    await expect(area).to_be_focused()
    await expect(area).to_have_value("第7句话是这样说的")
    top = await clerk.locator(".minutes-lines").evaluate("(list) => list.scrollTop")
    # New lines neither take the focus nor move what is read.
    for at in range(42, 47):
        await court.said("defendant-1", f"新的第{at}句", 1_000 * at)
    await expect(clerk.locator(".minutes-newer")).to_contain_text("新内容 5 条")
    await visitors.shot(clerk, "editing")
    await expect(area).to_be_focused()
    assert abs(await clerk.locator(".minutes-lines").evaluate("(list) => list.scrollTop") - top) < 3
    # A double click chooses a word; it does not begin anew.
    await clerk.keyboard.type("还有")
    await area.dblclick(position={"x": 30, "y": 18})
    await expect(area).to_have_value("第7句话是这样说的还有")
    await clerk.keyboard.press("Control+A")
    await clerk.keyboard.type("第七句话。其余不记得。")
    await clerk.keyboard.press("Enter")
    await expect(line(clerk, names[6]).locator(".line-text")).to_have_text("第七句话。其余不记得。")
    await expect(line(clerk, names[6])).to_be_focused()

    await clerk.keyboard.press("Enter")
    await expect(area).to_be_focused()
    await clerk.keyboard.press("Home")
    for _ in range(5):
        await clerk.keyboard.press("ArrowRight")
    await clerk.keyboard.press("Alt+S")
    await expect(line(clerk, names[6]).locator(".line-text")).to_have_text("第七句话。")
    await expect(clerk.locator(".line-text", has_text="其余不记得。")).to_have_count(1)
    await line(clerk, names[6]).focus()
    await clerk.keyboard.press("Alt+M")
    await expect(line(clerk, names[6]).locator(".line-text")).to_have_text("第七句话。其余不记得。")
    await clerk.keyboard.press("Escape")
    await clerk.keyboard.press("Alt+R")
    await press(clerk, "被告 李四")
    await expect(line(clerk, names[6]).locator(".line-who")).to_have_text("被告 李四")
    await expect(line(clerk, names[6])).to_be_focused()
    await clerk.keyboard.press("Delete")
    await expect(line(clerk, names[6])).to_have_count(0)
    await clerk.keyboard.press("Control+Z")
    await expect(line(clerk, names[6])).to_have_count(1)

    await line(clerk, names[6]).focus()
    await clerk.keyboard.press("F7")
    await expect(area).to_have_value("【证据1】")
    await clerk.keyboard.type("购销合同一份")
    await clerk.keyboard.press("Enter")
    await expect(clerk.locator(".line-exhibit .line-text")).to_have_text("【证据1】购销合同一份")
    await clerk.keyboard.press("F9")
    await clerk.keyboard.type("原告出示合同原件，被告阅看。")
    await clerk.keyboard.press("Control+Enter")
    await expect(clerk.locator(".line-note .line-text")).to_have_text("原告出示合同原件，被告阅看。")
    await line(clerk, names[6]).focus()
    await clerk.keyboard.press("?")
    await expect(clerk.locator("dialog[open]")).to_contain_text("Alt+M")
    await visitors.shot(clerk, "keys")


async def test_every_word_can_be_pressed_to_hear_it_from_there(visitors: Visitors) -> None:
    court = visitors.court
    judge = await visitors.judge()
    await visitors.open_court(judge)
    court.court.room(court.session).recording = Tape()
    name = await court.said("plaintiff-1", "我方有异议", 5_000)
    clerk = await visitors.editor()
    asked: list[str] = []

    def note(request: Request) -> None:
        address = urlsplit(request.url)
        if address.path.endswith("/sound"):
            asked.append(address.query)

    clerk.on("request", note)
    said = line(clerk, name)
    await said.locator("[data-ms]", has_text="异").click()
    await expect(said).to_have_class(re.compile("line-playing"))
    assert asked == ["track=plaintiff-1&from_ms=5300&to_ms=5500"], "from the fourth of its words on"
    await visitors.shot(clerk, "word-playing")
    # A second of sound has passed.
    await expect(said).not_to_have_class(re.compile("line-playing"))
    await said.focus()
    await clerk.keyboard.press("Space")
    await expect(clerk.get_by_role("button", name="停止播放")).to_be_visible()
    await clerk.keyboard.press("Escape")
    await expect(said).not_to_have_class(re.compile("line-playing"))
    await clerk.keyboard.press("Enter")
    await clerk.keyboard.press("Home")
    await clerk.keyboard.press("ArrowRight")
    await clerk.keyboard.press("Alt+P")
    await expect(said).to_have_class(re.compile("line-playing"))
    assert asked[1:] == [f"track=plaintiff-1&from_ms={at}&to_ms=5500" for at in (5000, 5100)]
    await clerk.keyboard.press("Escape")
    # The clerk's own words were said into no microphone.
    await clerk.keyboard.press("F3")
    await expect(clerk.locator("#line-area")).to_be_focused()
    await clerk.keyboard.press("Alt+P")
    await expect(clerk.locator(".banner")).to_contain_text("此行没有录音")


async def test_parties_and_the_bench_read_along_and_nobody_but_a_clerk_writes(visitors: Visitors) -> None:
    court = visitors.court
    judge = await visitors.judge()
    await visitors.open_court(judge)
    court.transcribing()
    party, kiosk = await visitors.phone("plaintiff-1"), await visitors.kiosk("defendant-1")
    for at in range(30):
        await court.said("plaintiff-1" if at % 2 else "judge-1", f"第{at}句。{LONG}", 1_000 * at + 1, sure=300)
    for name, page in {"phone": party, "kiosk": kiosk}.items():
        await page.get_by_role("button", name="笔录").click()
        panel = page.locator("dialog[open]")
        await expect(panel.locator(".line")).to_have_count(30)
        await expect(panel.locator(".line").first).to_contain_text("审判长 陈静怡")
        await expect(panel.locator(".line-unsure, textarea")).to_have_count(0)
        await expect(panel.locator(".line").last, "the newest is what is read").to_be_in_viewport()
        await visitors.shot(page, f"transcript-{name}")
    await judge.get_by_role("tab", name="笔录").click()
    await expect(judge.locator(".console-rail .line")).to_have_count(30)
    await expect(judge.locator(".console-rail .line").last).to_be_in_viewport()
    await visitors.shot(judge, "transcript-judge")
    await court.said("plaintiff-1", "最新一句", 40_000)
    for page in (judge, party, kiosk):
        await expect(page.locator(".line").last).to_contain_text("最新一句")
        await expect(page.locator(".line").last).to_be_in_viewport()
    await expect(judge.locator(".rail-read textarea")).to_have_count(0)
