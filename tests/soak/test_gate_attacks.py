"""Attacks on the face check, each tried once in Chromium: none reaches the clerk's comparison, each is told why.

Too long for every run of the tests; how often each kind passes below the browser says `yunting bench liveness`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from identity.liveness_words import FAILURES
from identity.reasons import words
from tests.browser.before_the_camera import Cast, Stage, at_the_check, begin, needs_photos, two_people, why_not
from tests.browser.test_pages_gate import link, session
from tests.browser.visitors import chromium, needs_chromium
from tests.fakes.serving import serving
from yunting.bench.liveness import ATTACKS

FAULTS = {"not-ready", "picture-stalled", "abandoned"}
"""Not the check's doing but a bad picture's: an attack that ends so was not tried."""
REASONS = {words(code)[0] for code in FAILURES - FAULTS}
pytestmark = [
    pytest.mark.soak,
    needs_chromium,
    pytest.mark.timeout(240),
    needs_photos,
]


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Cast:
    return two_people(tmp_path_factory.mktemp("people"))


@pytest.mark.parametrize("kind", ATTACKS)
async def test_an_attack_is_refused_with_its_reason(tmp_path: Path, cast: Cast, kind: str) -> None:
    async with serving(tmp_path) as server, chromium() as browser:
        made = await session(server, "face")
        async with at_the_check(browser, link(made), Stage(cast.performer(kind))) as phone:
            await begin(phone)
            told = phone.locator(".notice-warn", has_text="本次未通过")
            await expect(told).to_be_visible(timeout=90_000)
            reason = await why_not(phone)
            print(f"{kind}: {reason}")  # noqa: T201
            assert reason in REASONS
            await expect(phone.get_by_text("还可尝试 2 次")).to_be_visible()
