"""What goes out of a meeting, at the pages: a document to a creditor, papers, a draw, the notice and its delivery."""

from __future__ import annotations

from pathlib import Path

import pytest
from docx import Document
from playwright.async_api import Page, expect

from tests.browser.meeting_people import shot
from tests.browser.visitors import chromium, needs_chromium, sign_in, visit
from tests.fakes.meeting_court import called, number_of, phone
from tests.fakes.serving import serving

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(240)]


async def saved(page: Page, link: str, folder: Path) -> Path:
    """The file behind a link of this name."""
    async with page.expect_download() as got:
        await page.get_by_role("link", name=link).first.click()
    download = await got.value
    file = folder / download.suggested_filename
    await download.save_as(file)
    return file


async def test_documents_papers_notices_and_a_draw_at_the_pages(tmp_path: Path) -> None:
    plan = tmp_path / "重整计划草案.pdf"
    plan.write_bytes(b"%PDF-1.7\n%%EOF\n")
    async with (
        serving(tmp_path / "server") as server,
        called(server, [100, 200, 300]) as court,
        chromium() as browser,
    ):
        desk = await visit(browser, f"{server.base_url}/meetings?id={court.meeting}", 1440, 900)
        await sign_in(desk, "desk")
        await desk.get_by_role("tab", name="下载").click()
        documents = desk.get_by_role("region", name="会议文件")
        await documents.locator("input[type=file]").set_input_files(plan)
        await expect(documents.get_by_label("标题")).to_have_value("重整计划草案")
        await documents.get_by_role("button", name="提交").click()
        await expect(documents.get_by_role("link", name="重整计划草案")).to_be_visible()
        await expect(documents).to_contain_text("已阅 0 / 3 人")
        await shot(desk, "outputs-documents")

        await court.post("motions", {"title": "关于财产变价方案", "matter": "ordinary"})
        await court.post("doors", {})
        link = await court.link("C1")
        creditor = await visit(browser, f"{server.base_url}/meeting/{court.meeting}#{link}", 390, 844)
        await creditor.get_by_label("证件号码").fill(number_of(1)[-6:])
        await creditor.get_by_role("button", name="签到").click()
        async with creditor.context.expect_page():
            await creditor.get_by_role("button", name="打开 重整计划草案").click()
        await expect(creditor.locator(".document-read")).to_be_visible()

        await court.by_two("open")
        token = await court.sign_in(2, court.clerk)
        async with phone(court.clerk, court.meeting, token) as two:
            assert (await two.cast("against", "b"))["type"] == "receipt"
        await court.by_two("close")
        await expect(creditor.get_by_role("heading", name="表决结果告知书")).to_have_count(0)
        await court.by_two("announce")
        notices = creditor.get_by_role("region", name="表决结果告知书")
        await notices.get_by_role("button", name="查看").click()
        dialog = creditor.get_by_role("dialog")
        await expect(dialog).to_contain_text("未收到您的表决票")
        await expect(dialog).to_contain_text("法院已签名记录")
        await shot(creditor, "outputs-notice")
        await dialog.get_by_role("button", name="关闭").click()
        await expect(notices.locator(".document-read")).to_be_visible()

        await desk.reload()
        await desk.get_by_role("tab", name="下载").click()
        await expect(desk.get_by_role("region", name="会议文件")).to_contain_text("已阅 1 / 3 人")
        resolution = await saved(desk, "决议 DOCX", tmp_path)
        assert "未获通过" in "".join(block.text for block in Document(str(resolution)).paragraphs)
        told = desk.get_by_role("region", name="表决结果告知")
        await expect(told).to_contain_text("本人已查看 1")
        await told.get_by_role("button", name="登记送达").click()
        note = desk.get_by_role("dialog")
        await note.get_by_label("债权人编号").fill("C2，C3")
        await note.get_by_label("回证").fill("送达回证2号")
        await note.get_by_role("button", name="登记", exact=True).click()
        await expect(told).to_contain_text("当面送达 2")
        assert (await saved(desk, "送达证据", tmp_path)).stat().st_size > 1_000

        draws = desk.get_by_role("region", name="抽签")
        await draws.get_by_label("用途").fill("抽取债权人代表")
        await draws.get_by_label("将采用的公开文字").fill("当晚双色球开奖号码")
        await draws.get_by_label("抽取人数").fill("2")
        await draws.get_by_role("button", name="开始抽签").click()
        await draws.get_by_label("公开文字（与公布的一致）").fill("03 09 14 22 27 31 + 08")
        await draws.get_by_role("button", name="开签").click()
        await expect(draws).to_contain_text("抽中：债权人")
        await shot(desk, "outputs-desk")
        packages = desk.get_by_role("region", name="卷宗包")
        await packages.get_by_role("button", name="生成卷宗包").click()
        await expect(packages.get_by_role("link")).to_be_visible(timeout=60_000)
