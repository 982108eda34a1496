"""The product's pages send and get pictures as large as they are shown, and say why one stands still."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from tests.browser.sfu_stage import WHOLE
from tests.browser.visitors import blank, chromium, consent_and_check, needs_chromium, sign_in
from tests.fakes.hall import Hall, hall

pytestmark = [pytest.mark.browser, pytest.mark.alone, needs_chromium, pytest.mark.timeout(240)]

RIDS = {"l", "m", "h"}
PATIENCE_S = 40.0
_SENT = """async () => {
  const found = {};
  for (const peer of window.peers) {
    if (peer.connectionState !== 'connected') continue;
    for (const report of (await peer.getStats()).values())
      if (report.type === 'outbound-rtp' && report.kind === 'video')
        found[report.rid ?? ''] = {frames: report.framesSent ?? 0, active: report.active, height: report.frameHeight};
  }
  return found;
}"""
_GOT = """async () => {
  for (const peer of window.peers) {
    if (peer.connectionState !== 'connected') continue;
    for (const report of (await peer.getStats()).values())
      if (report.type === 'inbound-rtp' && report.kind === 'video')
        return {frames: report.framesDecoded ?? 0, packets: report.packetsReceived, height: report.frameHeight ?? 0};
  }
  return {frames: 0, packets: 0, height: 0};
}"""
# From now on the browser says that every fifth packet is lost on the way down.
_LOSES = """() => {
  const counted = RTCPeerConnection.prototype.getStats;
  RTCPeerConnection.prototype.getStats = async function () {
    const reports = await counted.call(this), told = new Map();
    reports.forEach((report, id) => told.set(id, report.type === 'inbound-rtp'
      ? {...report, packetsLost: Math.round(report.packetsReceived / 4)} : report));
    return told;
  };
}"""
_WAITS = """() => window.peers.flatMap(peer => peer.getTransceivers())
  .filter(line => line.currentDirection === 'recvonly' && line.receiver.track.kind === 'video')
  .map(line => line.receiver.jitterBufferTarget)"""
_SIZED = """(tile, [width, height]) => {
  Object.assign(tile.style, {position: 'fixed', left: 0, top: 0, width: width + 'px', height: height + 'px'});
  tile.style.display = width ? '' : 'none';
}"""
_TILE = ".stage-cell:has(video):not(:has(.tile-mirrored)) .tile"


@dataclass
class Line:
    """A page's WebSocket, with our hand in it."""

    routes: list[WebSocketRoute] = field(default_factory=list)
    publications: list[dict[str, Any]] = field(default_factory=list)
    refuses: str = ""
    """Code with which offers are refused; empty: they reach the server."""
    refused: list[float] = field(default_factory=list)
    """When, by the event loop's clock."""

    def take(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        self.routes.append(route)

        def pass_on(message: str | bytes) -> None:
            said = msgspec.json.decode(message)
            self.publications = said.get("publications", self.publications)
            route.send(message)

        def pass_up(message: str | bytes) -> None:
            said = msgspec.json.decode(message)
            if said["type"] != "offer" or not self.refuses:
                server.send(message)
                return
            self.refused.append(asyncio.get_running_loop().time())
            self.tell(type="error", re=said["re"], code=self.refuses, zh="请稍候", en="wait", incident=None)

        server.on_message(pass_on)
        route.on_message(pass_up)

    def tell(self, **message: Any) -> None:
        """Say this to the page as the server would."""
        self.routes[-1].send(msgspec.json.encode(message).decode())

    def hold(self, why: str | None) -> None:
        """Tell the page that every picture is held for this reason."""
        videos = [p["id"] for p in self.publications if p["kind"] == "video"]
        assert videos
        tracks = [{"publication": id, "held": why, "layer": "", "wanted_layer": "h"} for id in videos]
        self.tell(type="deliveries", tracks=tracks)


@dataclass
class Court:
    """An open hearing: the judge's page and a party's phone see each other."""

    judge: Page
    phone: Page
    judge_line: Line
    phone_line: Line


async def _page(browser: Browser, url: str, width: int, height: int, refuses: str = "") -> tuple[Page, Line]:
    page, line = await blank(browser, width, height, full_camera=True), Line(refuses=refuses)
    await page.route_web_socket(re.compile(r"/ws$"), line.take)
    await page.goto(url)
    return page, line


@asynccontextmanager
async def _court(folder: Path, codec: str = "h264", refuses: str = "") -> AsyncIterator[Court]:
    async with hall(folder, "plaintiff-1", YUNTING_MEDIA_VIDEO_CODECS=codec) as court, chromium(WHOLE) as browser:
        judge, judge_line = await _page(browser, f"{court.server.base_url}/judge", 1440, 900)
        await sign_in(judge, "bench")
        await judge.get_by_text("进入法庭").click()
        await judge.get_by_text("审判席").first.wait_for()
        phone, phone_line = await _page(browser, _invitation(court), 390, 844, refuses)
        await consent_and_check(phone)
        await phone.get_by_text("候审").first.wait_for()
        gavel = judge.locator(".move-open")
        await gavel.click()
        await gavel.click()
        yield Court(judge, phone, judge_line, phone_line)


def _invitation(court: Hall) -> str:
    return next(str(seat["invitation"]["url"]) for seat in court._seats if seat["seat"] == "plaintiff-1")


async def _until(page: Page, script: str, wanted: Any, why: str) -> Any:
    """What the page says once it is as wanted."""
    said: Any = None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not wanted(said := await page.evaluate(script)):
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"{why}: {said}") from None
    return said


