"""The whole face check in Chromium, without a calibration: a drawn head acts as the page asks, the clerk decides."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.before_the_camera import Cast, Stage, at_the_check, needs_photos, tries_until, two_people
from tests.browser.sfu_stage import WHOLE
from tests.browser.test_pages_gate import link, session, vouch
from tests.browser.visitors import chromium, needs_chromium, sign_in, visit
from tests.fakes.serving import serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.alone,
    needs_chromium,
    pytest.mark.timeout(240),
    needs_photos,
]


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Cast:
    return two_people(tmp_path_factory.mktemp("people"))


@pytest.mark.long
async def test_a_head_that_does_what_is_asked_reaches_the_clerk_with_its_score(tmp_path: Path, cast: Cast) -> None:
    async with serving(tmp_path) as server, chromium(WHOLE) as browser:
        made = await session(server, "face")
        await vouch(browser, server.base_url, "林晓")
        clerk = await visit(browser, f"{server.base_url}/clerk", 1440, 900)
        await sign_in(clerk, "desk")
        await clerk.locator(".session-card").click()
        await clerk.get_by_role("tab", name="身份核验").click()
        await clerk.locator(".desk-file summary").click()
        await clerk.locator(".desk-file input[type=file]").set_input_files(cast.files[0])
        await expect(clerk.locator(".desk-file .file-name")).to_have_text(cast.files[0].name)
        await clerk.get_by_role("button", name="保存").click()
        # The first photograph loads the engine.
        await expect(clerk.get_by_text("已保存")).to_be_visible(timeout=60_000)
        async with at_the_check(browser, link(made), Stage(cast.performer("bona_fide"))) as phone:
            await tries_until(phone, phone.get_by_role("heading", name="书记员正在核对"))
            row = clerk.get_by_role("row").filter(has_text="张三")
            await expect(row).to_contain_text("比对分")
            await row.get_by_role("button", name="核验通过").click()
            await clerk.locator("dialog[open]").get_by_label("说明").fill("两张照片系同一人")
            await clerk.locator("dialog[open]").get_by_role("button", name="核验通过").click()
            await expect(phone.get_by_role("heading", name="候审中")).to_be_visible()
            # As the notice promises: consent can be withdrawn, the result stays.
            withdraw = phone.get_by_role("button", name="撤回人脸同意")
            await withdraw.click()
            await phone.locator("dialog[open]").get_by_role("button", name="撤回人脸同意").click()
            await expect(withdraw).to_have_count(0)
            await expect(phone.get_by_role("heading", name="候审中")).to_be_visible()
