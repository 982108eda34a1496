"""Who sits before a page's camera at the gate: heads rendered from a photograph, and attacks, that do what is asked.

A head is a textured three-dimensional model of one photograph (`yunting/bench/heads`), not a person. All after the
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
from playwright.async_api import Browser, Locator, Page, expect

from identity.engines.dlib_onnx import DlibOnnx
from identity.liveness_words import PROMPTS, Action
from tests.browser.steered_camera import Picture, SteeredCamera
from tests.browser.test_pages_gate import to_the_face_check
from tests.browser.visitors import blank, consent_and_check
from yunting.bench.heads.actors import PERFORMERS, Actor, Performer, Scene
from yunting.bench.heads.cast import Person, choose_people, load_person
from yunting.bench.liveness import default_photos

needs_photos = pytest.mark.skipif(not default_photos().is_dir(), reason="no photographs: set YUNTING_DATA")
SAID = {said: action for action, words in PROMPTS.items() for said in words}


@dataclass(frozen=True)
class Cast:
    """Two photographs of different persons, as a case file has them, and the heads made of them."""

    files: tuple[Path, Path]
    people: tuple[Person, Person]

    def performer(self, kind: str, seed: int = 3) -> Performer:
        """The first person's performance of this kind."""
        return performer(kind, self.people, seed)


def performer(kind: str, people: tuple[Person, Person], seed: int = 3) -> Performer:
    """The first person's performance of this kind."""
    asked = (Action.LEFT, Action.BLINK, Action.RIGHT)
    return PERFORMERS[kind](Scene(*people, asked, random.Random(seed)))


def two_people(folder: Path) -> Cast:
    """Always the same two; the model and the larger photographs lie in `folder`."""
    engine = DlibOnnx(folder / "model")
    first, second = choose_people(default_photos(), 2, engine)[0]
    people = load_person(first, engine), load_person(second, engine)
    assert people[0] is not None
    assert people[1] is not None
    return Cast((larger(first, folder), larger(second, folder)), (people[0], people[1]))


def larger(photo: Path, folder: Path) -> Path:
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
        self.camera = SteeredCamera(self._picture, 640, 480, fps=12)

    @property
    def back_at_rest_s(self) -> float:
        """When (time.monotonic) the action that was asked for last is over. Of heads only."""
        assert isinstance(self._performer, Actor)
        assert self._action is not None
        return self._since + self._performer.lasts_ms(self._action) / 1000

    async def read(self, page: Page) -> None:
        """Follow the page's prompt until cancelled."""
        shown = ""
        while True:
            words = await page.evaluate("document.querySelector('.gate-action span')?.textContent ?? ''")
            if words != shown:
                shown = words
                if action := SAID.get(words):
                    self._action, self._since = action, time.monotonic()
            await asyncio.sleep(0.04)

    def _picture(self) -> Picture:
        now = time.monotonic()
        time_ms = round((now - self._begun) * 1000)
        return self._performer.picture(time_ms, self._action, round((now - self._since) * 1000))


@asynccontextmanager
async def at_the_check(browser: Browser, address: str, stage: Stage) -> AsyncIterator[Page]:
    """A telephone's page with this camera, led to the face check."""
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
    """Press the button that begins a try."""
    begin = page.get_by_role("button", name="开始")
    again = page.get_by_role("button", name="再试一次")
    await begin.or_(again).first.click(timeout=30_000)


async def tries_until(page: Page, arrived: Locator) -> None:
    """Try, up to the three times that everybody has, until `arrived` is shown. Prints why a try failed."""
    failed = page.locator(".notice-warn", has_text="本次未通过")
    for left in ("还可尝试 2 次", "还可尝试 1 次", ""):
        await begin(page)
        await expect(arrived.or_(failed.filter(has_text=left) if left else arrived)).to_be_visible(timeout=75_000)
        if await arrived.is_visible():
            return
        print(await why_not(page))  # noqa: T201
    raise AssertionError("no try passed")


async def why_not(page: Page) -> str:
    """The reason that the page gives for the try that failed."""
    return (await page.locator(".gate-reason").inner_text()).strip()
