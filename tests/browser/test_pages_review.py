"""After 闭庭 on the product's pages: reading, correcting, signing and refusing to sign the minutes.

The pages, the server, keys and pictures are real; what was said is told by the test, and the recorder plays a tone.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from docx import Document
from playwright.async_api import Browser, Page, expect

from hearing.commands import MoveSession
from hearing.review_events import MinutesSigned
from hearing.session import Move
from hearing.transcript_events import UtteranceHeard
from records.sealing.signatures import Fault, check_signatures
from records.writing import words
from signaling.minutes.signature_shelf import SignatureShelf
from tests.browser.visitors import chromium, consent_and_check, needs_chromium, sign_in, visit
from tests.fakes.courthouse import Tape
from tests.fakes.written_court import WrittenCourt, written_court

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(240)]

TZ = words.zone("Asia/Shanghai")


async def _judge(browser: Browser, court: WrittenCourt) -> Page:
    page = await visit(browser, f"{court.url}/judge", 1440, 900)
    await sign_in(page, "bench")
    await page.get_by_text("进入法庭").click()
    await page.get_by_text("审判席").first.wait_for()
    await court.until_open()
    return page


async def _phone(browser: Browser, court: WrittenCourt, seat: str) -> Page:
    page = await visit(browser, court.url + court.links[seat], 390, 844)
    await consent_and_check(page)
    await page.locator(".courtroom").wait_for()
    return page


async def _ask(page: Page, line: str, wanted: str, reason: str) -> None:
    await page.locator(f'[data-line="{line}"]').get_by_role("button", name="申请补正").click()
    await page.get_by_label("应更正为").fill(wanted)
    await page.get_by_label("理由（可不填）").fill(reason)
    await page.get_by_role("button", name="提交申请").click()
    await expect(page.locator(f'[data-line="{line}"] .review-asked')).to_contain_text("待书记员")


async def _write(page: Page) -> None:
    """The name, by mouse, on the sheet."""
    await page.get_by_role("button", name="签名", exact=True).click()
    box = await page.locator(".pad-sheet").bounding_box()
    assert box is not None
    submit = page.get_by_role("button", name="确认签名")
    await expect(submit).to_be_disabled()
    for stroke in (0.3, 0.6):
        await page.mouse.move(box["x"] + 30, box["y"] + box["height"] * stroke)
        await page.mouse.down()
        await page.mouse.move(box["x"] + box["width"] - 40, box["y"] + box["height"] * (1 - stroke), steps=6)
        await page.mouse.up()
    await page.get_by_text("我已阅读全部笔录").click()


async def _type(page: Page, name: str) -> None:
    """By keyboard alone."""
    await page.get_by_role("button", name="签名", exact=True).press("Enter")
    await page.get_by_role("radio", name="手写").press("ArrowRight")
    await page.get_by_label("您的姓名").press_sequentially(name)
    await page.get_by_role("checkbox").press("Space")


async def _submit(page: Page) -> None:
    await page.get_by_role("button", name="确认签名").click()
    await expect(page.get_by_text("您已签名", exact=True)).to_be_visible()


@pytest.mark.long
async def test_the_minutes_are_corrected_signed_refused_and_concluded(tmp_path: Path) -> None:
    async with written_court() as court, chromium() as browser:
        judge = await _judge(browser, court)
        gavel = judge.locator(".move-open")
        await gavel.click()
        await gavel.click()
        await expect(judge.locator(".bar-phase")).to_have_text("宣布开庭")
        one, other = [await _phone(browser, court, seat) for seat in ("plaintiff-1", "defendant-1")]
        clerk = await visit(browser, f"{court.url}/clerk", 1440, 900)
        await sign_in(clerk, "desk")
        await clerk.locator(".session-card").click()
        room = court.court.room(court.session)
        async with asyncio.timeout(15):
            while room.hearing.people[court.people["clerk-1"]].presence != "present":
                await asyncio.sleep(0.05)
        right = await court.said("plaintiff-1", "我同义调解", 1_000)
        wrong = await court.said("defendant-1", "我方不同意", 3_000)
        room.recording = Tape()
        await room.ledger.do(court.people["judge-1"], MoveSession(move=Move.CLOSE))
        await clerk.get_by_role("tab", name="核对签名").click()
        await clerk.screenshot(path=tmp_path / "clerk-documents.png")
        async with clerk.expect_download() as download:
            await clerk.get_by_role("button", name="DOCX").click()
        saved = await (await download.value).path()
        assert (await download.value).suggested_filename.endswith("-draft.docx")
        told = await asyncio.to_thread(lambda: [block.text for block in Document(str(saved)).paragraphs])
        assert "原告张三：我同义调解" in told
        await clerk.get_by_role("button", name="开放笔录核对").click()
        await clerk.get_by_role("button", name="开放", exact=True).click()

        await expect(clerk.get_by_role("heading", name="核对笔录")).to_be_visible()
        await expect(one.get_by_role("heading", name="核对笔录")).to_be_visible()
        await expect(one.get_by_role("timer").last).to_contain_text("阅读期限剩余")
        await _ask(one, right, "我同意调解", "听错了")
        await _ask(one, wrong, "我方同意", "被告当庭同意")
        await one.screenshot(path=tmp_path / "phone-asked.png")
        await expect(clerk.get_by_role("heading", name="待处理 2")).to_be_visible()
        await clerk.screenshot(path=tmp_path / "clerk-requests.png")
        first, second = (clerk.locator(".review-request", has_text=text) for text in ("听错了", "被告当庭同意"))
        await first.get_by_role("button", name="准予补正").click()
        dialog = clerk.locator("dialog[open]")
        await dialog.get_by_role("button", name="准予补正").click()
        await expect(dialog).to_contain_text("请先播放该段录音再作决定")
        await dialog.get_by_role("button", name="取消").click()
        for request in (first, second):
            await request.get_by_role("button", name="播放录音").click()
            await expect(request.locator("audio")).to_have_count(1)
        await first.get_by_role("button", name="准予补正").click()
        await dialog.get_by_role("button", name="准予补正").click()
        await expect(one.locator(f'[data-line="{right}"] > p')).to_have_text("原告张三：我同意调解")
        await second.get_by_role("button", name="不予补正").click()
        await dialog.locator("textarea").fill("与录音不符")
        await dialog.get_by_role("button", name="不予补正").click()
        await expect(one.locator(f'[data-line="{wrong}"]')).to_contain_text("与录音不符")
        await one.screenshot(path=tmp_path / "phone-answered.png")

        await _write(one)
        await one.screenshot(path=tmp_path / "phone-sign.png")
        await _submit(one)
        await expect(one.locator(".review-picture")).to_be_visible()
        await one.screenshot(path=tmp_path / "phone-signed.png")
        await other.get_by_role("button", name="拒绝签名").click()
        await other.get_by_role("button", name="确认拒绝签名").click()
        await expect(other.get_by_text("请填写理由")).to_be_visible()
        await other.get_by_label("拒绝签名的理由").fill("记录不全")
        await other.screenshot(path=tmp_path / "phone-refuse.png")
        await other.get_by_role("button", name="确认拒绝签名").click()
        await expect(other.get_by_text("您已拒绝签名")).to_be_visible()

        finish = clerk.get_by_role("button", name="办结签名")
        await expect(finish).to_be_disabled()
        await _type(judge, "陈静怡")
        await judge.screenshot(path=tmp_path / "judge-sign.png")
        await _submit(judge)
        await _write(clerk)
        await _submit(clerk)
        await expect(clerk.get_by_role("heading", name="签名情况（4/4）")).to_be_visible()
        await clerk.screenshot(path=tmp_path / "clerk-done.png")
        await judge.screenshot(path=tmp_path / "judge-done.png")
        await finish.click()
        await dialog.get_by_role("button", name="办结签名").click()
        for page in (one, other, judge, clerk):
            await expect(page.get_by_role("heading", name="笔录已签署完毕")).to_be_visible()
            await expect(page.get_by_role("button", name="申请补正")).to_have_count(0)
        await _one_changed_byte_is_found(court)


async def _one_changed_byte_is_found(court: WrittenCourt) -> None:
    """Of what real pages signed: text, picture, key."""
    store = court.court.services.store
    entries = [entry async for entry in court.court.room(court.session).ledger.entries()]
    pictures = await SignatureShelf(store, court.session).all_signed()
    assert [(c.fault, c.current) for c in check_signatures(entries, pictures, TZ)] == [(None, True)] * 3

    def faults(event: type, change: object) -> list[Fault | None]:
        changed = [
            msgspec.structs.replace(e, event=change(e.event)) if isinstance(e.event, event) else e  # type: ignore[operator]
            for e in entries
        ]
        return [c.fault for c in check_signatures(changed, pictures, TZ)]

    def other_key(signed: MinutesSigned) -> MinutesSigned:
        key = bytearray.fromhex(signed.public_key)
        key[-1] ^= 1
        return msgspec.structs.replace(signed, public_key=key.hex())

    assert faults(MinutesSigned, other_key) == [Fault.SIGNATURE] * 3
    heard = lambda e: msgspec.structs.replace(e, text=e.text.replace("不", "木"))  # noqa: E731
    assert faults(UtteranceHeard, heard) == [Fault.MINUTES] * 3
    for sha256, picture in pictures.items():
        flipped = {**pictures, sha256: picture[:60] + bytes([picture[60] ^ 1]) + picture[61:]}
        assert Fault.PICTURE in [c.fault for c in check_signatures(entries, flipped, TZ)]
