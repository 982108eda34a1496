"""The clerk looks for what was said, hears it, and opens the package's player at that moment."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Page, expect

import yunting.app
from config.settings import load
from hearing import commands as cmd
from hearing.session import Move
from tests.browser.visitors import chromium, needs_chromium, sign_in, visit
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.live_hearing import LiveHearing, live_hearing
from tests.fakes.minutes import said
from tests.fakes.serving import ServerProcess

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(180)]

_PLAYED = """
window.played = [];
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () { window.played.push(this); return play.call(this); };
"""


async def test_a_phrase_is_found_heard_and_opened_where_it_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_loopback(monkeypatch)
    place = ServerProcess(tmp_path)
    await place.prepare()
    settings = await asyncio.to_thread(load, None, place.environment())
    async with yunting.app.running(settings) as server, chromium() as browser, live_hearing(place.api) as hearing:
        await _held(hearing, server)
        clerk = await visit(browser, f"{place.base_url}/search", 1440, 900, _PLAYED)
        await sign_in(clerk, "desk")
        await _found(clerk)
        await _heard(clerk)
        player = clerk.get_by_role("button", name="从此处播放音视频").first
        await player.click()
        await expect(clerk.get_by_role("alert")).to_contain_text("尚未导出案卷包")
        await _export(hearing)
        async with clerk.expect_popup() as opened:
            await player.click()
        page = await opened.value
        await page.wait_for_url("**/data/player/index.html#t=2*")
        await expect(page.locator("#video")).to_have_js_property("currentTime", _moment_s(page.url))
        await _nothing_and_phone(clerk)


def _moment_s(address: str) -> float:
    return int(address.rpartition("#t=")[2]) / 1000


async def _held(hearing: LiveHearing, server: yunting.app.Server) -> None:
    """Some seconds of a hearing that are recorded, with two lines of what was said."""
    ledger = await server.services.book.get(hearing.session)
    people = ledger.hearing.people.values()
    who = next(person.seat.participant for person in people if person.seat.seat == "plaintiff-1")
    tracks = await hearing.until("recording.track", 2)
    track = next(event["track"] for event in tracks if event["participant"] == who)
    async with asyncio.timeout(60):
        while ledger.clock.now_ms() < 6_000:
            await asyncio.sleep(0.1)
    lines = [said("我方对证据三的真实性没有异议，", 1_000, who), said("对关联性有异议。", 2_600, who)]
    await ledger.note("server", [msgspec.structs.replace(line, track=track) for line in lines])
    await hearing.judge.presence.do(cmd.MoveSession(move=Move.CLOSE))
    await hearing.until("recording.track_closed", 2)


async def _found(clerk: Page) -> None:
    field = clerk.get_by_label("检索庭审笔录")
    await expect(field).to_be_focused()
    hits = clerk.locator(".hit")
    async with asyncio.timeout(20):
        # What was just said is found a second or two later.
        while True:
            await field.fill("异议")
            await field.press("Enter")
            await clerk.locator(".hit, .search-nothing").first.wait_for()
            if await hits.count() == 2:
                break
            await asyncio.sleep(0.3)
    await expect(hits.nth(1).locator("mark")).to_have_text("异议")
    await expect(hits.nth(1).locator(".hit-time")).to_have_text("00:00:03")
    await expect(hits.nth(1).locator(".hit-speaker")).to_have_text("原告乙")
    assert "q=%E5%BC%82%E8%AE%AE" in clerk.url


async def _heard(clerk: Page) -> None:
    await clerk.get_by_role("button", name="播放 00:00:03 原告乙的原声").click()
    async with asyncio.timeout(15):
        while not await clerk.evaluate("window.played.at(-1)?.duration > 0.4"):
            await asyncio.sleep(0.05)


async def _export(hearing: LiveHearing) -> None:
    job = (await hearing.desk.call("POST", f"sessions/{hearing.session}/exports", {"edition": "court"}))["job"]
    async with asyncio.timeout(90):
        while not (status := await hearing.desk.call("GET", f"exports/{job}"))["done"]:
            await asyncio.sleep(0.2)
    assert status["error"] is None, status


async def _nothing_and_phone(clerk: Page) -> None:
    await clerk.get_by_role("button", name="缩小范围").click()
    await clerk.get_by_label("发言人").fill("被告")
    await clerk.get_by_label("发言人").press("Enter")
    await expect(clerk.locator(".search-nothing")).to_contain_text("没有找到")
    await clerk.reload()
    await expect(clerk.get_by_label("发言人")).to_have_value("被告")
    await clerk.get_by_role("button", name="清除条件").click()
    await clerk.keyboard.press("Escape")
    await clerk.get_by_role("button", name="检索", exact=True).click()
    await expect(clerk.locator(".hit")).to_have_count(2)
    await clerk.set_viewport_size({"width": 390, "height": 844})
    wide = await clerk.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
