"""A creditor gets the floor: from viewer to speaker and back, seen by another creditor meanwhile and only then."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.visitors import chromium, decodes_more, needs_chromium, sign_in, visit
from tests.fakes.meeting_court import Court, called, number_of
from tests.fakes.serving import ServerProcess, serving

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(240)]

SHOTS = os.environ.get("MEETING_SHOTS", "")
"""A folder for pictures, to look at."""
TRACKS = """
window.opened = [];
const media = navigator.mediaDevices;
const openNatively = media.getUserMedia.bind(media);
media.getUserMedia = async (wish) => {
  const stream = await openNatively(wish);
  window.opened.push(...stream.getTracks());
  return stream;
};
window.lights = () => window.opened.filter((track) => track.readyState === 'live').length;
"""
FORGED = """
async ([meeting, token]) => {
  const peer = new RTCPeerConnection();
  const stream = await navigator.mediaDevices.getUserMedia({video: true, audio: false});
  peer.addTransceiver(stream.getVideoTracks()[0], {direction: 'sendonly'});
  await peer.setLocalDescription(await peer.createOffer());
  const socket = new WebSocket(`wss://${location.host}/meetings/${meeting}/live`);
  const answer = await new Promise((resolve) => {
    socket.onopen = () => socket.send(JSON.stringify({type: 'enter', version: 1, page: crypto.randomUUID(), token}));
    socket.onmessage = ({data}) => {
      const told = JSON.parse(data);
      if (told.type === 'live') {
        socket.send(JSON.stringify(
          {type: 'offer', re: 'f', direction: 'send', sdp: peer.localDescription.sdp, tracks: {'0': 'camera'}}));
      }
      if (told.re === 'f') resolve(told);
    };
  });
  socket.close();
  peer.close();
  stream.getTracks().forEach((track) => track.stop());
  return answer;
}
"""
"""What a page would do that does not ask whether it may."""


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


async def arrive(browser: Browser, server: ServerProcess, court: Court, creditor: int) -> Page:
    link = await court.link(f"C{creditor}")
    page = await visit(browser, f"{server.base_url}/meeting/{court.meeting}#{link}", 390, 844, TRACKS)
    await page.get_by_label("证件号码后六位").fill(number_of(creditor)[-6:])
    await page.get_by_role("button", name="签到进入会议").click()
    await expect(page.get_by_role("heading", name="我的债权")).to_be_visible()
    return page


async def console(browser: Browser, server: ServerProcess, court: Court) -> Page:
    """The administrator's page, at the floor's tab."""
    page = await visit(browser, f"{server.base_url}/meetings?id={court.meeting}", 1440, 900, TRACKS)
    await sign_in(page, "firm")
    await page.get_by_role("tab", name="发言与提问").click()
    return page


async def watch(page: Page) -> None:
    await page.get_by_role("button", name="观看会场画面").click()
    await decodes_more(page)


async def stands_still(page: Page) -> None:
    """No picture arrives any more."""
    async with asyncio.timeout(20):
        before = -1
        while (now := (await page.evaluate("window.media()"))["frames"]) != before:
            before = now
            await asyncio.sleep(1.0)


async def tile(page: Page, name: str) -> None:
    """A picture of this person, once it is on the screen: what is not is not sent."""
    await page.locator(f".tile[aria-label='{name}']").scroll_into_view_if_needed()
    await expect(page.locator(f".tile[aria-label='{name}'] video.tile-video:not(.tile-hidden)")).to_be_visible()


async def test_a_viewer_speaks_and_is_a_viewer_again(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200, 300]) as court, chromium() as browser:
        await court.post("doors", {})
        firm = await console(browser, server, court)
        one = await arrive(browser, server, court, 1)
        two = await arrive(browser, server, court, 2)
        await expect(one.get_by_role("button", name="观看会场画面")).to_have_count(0)

        # The hall is sent by the administrator's computer; whoever likes watches.
        await firm.get_by_role("button", name="开始播送会场画面").click()
        await expect(firm.get_by_text("正在播送会场画面")).to_be_visible()
        await watch(two)
        await tile(two, "主会场")
        await shot(two, "watching")

        # Nobody sends without the floor, whatever their page does.
        token = await court.sign_in(1, court.clerk)
        refused = await one.evaluate(FORGED, [court.meeting, token])
        assert (refused["type"], refused["code"]) == ("error", "no-floor")

        await one.get_by_role("button", name="申请发言").click()
        await firm.get_by_role("button", name="请其发言").click()
        turn = one.get_by_role("dialog", name="轮到您发言")
        await expect(turn).to_be_visible()
        await expect(firm.get_by_text("等待对方同意")).to_be_visible()
        await shot(one, "turn")
        assert await one.evaluate("window.lights()") == 0, "no camera before consent"
        assert await two.locator(".tile").count() == 1
        await turn.get_by_role("button", name="同意，打开摄像头和麦克风").click()
        await expect(one.get_by_text("您正在发言，所有人都能看到和听到您")).to_be_visible()
        assert await one.evaluate("window.lights()") == 2
        await tile(two, "债权人1")
        await tile(firm, "债权人1")
        await expect(firm.get_by_text("正在连线发言")).to_be_visible()
        await decodes_more(two)
        await shot(one, "speaking")
        await shot(two, "watching-speaker")
        await shot(firm, "console-speaker")

        # Another tab of the console does not end what the hall sends.
        await firm.get_by_role("tab", name="表决").click()
        await expect(firm.get_by_text("正在播送会场画面")).to_be_visible()
        await tile(one, "主会场")
        await decodes_more(one)
        await firm.get_by_role("tab", name="发言与提问").click()

        # A reload in mid-speech: the floor waits, and the phone asks again before it opens anything.
        await one.reload()
        await expect(firm.get_by_text("连接中断，发言权保留中")).to_be_visible()
        await expect(two.locator(".tile[aria-label='债权人1']")).to_have_count(0)
        await turn.get_by_role("button", name="同意，打开摄像头和麦克风").click()
        await tile(two, "债权人1")
        await expect(firm.get_by_text("正在连线发言")).to_be_visible()

        # The chair takes the floor back.
        await firm.get_by_role("button", name="结束发言").click()
        await expect(one.get_by_text("发言已结束，摄像头和麦克风已关闭")).to_be_visible()
        assert await one.evaluate("window.lights()") == 0
        await expect(two.locator(".tile[aria-label='债权人1']")).to_have_count(0)
        await shot(one, "over")
        refused = await one.evaluate(FORGED, [court.meeting, token])
        assert refused["code"] == "no-floor"
        await tile(one, "主会场")
        await decodes_more(one)

        await firm.get_by_role("button", name="停止播送").click()
        await stands_still(two)
        await expect(two.get_by_text("现在没有画面")).to_be_visible()


@pytest.mark.long
async def test_a_speaker_declines_ends_and_loses_the_floor(tmp_path: Path) -> None:
    settings = {"YUNTING_MEETINGS_FLOOR_GRACE_S": "3", "YUNTING_MEETINGS_VIEWERS": "1"}
    async with (
        serving(tmp_path, **settings) as server,
        called(server, [100, 200, 300]) as court,
        chromium() as browser,
    ):
        await court.post("doors", {})
        one = await arrive(browser, server, court, 1)
        two = await arrive(browser, server, court, 2)
        three = await arrive(browser, server, court, 3)
        turn = one.get_by_role("dialog", name="轮到您发言")

        async def floor() -> str | None:
            told = (await court.console())["floor"]
            return None if told is None else str(told["state"])

        async def until(state: str | None) -> None:
            async with asyncio.timeout(20):
                while await floor() != state:
                    await asyncio.sleep(0.1)

        await court.post("speaker", {"person": "C1"})
        await turn.get_by_role("button", name="这次不发言").click()
        await until(None)
        await expect(turn).to_have_count(0)

        await court.post("speaker", {"person": "C1"})
        await turn.get_by_role("button", name="同意，只打开麦克风").click()
        await until("live")
        assert await one.evaluate("window.lights()") == 1
        # One place for viewers: the second waits for it, and gets it.
        await two.get_by_role("button", name="观看会场画面").click()
        await expect(two.get_by_text("没有画面，仅有声音")).to_be_visible()
        await three.get_by_role("button", name="观看会场画面").click()
        await expect(three.get_by_text("观看人数已满")).to_be_visible()
        await two.get_by_role("button", name="停止观看").click()
        await expect(three.get_by_text("观看人数已满")).to_have_count(0, timeout=60_000)

        await one.get_by_role("button", name="结束发言").click()
        await until(None)
        await expect(one.get_by_text("发言已结束")).to_be_visible()
        assert await one.evaluate("window.lights()") == 0

        # Gone for longer than the floor waits; and a time that runs out.
        await court.post("speaker", {"person": "C1"})
        await turn.get_by_role("button", name="同意，打开摄像头和麦克风").click()
        await until("live")
        await one.context.close()
        await until("away")
        await until(None)
        await court.post("speaker", {"person": "C2", "limit_s": 10})
        assert await floor() == "given"
        await until(None)
