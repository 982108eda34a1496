"""Every built door opens in Chromium under our security headers: no refused script, style or request of its own."""

from __future__ import annotations

import pytest
from playwright.async_api import async_playwright

from tests.browser.sfu_stage import CHROMIUM
from tests.fakes.courthouse import courthouse

pytestmark = pytest.mark.browser

DOORS = ("/", "/join", "/kiosk", "/judge", "/clerk", "/signin", "/display/none", "/observe/none")
DRAWN = "() => document.querySelector('#app')?.children.length > 0"
HELLO = """() => new Promise((resolve) => {
    const socket = new WebSocket(`ws://${location.host}/ws`);
    socket.onopen = () => socket.send(JSON.stringify({type: "hello", version: 1, ticket: "x"}));
    socket.onmessage = (event) => resolve(JSON.parse(event.data).code);
    socket.onerror = () => resolve("refused");
})"""


async def test_every_door_opens_without_breaking_the_policy_and_reaches_the_socket() -> None:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    async with courthouse() as court, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        refused: list[str] = []
        for door in DOORS:
            # A page of its own: a door for staff goes on to the sign-in by itself, which would cut off the next one.
            page = await chromium.new_page()
            page.on("console", lambda line: refused.append(line.text) if "Content Security" in line.text else None)
            page.on("pageerror", lambda problem: refused.append(str(problem)))
            response = await page.goto(court.url + door)
            assert response is not None
            assert response.status == 200
            await page.wait_for_function(DRAWN)
            assert refused == [], door
            await page.close()
        page = await chromium.new_page()
        await page.goto(court.url)
        assert await page.evaluate(HELLO) == "ticket-invalid"
        await chromium.close()
