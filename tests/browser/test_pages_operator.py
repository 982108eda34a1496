"""The operator's page in Chromium: who may sign in, and which devices may connect."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.visitors import chromium, needs_chromium, sign_in, visit
from tests.fakes.serving import STAFF, serving

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(120)]


async def test_accounts_and_devices_are_listed_anew_after_each_change(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, chromium() as browser:
        page = await visit(browser, f"{server.base_url}/signin", 1440, 900)
        await sign_in(page, "root")
        accounts = page.get_by_role("region", name="账号")
        await expect(accounts.get_by_role("row")).to_have_count(len(STAFF) + 1)
        await accounts.get_by_role("row").filter(has_text="desk").get_by_role("button", name="停用").click()
        await page.locator("dialog[open]").get_by_role("button", name="停用").click()
        row = accounts.get_by_role("row").filter(has_text="desk")
        await expect(row).to_contain_text("已停用")
        await row.get_by_role("button", name="恢复").click()
        await expect(row).not_to_contain_text("已停用")

        await page.get_by_role("tab", name="设备").click()
        devices = page.get_by_role("region", name="设备")
        await expect(devices).to_contain_text("还没有登记设备")
        await devices.get_by_role("button", name="登记设备").click()
        dialog = page.locator("dialog[open]")
        await dialog.get_by_label("设备名称").fill("第三法庭显示屏")
        await dialog.get_by_role("button", name="登记设备").click()
        await expect(dialog).to_contain_text("凭证只显示这一次")
        await dialog.get_by_role("button", name="我已在设备上输入").click()
        row = devices.get_by_role("row").filter(has_text="第三法庭显示屏")
        await row.get_by_role("button", name="注销").click()
        await page.locator("dialog[open]").get_by_role("button", name="注销").click()
        await expect(devices).to_contain_text("还没有登记设备")
        await page.context.close()
