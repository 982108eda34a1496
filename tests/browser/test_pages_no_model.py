"""A hearing without a speech model, or with a broken one: it runs, and every page says that there are no captions and
how to get them. The words are those that the server has for such a folder of models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from config.settings import load
from hearing.errors import UserError
from signaling.minutes.line_messages import Transcribing
from tests.browser.test_pages_minutes import Visitors
from tests.browser.visitors import chromium, needs_chromium
from tests.fakes.written_court import written_court
from yunting.speech.engines import open_engines

pytestmark = [pytest.mark.browser, needs_chromium]

NO_MODEL = ""
LOST_MODEL = '[transcription.models]\nzh-CN = "vosk-cn"\n'


@pytest.fixture
async def visitors(tmp_path: Path) -> AsyncIterator[Visitors]:
    async with written_court() as court, chromium() as browser:
        yield Visitors(court, browser, tmp_path)


@pytest.mark.parametrize(
    "settings", [pytest.param(NO_MODEL, marks=pytest.mark.long), LOST_MODEL], ids=["none set", "folder lost"]
)
async def test_every_page_says_that_there_are_no_captions_and_how_to_get_them(
    visitors: Visitors, settings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YUNTING_DATA", str(tmp_path))
    file = tmp_path / "yunting.toml"
    file.write_text(settings, encoding="utf-8")
    with pytest.raises(UserError) as problem:
        await asyncio.to_thread(lambda: open_engines(load(file)))
    judge = await visitors.judge()
    party = await visitors.phone("plaintiff-1")
    await visitors.open_court(judge)
    pages = {
        "judge": judge,
        "party": party,
        "kiosk": await visitors.kiosk("defendant-1"),
        "observer": await visitors.observer(),
        "clerk": await visitors.editor(),
    }
    display = await visitors.display()
    desk = visitors.court.court.room(visitors.court.session).minutes
    desk.transcribing(Transcribing(available=False, behind_ms=0, zh=problem.value.zh, en=problem.value.en))

    async def told(name: str, page: Page) -> None:
        words = page.locator(".caption-state, .minutes-state").filter(has_text="字幕暂不可用").first
        await expect(words).to_contain_text("yunting models install")
        await visitors.shot(page, f"no-model-{name}")

    await asyncio.gather(*(told(name, page) for name, page in pages.items()))
    await expect(display.locator(".wall-foot")).to_contain_text("字幕暂不可用，安装方法见书记员页面")
    await visitors.shot(display, "no-model-display")
    # Later, and in English too, it is to be read where captions are switched.
    await party.get_by_role("button", name="更多").click()
    await expect(party.locator("dialog[open]")).to_contain_text("yunting models install")