async def _moves(page: Page, of_height: Any, why: str) -> None:
    """The page decodes new pictures of such a height."""
    start = await _until(page, _GOT, lambda got: got["frames"] > 0 and of_height(got["height"]), why)
    await _until(page, _GOT, lambda got: got["frames"] > start["frames"] + 3 and of_height(got["height"]), why)


@pytest.mark.parametrize("codec", ["h264", pytest.param("vp8", marks=pytest.mark.long)])
async def test_a_picture_comes_as_large_as_its_tile_and_not_to_a_hidden_one(tmp_path: Path, codec: str) -> None:
    async with _court(tmp_path, codec) as court:
        sent = await _until(court.phone, _SENT, lambda sent: sent.keys() >= RIDS, "three layers are offered")
        assert sent.keys() == RIDS
        tile = court.judge.locator(_TILE)
        await tile.evaluate(_SIZED, [1280, 720])
        await _moves(court.judge, lambda height: height > 360, "a large tile gets the large picture")
        await tile.evaluate(_SIZED, [160, 90])
        await _moves(court.judge, lambda height: 0 < height <= 360, "a small tile gets a lower layer")
        await tile.evaluate(_SIZED, [0, 0])
        await _still(court.judge)
        await tile.evaluate(_SIZED, [1280, 720])
        await _moves(court.judge, lambda height: height > 360, "shown large again, the large picture is back")


async def _still(page: Page) -> None:
    """No video packet arrives any more."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            before = (await page.evaluate(_GOT))["packets"]
            await asyncio.sleep(1.5)
            if (await page.evaluate(_GOT))["packets"] == before:
                return


@pytest.mark.long
async def test_layers_that_nobody_needs_are_paused_and_come_back(tmp_path: Path) -> None:
    async with _court(tmp_path) as court:
        await _until(court.phone, _SENT, lambda sent: sent.keys() == RIDS, "three layers are offered")
        await _moves(court.judge, lambda height: height > 0, "a picture flows")
        camera = next(p["id"] for p in court.judge_line.publications if p["kind"] == "video")
        court.phone_line.tell(type="layers", publication=camera, source="camera", rids=["l"])
        only_low = {"l": True, "m": False, "h": False}
        await _until(
            court.phone,
            _SENT,
            lambda sent: {r: s["active"] for r, s in sent.items()} == only_low,
            "m and h are paused",
        )
        court.phone_line.tell(type="layers", publication=camera, source="camera", rids=["l", "m", "h"])
        await _until(
            court.phone, _SENT, lambda sent: all(s["active"] for s in sent.values()), "m and h are sent again"
        )


@pytest.mark.long
async def test_where_much_is_lost_pictures_wait_for_its_repeats(tmp_path: Path) -> None:
    async with _court(tmp_path) as court:
        await _moves(court.phone, lambda height: height > 0, "the party sees the judge")
        assert not any(await court.phone.evaluate(_WAITS)), "the browser's own choice while nothing is lost"
        await court.phone.evaluate(_LOSES)
        await _until(court.phone, _WAITS, lambda waits: waits and all(waits), "pictures do not wait")
        await _moves(court.phone, lambda height: height > 0, "pictures go on")


async def test_a_held_picture_says_why_and_the_notice_goes_when_it_moves(tmp_path: Path) -> None:
    async with _court(tmp_path) as court:
        await _moves(court.phone, lambda height: height > 0, "the party sees the judge")
        await _moves(court.judge, lambda height: height > 0, "the judge sees the party")
        slow, busy = "网络较慢，暂停画面，声音继续", "服务器繁忙，暂时减少画面"
        for page, line in ((court.phone, court.phone_line), (court.judge, court.judge_line)):
            line.hold("congestion")
            await expect(page.get_by_text(slow)).to_have_count(1)
            await expect(page.locator(f'figure[aria-label*="{slow}"]')).to_have_count(1)
            line.hold("load")
            await expect(page.get_by_text(busy)).to_have_count(1)
            await expect(page.get_by_text(slow)).to_have_count(0)
            for silent in ("hidden", "rules", None):
                line.hold(silent)
                await expect(page.get_by_text(busy)).to_have_count(0)
                await expect(page.locator(".tile-held")).to_have_count(0)


@pytest.mark.long
async def test_a_page_without_a_place_says_so_waits_and_comes_in(tmp_path: Path) -> None:
    async with _court(tmp_path, refuses="media-busy") as court:
        await expect(court.phone.get_by_text("服务器繁忙，正在等候接入音视频")).to_be_visible()
        async with asyncio.timeout(PATIENCE_S):
            while court.phone_line.refused[-1] - court.phone_line.refused[0] < 2.5:
                await asyncio.sleep(0.1)
        assert len(court.phone_line.refused) <= 6, "both directions wait between their tries"
        court.phone_line.refuses = ""
        await _moves(court.phone, lambda height: height > 0, "the party sees the judge")
        await expect(court.phone.get_by_text("服务器繁忙，正在等候接入音视频")).to_have_count(0)
        await _moves(court.judge, lambda height: height > 0, "the judge sees the party")
