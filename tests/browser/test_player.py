"""The offline player in a real Chromium, from file:// with no network: it plays, jumps, speaks two languages."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Page, async_playwright

from hearing import events as ev
from records import timeline
from records.chain import make_entry
from records.coverage import measure
from records.player import write_player
from records.summary import gather
from tests.fakes.sessions import Made, make_package

pytestmark = pytest.mark.browser

CHROMIUM = os.environ.get("YUNTING_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium: apt-get install chromium")
    return make_package(tmp_path_factory.mktemp("player"), seconds=8, recess=(3000, 5000))


@pytest.fixture
async def page(made: Made) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(20_000)
        requests: list[str] = []
        faults: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        await page.goto((made.result.folder / "data/player/index.html").as_uri())
        await until(page, "document.getElementById('video').readyState >= 2")
        yield page
        assert all(url.startswith("file:") for url in requests), requests
        assert faults == []
        await browser.close()


async def until(page: Page, condition: str) -> None:
    """Playwright's own waiting evaluates text inside the page, which the page's policy rightly forbids."""
    async with asyncio.timeout(20):
        while not await page.evaluate(condition):
            await asyncio.sleep(0.05)


async def now_ms(page: Page) -> int:
    return int(await page.evaluate("Math.round(document.getElementById('video').currentTime * 1000)"))


async def test_composite_plays_with_picture_and_sound(page: Page) -> None:
    await page.click("#play")
    await until(page, "document.getElementById('video').currentTime > 0.5")
    size = await page.evaluate("[video.videoWidth, video.videoHeight, video.webkitAudioDecodedByteCount > 0]")
    assert size == [640, 360, True]
    duration_ms = await page.evaluate("video.duration * 1000")
    assert abs(duration_ms - 8000) < 60
    await page.keyboard.press("k")
    assert await page.evaluate("video.paused")


async def test_click_on_an_event_jumps_there(page: Page) -> None:
    await page.click("li:has-text('休庭') button")
    assert await now_ms(page) == 3000
    assert await page.inner_text("#now") == "00:00:03"
    assert "休庭" in await page.inner_text("li.now")


async def test_keyboard_steps_through_events_and_time(page: Page) -> None:
    await page.keyboard.press("ArrowRight")
    assert await now_ms(page) == 5000
    await page.keyboard.press("ArrowDown")
    assert await now_ms(page) > 5000
    await page.keyboard.press("Shift+ArrowLeft")
    assert await now_ms(page) == 0
    await page.keyboard.press("]")
    assert await page.evaluate("video.playbackRate") == 1.25
    await page.keyboard.press("+")
    assert await page.evaluate("document.documentElement.className") == "large"
    await page.keyboard.press("l")
    assert await page.inner_text("#tab-proof") == "Integrity"
    assert "Recess" in await page.inner_text("#lines")


async def test_search_and_filter_narrow_the_list(page: Page) -> None:
    await page.fill("#search", "休庭")
    assert await page.locator("#lines li").count() == 1
    await page.fill("#search", "")
    before = await page.locator("#lines li").count()
    await page.click("#chips button:has-text('录制')")
    assert await page.locator("#lines li").count() > before


async def test_tracks_and_proof_lead_to_files_of_the_package(page: Page, made: Made) -> None:
    await page.click("#tab-tracks")
    links = await page.eval_on_selector_all("#tracks a", "nodes => nodes.map(n => n.getAttribute('href'))")
    assert len(links) == 4
    await page.click("#tab-proof")
    links += await page.eval_on_selector_all("#proof a", "nodes => nodes.map(n => n.getAttribute('href'))")
    for link in links:
        assert (made.result.folder / "data/player" / link).resolve().is_file(), link
    assert made.key.fingerprint in await page.inner_text("#proof")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
async def test_nothing_is_wider_than_the_window(page: Page, width: int, height: int) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    for size in ("", "large", "larger"):
        await page.evaluate("name => { document.documentElement.className = name; }", size)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_names_cannot_break_out_of_the_page(made: Made, tmp_path: Path) -> None:
    """A participant called like a program is shown, not run."""
    evil = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">{{program}}"
    entries, prev = [], "0" * 64
    for entry in made.source.entries:
        event = entry.event
        if isinstance(event, ev.SessionCreated):
            seats = tuple(msgspec.structs.replace(seat, name=evil) for seat in event.seats)
            event = msgspec.structs.replace(event, case_no=evil, seats=seats)
        entry = make_entry(
            session=entry.session,
            seq=entry.seq,
            at_ms=entry.at_ms,
            utc_ms=entry.utc_ms,
            actor=entry.actor,
            event=event,
            prev=prev,
        )
        prev = entry.hash
        entries.append(entry)
    line = timeline.read(entries)
    facts = gather(
        line,
        measure(line),
        entries,
        made.source.heads,
        sizes={},
        time_zone="Asia/Shanghai",
        made_utc_ms=0,
        made_by=evil,
        software="yunting",
        key=made.key.fingerprint,
        composite=None,
        mix="media/audio-mix.m4a",
    )
    target = tmp_path / "index.html"
    target.write_bytes(await asyncio.to_thread(write_player, facts))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page()
        await page.goto(target.as_uri())
        assert await page.inner_text("#case-no") == evil
        assert evil in await page.title()
        assert await page.locator("img").count() == 0
        await browser.close()
