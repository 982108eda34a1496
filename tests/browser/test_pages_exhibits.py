"""Exhibits on the product's pages: handed in on a phone, reviewed by the clerk, shown by the judge to everybody, and
spoken of by the other side.

Pages, server and files are real. Pictures of the pages stay in the test's folder for people to look at.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from config import load
from records.memory import MemoryStore
from tests.browser.test_pages_minutes import Visitors
from tests.browser.visitors import chromium, needs_chromium
from tests.fakes.pdfs import lettered_pdf
from tests.fakes.shown_exhibit import PICTURE
from tests.fakes.written_court import written_court
from yunting.record.exhibit_files import DiskExhibits
from yunting.record.recording_keys import open_recording_keys

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(240)]

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
async def visitors(tmp_path: Path) -> AsyncIterator[Visitors]:
    folder = tmp_path / "recordings"
    environment = {"YUNTING_STORAGE_FOLDER": str(tmp_path), "YUNTING_STORAGE_ENCRYPT": "false"}
    settings = await asyncio.to_thread(load, None, environment)
    keys = await open_recording_keys(settings, MemoryStore())
    files = DiskExhibits(lambda session: folder / session, keys)
    async with written_court(files) as court, chromium() as browser:
        yield Visitors(court, browser, tmp_path)


async def sheet(page: Page) -> Locator:
    """A phone's exhibits, by way of 更多."""
    await page.get_by_role("button", name="更多").click()
    await page.locator("dialog[open]").get_by_role("button", name="证据", exact=True).click()
    opened = page.locator("dialog[open]")
    await expect(opened.get_by_role("heading", name="证据", exact=True)).to_be_visible()
    return opened


async def hand_in(opened: Locator, name: str, kind: str, data: bytes) -> None:
    """Choose a file in the form and say what it is."""
    await opened.get_by_role("button", name="提交证据").click()
    await opened.locator("input[type=file]").set_input_files({"name": name, "mimeType": kind, "buffer": data})
    await opened.get_by_label("来源").fill("原告拍摄")
    await opened.get_by_label("证明目的").fill("证明交货")
    await opened.get_by_role("button", name="确认提交").click()


def row(page: Page, number: int = 1) -> Locator:
    """An exhibit in the court's register."""
    return page.locator(f".exhibit-desk [data-exhibit='{number}']")


async def sees_the_picture(page: Page) -> None:
    """The shown exhibit is there, with words for who does not see it, and its picture is whole."""
    shown = page.locator(".exhibit-shown")
    await expect(shown).to_contain_text("证据1 现场照片")
    image = shown.get_by_role("img", name="证据1 现场照片，图片")
    await expect(image).to_be_visible()
    assert await image.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 8
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def say_deny_relevance(opened: Locator) -> None:
    """An opinion that is whole only once all three qualities are chosen."""
    await opened.get_by_role("group", name="真实性").get_by_text("认可", exact=True).click()
    await opened.get_by_role("group", name="合法性").get_by_text("认可", exact=True).click()
    await opened.get_by_role("button", name="提交意见").click()
    await expect(opened).to_contain_text("请对真实性、合法性、关联性逐项选择")
    await opened.get_by_role("group", name="关联性").get_by_text("不认可", exact=True).click()
    await opened.get_by_label("理由和说明").fill("与本案无关")
    await opened.get_by_role("button", name="提交意见").click()
    await expect(opened).to_contain_text("已提交对证据1的意见")


