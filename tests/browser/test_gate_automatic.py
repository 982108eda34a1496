"""With a calibration the gate lets the right person in by itself, and nobody else: in Chromium, end to end.

The calibration is real (`tests/browser/calibrated.py`); the head before the camera is drawn from one photograph of a
person, the case file has another photograph of the same person, and neither is in the calibration.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from hearing import commands as cmd
from hearing.session import Move
from identity.reasons import words
from tests.browser.before_the_camera import Stage, at_the_check, begin, needs_photos, performer, tries_until, why_not
from tests.browser.by_keyboard import press, read_to_the_end, tab_to
from tests.browser.calibrated import KEY, Sitters, two_sitters
from tests.browser.sfu_stage import WHOLE
from tests.browser.test_pages_gate import NUMBER, link, session
from tests.browser.test_pages_readable import MEASURE, assert_large
from tests.browser.visitors import blank, chromium, needs_chromium, visit
from tests.fakes.serving import PASSWORD, serving
from yunting.demo.client import Api, Presence

log = logging.getLogger(__name__)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.alone,
    needs_chromium,
    # The calibration takes a minute or two where there is none yet.
    pytest.mark.timeout(400),
    needs_photos,
]

# When the wall first showed a picture: presented by the page, not merely received.
_FIRST_PICTURE = """
window.firstPictureMs = null;
setInterval(() => {
  for (const video of document.querySelectorAll('.wall-stage video')) {
    if (video.watched) continue;
    video.watched = true;
    video.requestVideoFrameCallback(() => { window.firstPictureMs ??= Date.now(); });
  }
}, 20);
"""
_LARGE_ENGLISH = """
localStorage.setItem('yunting.preferences', JSON.stringify({language: 'en', size: 'elder', contrast: 'normal'}));
"""
# The sizes of picture that the page has sent, by encoding.
_SENT = """async () => {
  const sent = {};
  for (const peer of window.peers) for (const report of (await peer.getStats()).values())
    if (report.type === 'outbound-rtp' && report.kind === 'video' && report.framesSent > 0)
      sent[report.rid ?? ''] = report.frameWidth;
  return sent;
}"""


@dataclass
class Court:
    """A court with a calibration, a session at level `face` whose staff has passed, and what is on file."""

    browser: Browser
    url: str
    made: dict[str, Any]
    desk: Api
    bench: Api
    operator: Api

    @property
    def link(self) -> str:
        return link(self.made)

    async def open(self, tasks: asyncio.TaskGroup) -> Presence:
        """The judge opens the hearing."""
        judge = Presence(self.bench)
        tasks.create_task(judge.run(await self.bench.staff_ticket(self.made["id"])))
        await judge.connected()
        await judge.do(cmd.MoveSession(move=Move.OPEN, override="证人先到"))
        return judge

    async def display(self) -> Page:
        """The court's display, on this session."""
        body = {"name": "第一法庭显示屏", "kind": "display", "court": "测试法院"}
        credential = (await self.operator.call("POST", "devices", body))["credential"]
        kept = f"localStorage.setItem('yunting.display.credential', '{credential}');"
        return await visit(self.browser, f"{self.url}/display/{self.made['id']}", 1280, 720, kept + _FIRST_PICTURE)


@asynccontextmanager
async def court(folder: Path, people: Sitters, reference: Path) -> AsyncIterator[Court]:
    settings = {"YUNTING_IDENTITY_COHORT": str(people.cohort), "YUNTING_IDENTITY_KEY": KEY.hex()}
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(folder, **settings))
        browser = await stack.enter_async_context(chromium(WHOLE))
        desk, bench, operator = [await stack.enter_async_context(server.api()) for _ in range(3)]
        for api, account in ((desk, "desk"), (bench, "bench"), (operator, "root")):
            await api.sign_in(account, PASSWORD)
        made = await session(server, "face")
        gate = f"sessions/{made['id']}/gate"
        who = {seat["seat"]: seat["participant"] for seat in made["seats"]}
        for api, colleague in ((desk, "judge-1"), (bench, "clerk-1")):
            vouched = {"reason": "colleague", "text": "同在本院办公室"}
            await api.call("POST", f"{gate}/{who[colleague]}/admit", vouched)
        await desk.call("PUT", f"{gate}/{who['plaintiff-1']}/file", {"kind": "resident_id", "number": NUMBER})
        photo = f"{server.base_url}/api/v1/{gate}/{who['plaintiff-1']}/reference"
        async with desk.http.put(photo, data=await asyncio.to_thread(reference.read_bytes)) as kept:
            assert kept.status == 200, await kept.text()
        yield Court(browser, server.base_url, made, desk, bench, operator)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Sitters:
    return two_sitters(tmp_path_factory.mktemp("people"))


async def told(page: Page, question: str) -> Any:
    """What the page answers as soon as it is not nothing."""
    async with asyncio.timeout(30):
        while not (answer := await page.evaluate(question)):
            await asyncio.sleep(0.02)
    return answer


