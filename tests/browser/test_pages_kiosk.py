"""A booth forgets the person before: leaving clears storage and preferences and comes back to the first screen."""

from __future__ import annotations

import pytest
from playwright.async_api import async_playwright

from tests.browser.sfu_stage import CHROMIUM
from tests.fakes.courthouse import courthouse

pytestmark = pytest.mark.browser

LEAVE_TRACES = "() => { localStorage.setItem('trace', '1'); sessionStorage.setItem('trace', '1'); }"
TRACES = "() => [localStorage.length, sessionStorage.length, document.documentElement.dataset.size]"


async def test_leaving_a_booth_leaves_nothing() -> None:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    async with courthouse() as court, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = await chromium.new_page(viewport={"width": 1080, "height": 1920})
        await page.goto(f"{court.url}/kiosk")
        await page.click(".attract")
        await page.click(".mode-elder")
        await page.keyboard.type("12345678")
        await page.click(".keypad .button-primary")
        # Nobody has this code: said in words, and the digits are gone for the next try.
        await page.wait_for_selector(".field-error")
        assert await page.inner_text(".keypad-digits") == ""
        await page.evaluate(LEAVE_TRACES)
        assert await page.evaluate(TRACES) == [1, 1, "elder"]
        await page.click(".kiosk-out")
        await page.wait_for_selector(".state-card")
        await page.wait_for_function("() => localStorage.length === 0")
        assert await page.evaluate(TRACES) == [0, 0, "normal"]
        await page.wait_for_selector(".attract")
        await chromium.close()