async def test_from_the_phone_by_the_clerk_and_the_judge_to_the_other_side(visitors: Visitors) -> None:
    judge = await visitors.judge()
    plaintiff = await visitors.phone("plaintiff-1")
    defendant = await visitors.phone("defendant-1")
    await visitors.open_court(judge)
    await expect(plaintiff.get_by_role("button", name="更多")).to_be_visible()

    opened = await sheet(plaintiff)
    await hand_in(opened, "现场照片.png", "image/png", PICTURE)
    await expect(opened).to_contain_text("证据已提交")
    card = opened.locator("[data-exhibit='1']")
    await expect(card).to_contain_text("证据1 现场照片")
    await expect(card).to_contain_text("待审核")
    await visitors.shot(plaintiff, "party-list")
    await opened.get_by_role("button", name="关闭").click()
    other = await sheet(defendant)
    await expect(other).to_contain_text("还没有您可以查看的证据")
    await other.get_by_role("button", name="关闭").click()

    clerk = await visitors.clerk()
    await clerk.get_by_role("tab", name="证据与标记").click()
    await row(clerk).locator(".exhibit-row-head").click()
    await expect(row(clerk)).to_contain_text("原告 张三")
    await expect(row(clerk).get_by_role("button", name="出示")).to_have_count(0)
    await row(clerk).get_by_role("button", name="审核通过").click()
    await expect(row(clerk)).to_contain_text("已审核")
    await visitors.shot(clerk, "clerk-desk")

    # By keyboard alone, as everything on the bench.
    await judge.keyboard.press("e")
    await expect(row(judge).locator(".exhibit-row-head")).to_be_focused()
    await judge.keyboard.press("s")
    wall = await visitors.display()
    for name, page in {"judge": judge, "plaintiff": plaintiff, "defendant": defendant, "wall": wall}.items():
        await sees_the_picture(page)
        await visitors.shot(page, f"shown-{name}")
    await expect(row(clerk)).to_contain_text("已出示")

    await defendant.locator(".exhibit-press").click()
    await expect(defendant.locator(".exhibit-press")).to_have_attribute("aria-pressed", "true")
    await defendant.locator(".exhibit-press").press("0")
    await expect(defendant.locator(".exhibit-press")).to_have_attribute("aria-pressed", "false")
    await defendant.locator(".exhibit-shown").get_by_role("button", name="质证意见").click()
    opened = defendant.locator("dialog[open]")
    await say_deny_relevance(opened)
    await visitors.shot(defendant, "opinion-given")
    await opened.get_by_role("button", name="关闭").click()
    await judge.keyboard.press("Enter")
    await expect(row(judge)).to_contain_text("真实性认可、合法性认可、关联性不认可")
    await expect(row(judge)).to_contain_text("与本案无关")

    await row(judge).get_by_role("button", name="停止出示").click()
    for page in (judge, plaintiff, defendant, wall):
        await expect(page.locator(".exhibit-shown")).to_have_count(0)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_the_judge_turns_the_pages_of_a_pdf_for_everybody(visitors: Visitors) -> None:
    judge = await visitors.judge()
    plaintiff = await visitors.phone("plaintiff-1")
    kiosk = await visitors.kiosk("defendant-1")
    await visitors.open_court(judge)
    opened = await sheet(plaintiff)
    await hand_in(
        opened, "合同.pdf", "application/pdf", await asyncio.to_thread(lettered_pdf, "甲方", "乙方", "签章")
    )
    await expect(opened.locator("[data-exhibit='1']")).to_contain_text("证据1 合同", timeout=20_000)
    await opened.get_by_role("button", name="查看").click()
    await expect(opened.get_by_role("img", name="证据1 合同 第 1 / 3 页，图片")).to_be_visible(timeout=20_000)
    await opened.get_by_role("button", name="下一页").click()
    await expect(opened.get_by_role("img", name="第 2 / 3 页")).to_be_visible()
    await visitors.shot(plaintiff, "pdf-look")
    await opened.get_by_role("button", name="原文件").click()
    await expect(opened.get_by_role("link", name="打开")).to_be_visible()
    await opened.get_by_role("button", name="返回列表").click()
    await opened.get_by_role("button", name="关闭").click()

    await judge.keyboard.press("e")
    await row(judge).locator(".exhibit-row-head").click()
    await row(judge).get_by_role("button", name="审核通过").click()
    await row(judge).get_by_role("button", name="出示").click()
    wall = await visitors.display()
    pages = {"judge": judge, "plaintiff": plaintiff, "kiosk": kiosk, "wall": wall}
    for number in (1, 2):
        for name, page in pages.items():
            shown = page.locator(".exhibit-shown")
            await expect(shown.locator(".exhibit-head")).to_contain_text(f"第 {number} / 3 页")
            image = shown.get_by_role("img", name=f"证据1 合同 第 {number} / 3 页，图片")
            await expect(image).to_be_visible()
            assert await image.evaluate("(image) => image.decode().then(() => image.naturalHeight)") == 2_000
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await visitors.shot(page, f"pdf-{name}-{number}")
        await judge.locator(".exhibit-shown").get_by_role("button", name="下一页").click()
    await expect(plaintiff.locator(".exhibit-shown").get_by_role("button", name="下一页")).to_have_count(0)


