"""A record from 开庭 to the final seal, by people at the product's pages on a server of its own: no answer is told.

The server is killed in the middle, so that there is something for the clerk to explain and for the judge to sign.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import signal
import stat
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from hearing.errors import UserError
from tests.browser.visitors import chromium, consent_and_check, needs_chromium, sign_in, visit
from tests.fakes.hall import Hall, hall

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(420)]

SLOW_MS = 120_000
"""For a package of a hearing of half a minute, on a busy machine."""


async def _judge(browser: Browser, court: Hall) -> Page:
    page = await visit(browser, f"{court.server.base_url}/judge", 1440, 900)
    await sign_in(page, "bench")
    await page.locator(".today-session").first.get_by_role("button").click()
    await page.locator(".move-open").wait_for()
    return page


async def _clerk(browser: Browser, court: Hall) -> Page:
    page = await visit(browser, f"{court.server.base_url}/clerk", 1440, 900)
    await sign_in(page, "desk")
    await page.locator(".session-card").click()
    return page


async def _plaintiff(browser: Browser, court: Hall) -> Page:
    invited = await court.clerk.call("GET", f"sessions/{court.session}")
    url = next(s["invitation"]["url"] for s in invited["seats"] if s["seat"] == "plaintiff-1")
    page = await visit(browser, url, 390, 844)
    await consent_and_check(page)
    return page


async def _held_and_closed(court: Hall, judge: Page, phone: Page) -> None:
    """Opened and closed by the judge; in between the server dies, and the bench comes back by itself. The phone lies
    face down meanwhile: three pages that send pictures are much for one machine that also starts a server."""
    await judge.locator(".move-open").click()
    await judge.locator(".move-open").click()
    await expect(judge.locator(".bar-phase")).to_have_text("宣布开庭")
    await court.until("recording.range", lambda found: len(found) >= 2)
    before = len(await court.events("recording.track"))
    link = phone.url
    await phone.goto("about:blank")
    await court.server.stop(signal.SIGKILL)
    await court.server.start()
    await court.until("recording.track", lambda found: len(found) > before, 60)
    await judge.locator(".move-close").click()
    await judge.locator("dialog[open]").get_by_role("button", name="确认闭庭").click()
    await court.until("session.state", lambda found: found[-1]["after"] == "closed")
    await phone.goto(link)


async def _sign(page: Page, name: str) -> None:
    await page.get_by_role("button", name="签名", exact=True).click()
    await page.locator("label", has_text="键入姓名").click()
    await page.get_by_label("您的姓名").fill(name)
    await page.get_by_text("我已阅读全部笔录").click()
    await page.get_by_role("button", name="确认签名").click()
    await expect(page.get_by_text("您已签名", exact=True)).to_be_visible()


async def _explained_and_signed(clerk: Page, judge: Page) -> None:
    """Each incident: the clerk writes on the desk, the judge reads and signs on the bench."""
    incidents = clerk.locator(".seal-incident")
    for place in range(await incidents.count()):
        await incidents.nth(place).get_by_label("书面说明").fill("服务器重启，其间未录制，未影响发言。")
        await incidents.nth(place).get_by_role("button", name="保存说明").click()
        await expect(incidents.nth(place)).to_contain_text("待审判长签名")
    await judge.get_by_role("button", name="查看并签名").click()
    waiting = judge.locator(".seal-judge .seal-incident")
    while left := await waiting.count():
        await waiting.first.get_by_role("button", name="签名确认").click()
        dialog = judge.locator("dialog[open]")
        await expect(dialog).to_contain_text("其间未录制")
        await dialog.get_by_role("button", name="签名确认").click()
        await expect(waiting).to_have_count(left - 1)


async def _reviewed(clerk: Page, judge: Page, phone: Page) -> None:
    """The minutes are laid open, signed by court and clerk, and refused by the plaintiff with a reason."""
    await clerk.get_by_role("tab", name="核对签名").click()
    await clerk.get_by_role("button", name="开放笔录核对").click()
    await clerk.get_by_role("button", name="开放", exact=True).click()
    await phone.get_by_role("button", name="拒绝签名").click()
    await phone.get_by_label("拒绝签名的理由").fill("未见证据原件")
    await phone.get_by_role("button", name="确认拒绝签名").click()
    await expect(phone.get_by_text("您已拒绝签名")).to_be_visible()
    await _sign(judge, "甲")
    await _sign(clerk, "乙")
    await clerk.get_by_role("button", name="办结签名").click()
    await clerk.locator("dialog[open]").get_by_role("button", name="办结签名").click()
    await expect(clerk.get_by_role("heading", name="笔录已签署完毕")).to_be_visible()


async def _sealed(clerk: Page) -> None:
    desk = clerk.locator(".seal-desk")
    await clerk.get_by_role("tab", name="封存与导出").click()
    await expect(desk).to_contain_text("可以最终封存")
    await desk.get_by_role("button", name="最终封存").click()
    dialog = clerk.locator("dialog[open]")
    await dialog.locator("input[type=checkbox]").check()
    await dialog.get_by_role("button", name="确认封存").click()
    await expect(desk.locator("progress")).to_be_visible()
    await expect(desk.locator(".seal-made li")).to_have_count(2, timeout=SLOW_MS)
    await expect(desk.get_by_text("案卷已最终封存")).to_be_visible()


async def _downloaded(clerk: Page, folder: Path) -> Path:
    """The final seal's package as the page hands it over, unpacked."""
    async with clerk.expect_download() as download:
        await clerk.get_by_role("link", name="下载案卷包 最终封存").click()
    saved = folder / "final.zip"
    await (await download.value).save_as(saved)

    def unpack() -> Path:
        with zipfile.ZipFile(saved) as archive:
            archive.extractall(folder / "unpacked")
        (package,) = (folder / "unpacked").iterdir()
        return package

    return await asyncio.to_thread(unpack)


