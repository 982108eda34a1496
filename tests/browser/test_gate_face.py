"""The whole face check in Chromium: a rendered head acts as the page asks; photographs and strangers do not pass.

The head is a textured three-dimensional model of one photograph (`yunting/bench/heads`), not a person. All after the
camera is real: encoder, DTLS, the gate room, decoder, detector, challenge and match.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from identity.engines.dlib_onnx import DlibOnnx
from identity.liveness_words import PROMPTS, Action
from tests.browser.steered_camera import Picture, SteeredCamera
from tests.browser.test_pages_gate import link, session, to_the_face_check, vouch
from tests.browser.visitors import blank, chromium, consent_and_check, needs_chromium, sign_in, visit
from tests.fakes.serving import serving
from yunting.bench.heads.actors import PERFORMERS, Performer, Scene
from yunting.bench.heads.cast import Person, choose_people, load_person
from yunting.bench.liveness import default_photos

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not default_photos().is_dir(), reason="no photographs: set YUNTING_DATA"),
]

SAID = {words.zh: action for action, words in PROMPTS.items()}


@dataclass(frozen=True)
class Cast:
    """Two photographs of different persons, as a case file has them, and the heads made of them."""

    files: tuple[Path, Path]
    people: tuple[Person, Person]

    def performer(self, kind: str, seed: int = 3) -> Performer:
        """The first person's performance of this kind."""
        asked = (Action.LEFT, Action.BLINK, Action.RIGHT)
        return PERFORMERS[kind](Scene(*self.people, asked, random.Random(seed)))


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Cast:
    engine = DlibOnnx(tmp_path_factory.mktemp("model"))
    first, second = choose_people(default_photos(), 2, engine)[0]
    people = load_person(first, engine), load_person(second, engine)
    assert people[0] is not None
    assert people[1] is not None
    folder = tmp_path_factory.mktemp("photos")
    return Cast((_larger(first, folder), _larger(second, folder)), (people[0], people[1]))


def _larger(photo: Path, folder: Path) -> Path:
    """Faces of the test data are smaller than the gate takes from a case file."""
    with Image.open(photo) as opened:
        opened.resize((opened.width * 2, opened.height * 2)).save(folder / photo.name, quality=95)
    return folder / photo.name


class Stage:
    """Somebody before a page's camera who reads the page's own words and does what they say."""

    def __init__(self, performer: Performer) -> None:
        self._performer = performer
        self._action: Action | None = None
        self._since = 0.0
        self._begun = time.monotonic()
        self.camera = SteeredCamera(self._picture, 960, 720, fps=12)

    async def read(self, page: Page) -> None:
        """Follow the page's prompt until cancelled."""
        shown = ""
        while True:
            words = await page.evaluate("document.querySelector('.gate-action span')?.textContent ?? ''")
            if words != shown:
                shown, self._action, self._since = words, SAID.get(words), time.monotonic()
            await asyncio.sleep(0.04)

    def _picture(self) -> Picture:
        now = time.monotonic()
        time_ms = round((now - self._begun) * 1000)
        return self._performer.picture(time_ms, self._action, round((now - self._since) * 1000))


@asynccontextmanager
async def at_the_check(browser: Browser, address: str, stage: Stage) -> AsyncIterator[Page]:
    page = await blank(browser, 390, 844)
    await stage.camera.install(page.context)
    await page.goto(address)
    await consent_and_check(page)
    await to_the_face_check(page)
    reading = asyncio.create_task(stage.read(page))
    try:
        yield page
    finally:
        reading.cancel()
        await page.context.close()


async def begin(page: Page) -> None:
    begin = page.get_by_role("button", name="开始")
    again = page.get_by_role("button", name="再试一次")
    await begin.or_(again).first.click(timeout=30_000)


async def _passes(phone: Page) -> None:
    """To the comparison within the three tries that everybody has."""
    looked_at = phone.get_by_role("heading", name="书记员正在核对")
    failed = phone.locator(".notice-warn", has_text="本次未通过")
    for left in ("还可尝试 2 次", "还可尝试 1 次", ""):
        await begin(phone)
        await expect(looked_at.or_(failed.filter(has_text=left) if left else looked_at)).to_be_visible(timeout=75_000)
        if await looked_at.is_visible():
            return
        print(await failed.inner_text())  # noqa: T201
    raise AssertionError("no try passed")


async def test_a_head_that_does_what_is_asked_reaches_the_clerk_with_its_score(tmp_path: Path, cast: Cast) -> None:
    async with serving(tmp_path) as server, chromium() as browser:
        made = await session(server, "face")
        await vouch(browser, server.base_url, "林晓")
        clerk = await visit(browser, f"{server.base_url}/clerk", 1440, 900)
        await sign_in(clerk, "desk")
        await clerk.locator(".session-card").click()
        await clerk.get_by_role("tab", name="身份核验").click()
        await clerk.locator(".desk-file summary").click()
        await clerk.locator(".desk-file input[type=file]").set_input_files(cast.files[0])
        await clerk.get_by_role("button", name="保存").click()
        # The first photograph loads the engine.
        await expect(clerk.get_by_text("已保存")).to_be_visible(timeout=60_000)
        stage = Stage(cast.performer("bona_fide"))
        async with at_the_check(browser, link(made), stage) as phone:
            await _passes(phone)
            row = clerk.get_by_role("row").filter(has_text="张三")
            await expect(row).to_contain_text("比对分")
            await row.get_by_role("button", name="核验通过").click()
            await clerk.locator("dialog[open]").get_by_label("说明").fill("两张照片系同一人")
            await clerk.locator("dialog[open]").get_by_role("button", name="核验通过").click()
            await expect(phone.get_by_role("heading", name="候审中")).to_be_visible()
