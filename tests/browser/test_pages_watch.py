"""The watch on the product's pages: judge and clerk see which seat to look at, say that they have, and see it end.

The seat's camera shows photographs; all after it is real, the detector too. The pages' pictures stay in the test's
folder for people to look at.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.steered_camera import SteeredCamera
from tests.browser.test_pages_gate import link, session, to_the_face_check
from tests.browser.visitors import blank, chromium, consent_and_check, needs_chromium, sign_in, visit
from tests.fakes.seat_camera import seat_picture
from tests.fakes.serving import PASSWORD, ServerProcess, serving

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(300)]

# Three looks without a face over at least 15 s, then the page; two browsers and the server share the machine.
REPORTED_MS = 60_000
DESKTOP, PHONE = (1440, 900), (390, 844)


async def vouched(server: ServerProcess, made: dict[str, Any], plaintiff: bool = False) -> None:
    """Judge and clerk have vouched for each other; or the clerk has let the plaintiff in."""
    people = {seat["seat"]: seat["participant"] for seat in made["seats"]}
    colleague = {"reason": "colleague", "text": "同事，认识本人"}
    seen = {"reason": "document-seen", "text": "已核对身份证原件"}
    acts = (
        [("desk", "plaintiff-1", seen)]
        if plaintiff
        else [("desk", "judge-1", colleague), ("bench", "clerk-1", colleague)]
    )
    for account, seat, words in acts:
        async with server.api() as staff:
            await staff.sign_in(account, PASSWORD)
            await staff.call("POST", f"sessions/{made['id']}/gate/{people[seat]}/admit", words)


def chips(page: Page) -> Locator:
    return page.locator(".watch .watch-chip")


async def readable(page: Page, shots: Path, name: str) -> None:
    """The chip is whole on a desktop's and on a phone's screen, at every size of type."""
    for width, height in (DESKTOP, PHONE):
        await page.set_viewport_size({"width": width, "height": height})
        for size in range(3):
            box = await chips(page).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width, (name, width, size)
            assert await chips(page).evaluate("(chip) => chip.scrollWidth <= chip.clientWidth"), (name, width, size)
            for button in await chips(page).get_by_role("button").all():
                assert ((await button.bounding_box()) or {"height": 0})["height"] >= 44
            await page.screenshot(path=shots / f"{name}-{width}-{size}.png")
            await page.locator(".preference").nth(1).click()
    await page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})


@pytest.mark.long
async def test_an_empty_chair_is_shown_to_judge_and_clerk_until_the_person_is_back(
    tmp_path: Path, data_dir: Path
) -> None:
    photos = data_dir / "faces" / "photos"
    seated, nobody = seat_picture(photos / "obama.jpg"), seat_picture()
    camera = SteeredCamera(lambda: seated, fps=8)
    async with serving(tmp_path, YUNTING_IDENTITY_WATCH_S="4") as server, chromium() as browser:
        made = await session(server, "face")
        await vouched(server, made)
        phone = await blank(browser, *PHONE)
        await camera.install(phone.context)
        await phone.goto(link(made))
        await consent_and_check(phone)
        await to_the_face_check(phone)
        await vouched(server, made, plaintiff=True)
        await expect(phone.get_by_role("heading", name="候审中")).to_be_visible()

        clerk = await visit(browser, f"{server.base_url}/clerk", *DESKTOP)
        await sign_in(clerk, "desk")
        await clerk.locator(".session-card").click()
        judge = await visit(browser, f"{server.base_url}/judge", *DESKTOP)
        await sign_in(judge, "bench")
        await judge.get_by_text("进入法庭").click()
        gavel = judge.locator(".move-open")
        await gavel.click()
        await gavel.click()
        # Whoever cannot see the page hears it: what comes into this region is read out.
        await expect(judge.get_by_label("席位巡视提示")).to_have_attribute("aria-live", "polite")
        await expect(chips(judge)).to_have_count(0)

        camera.source = lambda: nobody
        for page in (judge, clerk):
            await expect(chips(page)).to_contain_text("张三 未见人脸", timeout=REPORTED_MS)
            # What is seen, and what to do about it.
            await expect(chips(page)).to_contain_text("请看画面，问是否在座")
        await readable(judge, tmp_path, "judge-open")
        await readable(clerk, tmp_path, "clerk-open")
        # By keyboard, as everything on this page.
        await judge.get_by_role("button", name="标记已核实：张三 未见人脸").focus()
        await judge.keyboard.press("Enter")
        for page in (judge, clerk):
            await expect(chips(page).get_by_role("button")).to_have_count(0)
            await expect(chips(page)).to_contain_text("已核实")
        await readable(judge, tmp_path, "judge-checked")
        await readable(clerk, tmp_path, "clerk-checked")
        await judge.locator(".preference").first.click()
        await expect(chips(judge)).to_contain_text("no face in view")
        await expect(chips(judge)).to_contain_text("checked")

        camera.source = lambda: seated
        for page in (judge, clerk):
            await expect(chips(page)).to_have_count(0, timeout=REPORTED_MS)
        await expect(phone.locator(".watch-chip")).to_have_count(0)
