"""People at the product's pages in Chromium: signing in, consenting, and measuring what arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.sfu_stage import CHROMIUM
from tests.fakes.serving import PASSWORD
from yunting.bench.impair.page import FLAGS

# A busy machine draws a page in more than the five seconds that are the default.
expect.set_options(timeout=15_000)

needs_chromium = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="Chromium is not installed: apt-get install chromium"
)

# Keeps every connection of the page in sight; once asked to follow, notes when media last arrived. That costs: a page
# asked twenty times a second draws late.
MEASURE = """
window.peers = [];
const Native = RTCPeerConnection;
window.RTCPeerConnection = class extends Native {
  constructor(...words) { super(...words); window.peers.push(this); }
};
window.media = async () => {
  const sum = {frames: 0, packets: 0, sent: 0};
  for (const peer of window.peers) {
    if (peer.connectionState === 'closed') continue;
    for (const report of (await peer.getStats()).values()) {
      if (report.type === 'inbound-rtp') {
        sum.packets += report.packetsReceived ?? 0;
        sum.frames += report.framesDecoded ?? 0;
      } else if (report.type === 'outbound-rtp') sum.sent += report.packetsSent ?? 0;
    }
  }
  return sum;
};
window.lastMediaMs = 0;
window.followMedia = async () => {
  for (let before = 0;;) {
    const {packets} = await window.media();
    if (packets > before) window.lastMediaMs = Date.now();
    before = packets;
    await new Promise((wake) => setTimeout(wake, 50));
  }
};
"""

# Three pages that encode and decode 720p in software are more than two cores carry; what is sent is the page's own
# choice but for the size of the camera.
_MODEST_CAMERA = """
const devices = navigator.mediaDevices;
const open = devices?.getUserMedia.bind(devices);
if (open) devices.getUserMedia = ({video, ...rest}) => open({...rest, video: video &&
  {...video, width: {ideal: 640}, height: {ideal: 360}, frameRate: {ideal: 15}}});
"""


@asynccontextmanager
async def chromium(program: Path = CHROMIUM, *flags: str) -> AsyncIterator[Browser]:
    """One browser with fake devices."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(program), args=[*FLAGS, *flags])
        yield browser
        await browser.close()


async def visit(browser: Browser, url: str, width: int, height: int, before: str = "") -> Page:
    """A page in a context of its own, in Chinese, measured; `before` is a script ahead of the page's own."""
    page = await blank(browser, width, height, before)
    await page.goto(url)
    return page


async def blank(browser: Browser, width: int, height: int, before: str = "", full_camera: bool = False) -> Page:
    """As `visit`, before any address is opened; `full_camera` gives 1280x720 where the page asks for it."""
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        ignore_https_errors=True,
        permissions=["camera", "microphone", "clipboard-read", "clipboard-write"],
        locale="zh-CN",
    )
    await context.add_init_script(MEASURE + before + ("" if full_camera else _MODEST_CAMERA))
    page = await context.new_page()
    page.set_default_timeout(15_000)
    return page


async def sign_in(page: Page, account: str) -> None:
    """On the sign-in page, by the staff of `fakes.serving`."""
    await page.get_by_label("账号").fill(account)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()


async def consent_and_check(page: Page) -> None:
    """From "it is me" to the waiting room: read to the end, tick, look, go on."""
    await page.get_by_text("是我本人，继续").click()
    await page.locator("input[type=checkbox]").first.wait_for(state="attached")
    await page.evaluate(
        "() => { for (const box of document.querySelectorAll('*')) if (box.scrollHeight > box.clientHeight + 20"
        " && getComputedStyle(box).overflowY !== 'visible') box.scrollTop = box.scrollHeight }"
    )
    for box in await page.locator("input[type=checkbox]").all():
        await box.check()
    await page.get_by_text("同意并继续").click()
    await page.get_by_text("检测完成，进入候审").click()


async def decodes_more(page: Page, frames: int = 5) -> None:
    """Wait until the page has decoded so many more pictures than now."""
    start = (await page.evaluate("window.media()"))["frames"]
    async with asyncio.timeout(15):
        now = start
        # A page that connects anew counts from zero.
        while not (now >= start + frames or frames <= now < start):
            await asyncio.sleep(0.05)
            now = (await page.evaluate("window.media()"))["frames"]
