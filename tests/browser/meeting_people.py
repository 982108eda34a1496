"""People at the pages of a creditors' meeting: two who run it, a creditor who votes and checks the vote."""

from __future__ import annotations

import asyncio
import os

from playwright.async_api import Page, expect

SHOTS = os.environ.get("MEETING_SHOTS", "")
"""A folder for pictures, to look at."""


async def shot(page: Page, name: str) -> None:
    """A picture of the whole page, where they are wanted."""
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


async def by_two(asks: Page, confirms: Page, act: str) -> None:
    """At the console the one asks, the other sees who asked and confirms."""
    await asks.get_by_role("button", name=act).first.click()
    await asks.get_by_role("button", name="发起，等待另一人确认").click()
    await expect(asks.get_by_text("等待另一人确认").first).to_be_visible()
    await confirms.get_by_role("button", name=f"确认：{act.replace('第二次', '')}").click()
    await expect(asks.get_by_role("button", name="撤回")).to_have_count(0)


async def choose(page: Page, button: str, choice: str) -> None:
    """Both steps of a creditor's ballot; a hasty second tap on the confirmation does nothing."""
    await page.get_by_role("button", name=button).first.click()
    dialog = page.get_by_role("dialog")
    await shot(page, f"choose-{choice}")
    await dialog.get_by_role("button", name=choice, exact=True).click()
    confirm = dialog.get_by_role("button", name=f"确认投票：{choice}")
    await confirm.dispatch_event("click")
    await expect(confirm).to_be_visible()
    await shot(page, f"confirm-{choice}")
    # Until the page takes it: the moment against double taps has passed.
    async with asyncio.timeout(10):
        while await confirm.count():
            await confirm.dispatch_event("click")
            await asyncio.sleep(0.1)


async def voted(page: Page) -> None:
    """The page says that the ballot is in the log; go on."""
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("投票成功")).to_be_visible()
    await shot(page, "voted")
    await dialog.get_by_role("button", name="完成").click()


async def verify_receipts(page: Page, count: int) -> None:
    """Every receipt that the phone keeps is checked on the phone, and found in the log."""
    listed = page.get_by_role("region", name="我的回执").get_by_role("button")
    await expect(listed).to_have_count(count)
    for place in range(count):
        await listed.nth(place).click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.locator(".qr path")).to_be_attached()
        await dialog.get_by_role("button", name="核验我的票").click()
        await expect(dialog.get_by_text("核验通过")).to_be_visible()
        await expect(dialog.locator(".verify-good")).to_have_count(4)
        await dialog.get_by_role("button", name="关闭").click()