async def large(page: Page, where: str) -> None:
    """Measured once there is something to press: a busy machine draws a page in parts."""
    async with asyncio.timeout(30):
        while not (found := await page.evaluate(MEASURE))["targets"]:
            await asyncio.sleep(0.05)
    assert_large(found, where)


async def through_the_steps(page: Page) -> None:
    """From the opened link to the face check, by keys alone; every page can be read in large type."""
    await expect(page.get_by_role("heading", name="Is this your hearing?")).to_be_visible()
    await large(page, "who")
    await press(page, "Yes, this is me")
    await read_to_the_end(page, "Rights, duties and discipline")
    await press(page, "I have read and understood", "Space", "checkbox")
    await press(page, "I am in a quiet room", "Space", "checkbox")
    await large(page, "rights and discipline")
    await press(page, "Agree and continue")
    await press(page, "Done, go to the waiting room")
    await expect(page.get_by_role("heading", name="Use your face for the check?")).to_be_visible()
    await large(page, "the two ways")
    await press(page, "Check by face")
    await read_to_the_end(page, "Face data notice")
    await press(page, "I consent, separately", "Space", "checkbox")
    await large(page, "face notice")
    await press(page, "I consent, continue")
    await expect(page.get_by_role("heading", name="Document number")).to_be_visible()
    await tab_to(page, "Number")
    await page.keyboard.type(NUMBER)
    await large(page, "document")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Face check")).to_be_visible()
    await expect(page.get_by_role("button", name="Begin")).to_be_enabled(timeout=30_000)
    await large(page, "face check")


@pytest.mark.long
async def test_by_keys_in_large_type_and_english_the_right_face_enters_with_no_clerk(
    tmp_path: Path, people: Sitters
) -> None:
    async with court(tmp_path, people, people.other_photo) as here:
        stage = Stage(performer("bona_fide", people.heads))
        page = await blank(here.browser, 390, 844, _LARGE_ENGLISH)
        # Colours in mid-change are nobody's contrast.
        await page.emulate_media(reduced_motion="reduce")
        await stage.camera.install(page.context)
        began_s = time.monotonic()
        await page.goto(here.link)
        await through_the_steps(page)
        at_check_s = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(stage.read(page))
            waiting = page.get_by_role("heading", name="Waiting room")
            failed = page.locator(".notice-warn", has_text="Not passed")
            for button in ("Begin", "Try again", "Try again"):
                await press(page, button)
                await expect(failed).to_have_count(0)
                await expect(page.locator(".gate-action")).to_be_visible(timeout=30_000)
                await large(page, "a prompt")
                await expect(waiting.or_(failed)).to_be_visible(timeout=60_000)
                if await waiting.is_visible():
                    break
                await large(page, "a failure")
                log.info("a try failed: %s", await why_not(page))
            reading.cancel()
        await expect(waiting).to_be_visible()
        now_s = time.monotonic()
        log.info("link to waiting room %.1f s, the face check %.1f s of it", now_s - began_s, now_s - at_check_s)
        await large(page, "waiting room")
        verdicts = [
            entry["event"]
            for entry in await here.desk.call("GET", f"sessions/{here.made['id']}/events?after=0")
            if entry["event"]["type"] == "identity.verdict" and entry["event"]["method"] == "face"
        ]
        log.info("verdicts by face: %s", [(v["outcome"], v["score_milli"]) for v in verdicts])
        assert [verdict["outcome"] for verdict in verdicts] == ["pass"]


async def test_in_an_open_hearing_they_are_on_the_courts_display_at_once(tmp_path: Path, people: Sitters) -> None:
    async with court(tmp_path, people, people.other_photo) as here, asyncio.TaskGroup() as tasks:
        judge = await here.open(tasks)
        stage = Stage(performer("bona_fide", people.heads))
        async with at_the_check(here.browser, here.link, stage) as phone:
            display = await here.display()
            await expect(display.locator(".wall-stage")).to_be_visible()
            # Faces are told apart in a whole picture only: nothing smaller is sent.
            assert await told(phone, _SENT) == {"h": 640}
            await tries_until(phone, phone.locator(".courtroom"))
            rest_ms = (stage.back_at_rest_s - time.monotonic() + time.time()) * 1000
            shown_ms = await told(display, "window.firstPictureMs")
            # Before the verdict the wall showed nobody.
            assert shown_ms > rest_ms
            log.info("end of the last step to the court's display: %.2f s", (shown_ms - rest_ms) / 1000)
            await expect(display.locator(".wall-stage")).to_contain_text("张三")
        await judge.close()


@pytest.mark.long
async def test_another_face_than_the_one_on_file_is_refused_with_the_reason(tmp_path: Path, people: Sitters) -> None:
    stage = Stage(performer("bona_fide", people.heads))
    async with (
        court(tmp_path, people, people.somebody_else) as here,
        at_the_check(here.browser, here.link, stage) as phone,
    ):
        for _ in range(3):
            await begin(phone)
            await expect(phone.locator(".notice-warn", has_text="本次未通过")).to_be_visible(timeout=75_000)
            reason = await why_not(phone)
            if reason == words("no-match")[0]:
                return
            log.info("a try failed: %s", reason)
        raise AssertionError("the face was never compared")
