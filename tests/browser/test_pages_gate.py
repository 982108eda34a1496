"""The gate on the product's pages: a party without a face check waits for the clerk, who sees and admits them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.visitors import chromium, consent_and_check, needs_chromium, sign_in, visit
from tests.fakes.serving import PASSWORD, ServerProcess, serving

pytestmark = [pytest.mark.browser, needs_chromium]

NUMBER = "11010519491231002X"
SEATS = (
    {"seat": "judge-1", "role": "presiding_judge", "name": "陈静怡", "required": True, "account": "bench"},
    {"seat": "clerk-1", "role": "clerk", "name": "林晓", "required": False, "account": "desk"},
    {"seat": "plaintiff-1", "role": "plaintiff", "name": "张三", "required": True},
)


async def session(server: ServerProcess, level: str) -> dict[str, Any]:
    """A gathered session of this level: its id and the plaintiff's link."""
    async with server.api() as clerk:
        await clerk.sign_in("desk", PASSWORD)
        made: dict[str, Any] = await clerk.call(
            "POST",
            "sessions",
            {
                "court": "测试法院",
                "case_no": "(2026)粤01民初9号",
                "hearing_no": "1",
                "cause": "借款合同纠纷",
                "title": "第一次庭审",
                "public": True,
                "scheduled_utc_ms": time.time_ns() // 1_000_000,
                "identity": level,
                "seats": SEATS,
            },
        )
        await clerk.call("POST", f"sessions/{made['id']}/gather")
        return made


def link(made: dict[str, Any]) -> str:
    return next(str(seat["invitation"]["url"]) for seat in made["seats"] if seat["seat"] == "plaintiff-1")


async def to_the_face_check(phone: Page) -> None:
    """Consent and document by keyboard alone, the number mistyped first; nothing is sent before."""
    await expect(phone.get_by_role("heading", name="是否使用人脸核验？")).to_be_visible()
    # What cannot be used yet, as while the notice loads, takes no focus and loses the key.
    for role, name, key in (
        ("button", "使用人脸核验 约半分钟", "Enter"),
        ("checkbox", None, "Space"),
        ("button", "同意，继续", "Enter"),
    ):
        control = phone.get_by_role(role, name=name)  # type: ignore[arg-type]
        await expect(control).to_be_enabled()
        await control.press(key)
    number = phone.get_by_label("证件号码")
    await number.focus()
    await phone.keyboard.type(f"{NUMBER[:5]}6{NUMBER[6:]}")
    await expect(phone.get_by_text("校验码不符")).to_be_visible()
    await expect(phone.get_by_role("button", name="核对")).to_be_disabled()
    assert (await phone.evaluate("window.media()"))["sent"] == 0
    await number.fill(NUMBER)
    await phone.keyboard.press("Enter")
    await expect(phone.get_by_role("heading", name="人脸核验")).to_be_visible()


async def vouch(browser: Browser, base_url: str, colleague: str) -> None:
    """The judge, who has not passed the gate either, vouches for a colleague."""
    judge = await visit(browser, f"{base_url}/judge", 1440, 900)
    await sign_in(judge, "bench")
    await judge.locator(".today-session").get_by_role("button").first.click()
    await judge.get_by_role("button", name=f"确认同事：{colleague}").click()
    await judge.locator("dialog[open]").get_by_label("说明").fill("与我同在本院办公室")
    await judge.locator("dialog[open]").get_by_role("button", name="核验通过").click()
    await expect(judge.get_by_text(f"已为{colleague}确认")).to_be_visible()
    await judge.context.close()


async def test_the_clerk_admits_a_party_who_declines_the_face_check(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, chromium() as browser:
        made = await session(server, "face")
        phone = await visit(browser, link(made), 390, 844)
        await consent_and_check(phone)
        await to_the_face_check(phone)
        await expect(phone.get_by_role("button", name="开始")).to_be_enabled()
        await phone.get_by_role("button", name="改由书记员核验").click()
        await expect(phone.get_by_role("heading", name="等候书记员核验")).to_be_visible()

        clerk = await visit(browser, f"{server.base_url}/clerk", 1440, 900)
        await sign_in(clerk, "desk")
        await clerk.locator(".session-card").click()
        await clerk.get_by_role("tab", name="身份核验").click()
        await expect(clerk.get_by_text("您本人尚未核验")).to_be_visible()
        await vouch(browser, server.base_url, "林晓")
        await expect(clerk.get_by_text("您本人尚未核验")).to_have_count(0)
        row = clerk.get_by_role("row").filter(has_text="张三")
        await expect(row).to_contain_text("110***********002X")
        await row.get_by_role("button", name="核验通过").click()
        dialog = clerk.locator("dialog[open]")
        await dialog.get_by_label("说明").fill("看过")
        await dialog.get_by_role("button", name="核验通过").click()
        await expect(dialog.get_by_role("alert")).to_be_visible()
        await dialog.get_by_label("说明").fill("已核对身份证原件与本人一致")
        await dialog.get_by_role("button", name="核验通过").click()
        await expect(phone.get_by_role("heading", name="候审中")).to_be_visible()


@pytest.mark.long
async def test_three_failures_close_the_way_and_the_clerk_sees_it_at_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, chromium() as browser:
        made = await session(server, "face")
        await vouch(browser, server.base_url, "林晓")
        clerk = await visit(browser, f"{server.base_url}/clerk", 1440, 900)
        await sign_in(clerk, "desk")
        await clerk.locator(".session-card").click()
        await clerk.get_by_role("tab", name="身份核验").click()
        phone = await visit(browser, link(made), 390, 844)
        await consent_and_check(phone)
        await to_the_face_check(phone)
        row = clerk.get_by_role("row").filter(has_text="张三")
        for begin, left in (("开始", "还可尝试 2 次"), ("再试一次", "还可尝试 1 次"), ("再试一次", "")):
            await phone.get_by_role("button", name=begin).click(timeout=30_000)
            # There is nobody before this camera: said at once, with what to do.
            await expect(phone.locator(".gate-hint")).to_have_text("画面中没有人脸，请正对摄像头")
            await phone.get_by_role("button", name="放弃本次核验").click()
            if left:
                await expect(phone.locator(".notice-warn")).to_contain_text(f"本次未通过，{left}")
                await expect(phone.locator(".gate-reason")).to_have_text("核验未完成，已按一次未通过计")
        await expect(phone.get_by_role("heading", name="自动核验暂时关闭")).to_be_visible()
        await expect(phone.locator(".state-card")).to_contain_text("后可再次自动核验")
        await expect(phone.get_by_role("button", name="再试一次")).to_have_count(0)
        await expect(row).to_contain_text("已锁定")
        await expect(row).to_contain_text("3 次未通过")
        await row.get_by_role("button", name="解除锁定").click()
        await clerk.locator("dialog[open]").get_by_label("说明").fill("电话里说摄像头已修好")
        await clerk.locator("dialog[open]").get_by_role("button", name="解除锁定").click()
        await expect(phone.get_by_role("button", name="开始")).to_be_enabled(timeout=30_000)
