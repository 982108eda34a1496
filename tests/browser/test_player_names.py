"""The offline player opens files whatever their names hold. Those of a package are safe everywhere; but people rename
copies on their disks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from tests.browser.sfu_stage import CHROMIUM
from tests.browser.test_player import ARGUMENTS, until
from tests.fakes.sessions import Made, make_package
from tests.fakes.shown_exhibit import keep_exhibit, shown_exhibit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium: apt-get install chromium")
    folder = tmp_path_factory.mktemp("player")
    keep_exhibit(folder / "recordings")
    return make_package(folder, seats=2, seconds=3, further=shown_exhibit(1_000, 2_000))


async def test_names_that_mean_something_in_an_address_open(made: Made, tmp_path: Path) -> None:
    copy = made.copy(tmp_path / "卷宗 100% #1?")
    player = copy / "data/player/index.html"
    html = await asyncio.to_thread(player.read_text, "utf-8")
    for path in ("media/composite.mp4", "exhibits/0001.png"):
        odd = f"{Path(path).parent}/现场 #1 50%20? {Path(path).name}"
        assert f'"{path}"' in html
        html = html.replace(f'"{path}"', f'"{odd}"')
        (copy / "data" / path).rename(copy / "data" / odd)
    await asyncio.to_thread(player.write_text, html, "utf-8")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        await page.goto(player.as_uri())
        await until(page, "document.getElementById('video').readyState >= 2")
        assert await page.evaluate("decodeURIComponent(video.currentSrc).endsWith('现场 #1 50%20? composite.mp4')")
        await page.click("#tab-exhibits")
        await page.click("#exhibit-list button:has-text('证据1 现场照片')")
        await until(page, "document.querySelector('#exhibit-file img')?.naturalWidth === 8")
        link = page.locator("#exhibit-title a")
        assert await link.evaluate("(link) => decodeURIComponent(link.pathname)") == str(copy / "data" / odd)
        await browser.close()