async def _verify(package: Path, key: str) -> tuple[int, str]:
    """`verify.py` from inside the package, by a Python that knows nothing of the product."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(package / "verify.py"), "--key", key),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=package.parent,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


async def _fingerprint(browser: Browser, court: Hall) -> str:
    """As it stands on the server's own page, for anybody."""
    door = await visit(browser, court.server.base_url, 1440, 900)
    shown = door.locator(".doors-foot .digits").first
    await expect(shown).to_have_text(re.compile("^[0-9a-f]{64}$"))
    return await shown.inner_text()


async def _refused(court: Hall, method: str, path: str, body: dict[str, Any]) -> str:
    with pytest.raises(UserError) as refused:
        await court.clerk.call(method, f"sessions/{court.session}/{path}", body)
    return str(refused.value.code)


@pytest.mark.long
async def test_a_hearing_is_sealed_by_the_people_at_their_pages(tmp_path: Path) -> None:
    settings = {"YUNTING_SEALING_AUTOMATIC": "true"}
    async with hall(tmp_path, "clerk-1", "plaintiff-1", **settings) as court, chromium() as browser:
        judge, clerk = await _judge(browser, court), await _clerk(browser, court)
        phone = await _plaintiff(browser, court)
        await _held_and_closed(court, judge, phone)

        # The recordings are sealed by nobody's hand, and the panel calls the package what it is.
        await clerk.get_by_role("tab", name="封存与导出").click()
        desk = clerk.locator(".seal-desk")
        await expect(desk.locator(".seal-made li")).to_have_count(1, timeout=SLOW_MS)
        await expect(clerk.locator(".package-list strong")).to_have_text(["庭审结束封存"])
        unmet = desk.locator(".seal-unmet li")
        await expect(unmet.filter(has_text="尚无书面说明").first).to_contain_text("须先完成")
        await expect(unmet.filter(has_text="笔录尚未开放核对")).to_have_count(1)
        await expect(desk.get_by_role("button", name="最终封存")).to_have_count(0)
        await clerk.screenshot(path=tmp_path / "unmet.png", full_page=True)

        await _explained_and_signed(clerk, judge)
        await _reviewed(clerk, judge, phone)
        await _sealed(clerk)
        await clerk.screenshot(path=tmp_path / "sealed.png", full_page=True)
        await expect(clerk.locator(".package-list strong")).to_have_text(["最终封存", "庭审结束封存"])

        package = await _downloaded(clerk, tmp_path)
        key = await _fingerprint(browser, court)
        code, told = await _verify(package, key)
        assert code == 0, told
        assert (await _verify(package, "0" * 64))[0] == 1, "by another court's key it is wrong"

        await _nothing_changes(court, desk)
        assert (await _verify(package, key))[0] == 0


async def _nothing_changes(court: Hall, desk: Any) -> None:
    """After the seal: no change, no deletion; an addition, which the chain shows."""
    new = {"from_ms": 0, "to_ms": None, "access": "court", "ground": "privacy"}
    assert await _refused(court, "POST", "restrictions", new) == "not-open"
    assert await _refused(court, "POST", "cases", {"case_no": "(2026)粤01民初9号", "cause": "x"}) == "not-open"
    assert await _refused(court, "POST", "cancel", {"reason": "x"}) == "move-not-allowed"
    tracks = list(court.recordings.glob("*"))
    assert tracks
    assert not any(stat.S_IMODE(track.stat().st_mode) & 0o222 for track in tracks)
    await expect(desk.get_by_label("书面说明")).to_have_count(0)
    await expect(desk.get_by_text("服务器重启，其间未录制").first).to_be_visible()

    await desk.get_by_label("追加补充说明").fill("更正：附件二页码应为三。")
    await desk.get_by_role("button", name="追加补充说明").click()
    await expect(desk.get_by_text("已追加")).to_be_visible()
    entries = await court.entries()
    tags = [entry.event.__struct_config__.tag for entry in entries]
    assert tags.index("record.supplement") > len(tags) - 1 - tags[::-1].index("seal.made")
    assert all(after.prev == before.hash for before, after in itertools.pairwise(entries))
