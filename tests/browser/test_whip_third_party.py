"""WHIP and WHEP with clients that were not written here: Eyevinn's publisher and player in real Chromium.

They run on a page of another site, as a customer's would, and speak to a real server over TLS. The packages are
pinned in `third_party/`; `scripts/test` installs them when npm is here. Figures are logged.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.sfu_stage import WHOLE
from tests.fakes.hall import Hall, hall
from yunting.bench.impair.page import FLAGS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

figures = logging.getLogger("figures")

THIRD_PARTY = Path(__file__).parent / "third_party"
BUNDLE = THIRD_PARTY / "node_modules/.built/clients.js"
_PAGE = """<!doctype html><meta charset=utf-8><title>another site</title><link rel=icon href=data:,>
<video autoplay></video>
<script src="/clients.js"></script><script>
// The players keep their connections to themselves: the page counts what comes out of them.
const connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...all) { super(...all); connections.push(this); }
};
async function publish(endpoint, ticket) {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 320, height: 180}});
  window.whip = new clients.WHIPClient({endpoint, opts: {authkey: ticket, iceServers: []}});
  await whip.setIceServersFromEndpoint();
  await whip.ingest(stream);
  return await whip.getResourceUrl();
}
async function play(endpoint, ticket) {
  window.player = new clients.WebRTCPlayer(
    {video: document.querySelector('video'), type: 'whep', iceServers: [], statsTypeFilter: '^candidate-*'});
  await player.load(new URL(endpoint), ticket);
}
async function inbound() {
  const found = {states: connections.map(c => c.connectionState), shown: document.querySelector('video').videoWidth};
  for (const connection of connections)
    (await connection.getStats()).forEach(s => { if (s.type === 'inbound-rtp') found[s.kind] = s; });
  return found;
}
</script>"""


@pytest.fixture(scope="module")
def bundle() -> Path:
    """The third party's clients as one script; skips where they are not installed."""
    if not (THIRD_PARTY / "node_modules/@eyevinn").is_dir():
        pytest.skip("the WHIP clients are not installed: npm ci in tests/browser/third_party")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not here")
    subprocess.run([npm, "run", "--silent", "build"], cwd=THIRD_PARTY, check=True, timeout=60)
    return BUNDLE


@pytest.fixture
async def site(bundle: Path) -> AsyncIterator[str]:
    """A web site that is not ours, on an origin of its own."""
    app = web.Application()

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def script(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(bundle)

    app.add_routes([web.get("/", page), web.get("/clients.js", script)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not WHOLE.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=str(WHOLE), args=FLAGS)
        yield made
        await made.close()


async def tab(browser: Browser, site: str, said: list[str]) -> Page:
    context = await browser.new_context(ignore_https_errors=True)
    page = await context.new_page()
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    await page.goto(site)
    return page


async def both_flow(room: Hall, page: Page, said: list[str]) -> dict[str, Any]:
    """Play the judge's seat until sound and picture come; a player of this kind does not try again by itself."""
    async with asyncio.timeout(30):
        while True:
            await page.reload()
            said.clear()
            url = f"{room.clerk.base_url}/whep/{room.session}/judge-1"
            await page.evaluate("all => play(...all)", [url, f"Bearer {await room.ticket(room.clerk, 'clerk-1')}"])
            for _ in range(30):
                found: dict[str, Any] = await page.evaluate("() => inbound()")
                if found.get("video", {}).get("framesDecoded", 0) > 5 and found.get("audio", {}).get(
                    "packetsReceived"
                ):
                    return found
                await asyncio.sleep(0.1)


async def test_a_third_partys_publisher_and_player(browser: Browser, site: str, tmp_path: Path) -> None:
    said: dict[str, list[str]] = {"publisher": [], "viewer": []}
    async with hall(tmp_path, "clerk-1") as room:
        publisher, viewer = [await tab(browser, site, lines) for lines in said.values()]
        ticket = await room.ticket(room.bench, "judge-1")
        url = f"{room.clerk.base_url}/whip/{room.session}"
        resource = await publisher.evaluate("all => publish(...all)", [url, ticket])
        assert resource.startswith(f"{url}/resource/")
        found = await both_flow(room, viewer, said["viewer"])
        await asyncio.sleep(3)
        later = await viewer.evaluate("() => inbound()")
        frames = later["video"]["framesDecoded"] - found["video"]["framesDecoded"]
        figures.info(
            "WHIP %s -> WHEP: %d frames decoded in 3 s, %d wide, sound energy %.3f, freezes %d",
            "eyevinn",
            frames,
            later["shown"],
            later["audio"]["totalAudioEnergy"],
            later["video"]["freezeCount"],
        )
        assert frames > 30
        assert later["shown"] > 0
        assert later["audio"]["totalAudioEnergy"] > found["audio"]["totalAudioEnergy"]
        await viewer.evaluate("() => player.unload()")
        await publisher.evaluate("() => whip.destroy()")
        left = await room.until("participant.presence", lambda found: sum(e["after"] == "left" for e in found) == 2)
        assert {e["evidence"] for e in left if e["after"] == "left"} == {"DELETE"}
    figures.info("consoles: %s", said)
    assert not [line for lines in said.values() for line in lines if line.startswith("error")]