async def test_a_refused_file_says_why_and_ones_own_is_taken_back(visitors: Visitors) -> None:
    judge = await visitors.judge()
    plaintiff = await visitors.phone("plaintiff-1")
    await visitors.open_court(judge)
    opened = await sheet(plaintiff)
    await hand_in(opened, "合同.pdf", "application/pdf", b"<html>")
    await expect(opened.get_by_role("alert")).to_contain_text("只能上传 PDF、PNG、JPEG、MP4 或 WAV 文件")
    # What was written stays; only the file is another.
    await opened.locator("input[type=file]").set_input_files(
        {"name": "合同.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    await opened.get_by_role("button", name="确认提交").click()
    await expect(opened.locator("[data-exhibit='1']")).to_contain_text("证据1 合同")
    await opened.get_by_role("button", name="查看").click()
    await expect(opened.get_by_role("link", name="打开")).to_be_visible()
    await expect(opened).to_contain_text("此 PDF 无法在页面上显示")
    await opened.get_by_role("button", name="返回列表").click()
    await opened.get_by_role("button", name="撤回").click()
    await expect(opened).to_contain_text("撤回后不能恢复")
    await opened.get_by_role("button", name="确认撤回").click()
    await expect(opened.locator("[data-exhibit='1']")).to_contain_text("已撤回")
    await expect(opened.get_by_role("button", name="撤回")).to_have_count(0)


async def test_the_clerk_hands_in_for_a_party_and_opens_it_to_the_public(visitors: Visitors) -> None:
    judge = await visitors.judge()
    await visitors.phone("plaintiff-1")
    await visitors.phone("defendant-1")
    await visitors.open_court(judge)
    clerk = await visitors.clerk()
    await clerk.get_by_role("tab", name="证据与标记").click()
    await clerk.locator(".exhibit-desk").get_by_role("button", name="提交证据").click()
    opened = clerk.locator("dialog[open]")
    await opened.locator("input[type=file]").set_input_files(
        {"name": "现场照片.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    await opened.get_by_role("button", name="确认提交").click()
    await expect(opened).to_contain_text("请填写来源")
    await opened.get_by_label("来源").fill("被告提供")
    await opened.get_by_label("证明目的").fill("证明已付款")
    await opened.get_by_label("替谁提交").select_option(label="被告 李四")
    await opened.get_by_label("编号").fill("7")
    await opened.get_by_role("button", name="确认提交").click()
    await row(clerk, 7).locator(".exhibit-row-head").click()
    await expect(row(clerk, 7)).to_contain_text("被告 李四")
    await row(clerk, 7).get_by_role("button", name="列入公开版").click()
    await expect(opened).to_contain_text("任何人都可能看到")
    await opened.get_by_role("button", name="确认列入").click()
    await expect(row(clerk, 7)).to_contain_text("公开版可含")
    await row(clerk, 7).get_by_role("button", name="要求原件").click()
    await opened.get_by_role("button", name="要求原件").click()
    await expect(row(clerk, 7)).to_contain_text("要求提交原件")
    await row(clerk, 7).get_by_role("button", name="记录质证意见").click()
    await expect(opened.get_by_label("谁的意见").locator("option")).to_have_text(["原告 张三"])
