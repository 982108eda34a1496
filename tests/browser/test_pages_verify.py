"""The page `/verify` in Chromium with the network cut: a right log, a changed one, receipts, by keyboard too."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, async_playwright, expect

from signaling.record.exports import zip_stream
from tests.browser.sfu_stage import CHROMIUM
from tests.browser.visitors import needs_chromium
from tests.fakes.courthouse import courthouse
from tests.fakes.made_ballot_log import FINGERPRINT, Made
from tests.fakes.made_meeting import small

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(180)]


@asynccontextmanager
async def cut_off() -> AsyncIterator[Page]:
    """The page, loaded, on a machine that has lost its network; nothing may be asked for from then on."""
    async with courthouse() as court, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = await chromium.new_context(viewport={"width": 390, "height": 844})
        page = await context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if "Content Security" in said.text else None)
        await page.goto(f"{court.url}/verify")
        await expect(page.get_by_text("现在断开网络也可以核验")).to_be_visible()
        await context.set_offline(True)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        yield page
        assert asked == []
        assert problems == []
        await chromium.close()


async def _verify(page: Page, log: bytes) -> None:
    picked = {"name": "ballot-log.jsonl", "mimeType": "application/jsonl", "buffer": log}
    await page.locator("input[type=file]").first.set_input_files(picked)  # type: ignore[arg-type]
    await page.get_by_role("button", name="开始核验").click()


async def test_a_right_log_passes_and_shows_its_results(tmp_path: Path) -> None:
    made = small()
    async with cut_off() as page:
        receipt = tmp_path / "receipt.json"
        receipt.write_text(json.dumps(made.receipt(8, 9)), "utf-8")
        await page.locator("input[type=file]").nth(1).set_input_files(receipt)
        await page.get_by_label("法院公布的密钥指纹").fill(FINGERPRINT.upper())
        await _verify(page, made.export())
        alert = page.get_by_role("alert")
        await expect(alert).to_contain_text("核验通过")
        await expect(alert).to_contain_text("您的回执在这份日志中")
        await expect(alert).to_contain_text("签名密钥与您填写的指纹一致")
        await expect(page.get_by_role("article")).to_contain_text("表决未通过")
        await expect(page.get_by_role("article")).to_contain_text("2 / 出席 4 人")
        await page.get_by_role("button", name="核验另一份").click()
        await page.get_by_label("法院公布的密钥指纹").fill("")
        await _verify(page, made.export("public"))
        await expect(alert).to_contain_text("公开版不显示各张表决")
        await expect(page.get_by_text("请将下面的密钥指纹与法院公布的指纹核对")).to_be_visible()


async def _choose(page: Page, name: str, data: bytes) -> None:
    picked = {"name": name, "mimeType": "application/zip", "buffer": data}
    await page.locator("input[type=file]").first.set_input_files(picked)  # type: ignore[arg-type]
    await page.get_by_role("button", name="开始核验").click()


async def _package(tmp_path: Path, name: str, files: dict[str, bytes]) -> bytes:
    """As the server sends it."""
    folder = tmp_path / name
    for path, data in {"tagmanifest-sha512.txt": b"", **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return b"".join([chunk async for chunk in zip_stream(folder)])


async def test_the_log_inside_a_meetings_package_is_verified_and_the_rest_is_said(tmp_path: Path) -> None:
    made, lied = small(), small()
    lied.leaves[8]["choice"] = "against"
    right = await _package(tmp_path, "会议卷宗", {"data/ballot-log.jsonl": made.export(), "data/meeting.json": b"{}"})
    wrong = await _package(tmp_path, "changed", {"data/ballot-log.jsonl": lied.export()})
    hearing = await _package(tmp_path, "hearing", {"data/events/events.jsonl": b"{}"})
    async with cut_off() as page:
        alert = page.get_by_role("alert")
        await _choose(page, "会议卷宗.zip", right)
        await expect(alert).to_contain_text("核验通过")
        await expect(page.get_by_text("只核验了其中的表决日志")).to_be_visible()
        await expect(page.get_by_text("python3 verify.py 卷宗包.zip --key")).to_be_visible()
        await page.get_by_role("button", name="核验另一份").click()
        await _choose(page, "changed.zip", wrong)
        await expect(alert).to_contain_text("结果与重新计票不符")
        await page.get_by_role("button", name="核验另一份").click()
        await _choose(page, "hearing.zip", hearing)
        await expect(alert).to_contain_text("这是庭审卷宗包")
        await _choose(page, "cut.zip", right[:-9])
        await expect(alert).to_contain_text("压缩包已损坏")
        await _verify(page, made.export())
        await expect(alert).to_contain_text("核验通过")
        await expect(page.get_by_text("只核验了其中的表决日志")).to_be_hidden()


async def test_the_first_page_of_the_server_publishes_both_verifiers() -> None:
    async with courthouse() as court, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = await chromium.new_page()
        await page.goto(f"{court.url}/")
        foot = page.get_by_role("contentinfo")
        await expect(foot).to_contain_text(f"verify.py 的 SHA-256 {'0' * 64}")
        await expect(foot).to_contain_text(f"verify_ballots.py 的 SHA-256 {'1' * 64}")
        await chromium.close()


async def test_the_page_opens_again_without_a_network_and_nothing_else_is_kept() -> None:
    made = small()
    async with courthouse() as court, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = await chromium.new_context(viewport={"width": 390, "height": 844})
        page = await context.new_page()
        other = await context.new_page()
        await page.goto(f"{court.url}/verify")
        await expect(page.get_by_text("没有网络时也能重新打开")).to_be_visible()
        await other.goto(f"{court.url}/")
        await context.set_offline(True)
        await page.reload()
        await _verify(page, made.export())
        await expect(page.get_by_role("alert")).to_contain_text("核验通过")
        await page.close()
        again = await context.new_page()
        await again.goto(f"{court.url}/verify")
        await _verify(again, made.export())
        await expect(again.get_by_role("alert")).to_contain_text("核验通过")
        with pytest.raises(PlaywrightError):
            await other.reload()
        kept = await again.evaluate(
            "caches.keys().then(async (names) => (await Promise.all(names.map(async (name) =>"
            " (await (await caches.open(name)).keys()).map((request) => new URL(request.url).pathname)))).flat())"
        )
        assert "/verify" in kept
        assert all(path == "/verify" or path.startswith("/assets/") for path in kept), kept
        assert not any("meeting" in path.lower() or "signin" in path.lower() for path in kept), kept
        await chromium.close()


async def test_what_is_wrong_is_named_in_both_languages() -> None:
    made = small()
    changed = bytearray(made.export())
    changed[changed.index(b'"choice":"agree","creditor":"c1"') + 10] ^= 1
    async with cut_off() as page:
        await _verify(page, bytes(changed))
        alert = page.get_by_role("alert")
        await expect(alert).to_contain_text("核验未通过")
        await expect(alert).to_contain_text("第 10 行（记录 8）")
        await expect(alert).to_contain_text("wrong field choice")
        await page.get_by_role("button", name="核验另一份").click()
        lied = made.copy()
        lied.leaves[8]["choice"] = "against"
        await _verify(page, lied.export())
        await expect(alert).to_contain_text("结果与重新计票不符")


async def test_a_pasted_receipt_of_another_log_is_an_alarm_by_keyboard() -> None:
    made, other = small(), small()
    other.leaves[8]["choice"] = "against"
    async with cut_off() as page:
        await page.get_by_label("或粘贴回执内容").fill("{")
        await _verify(page, made.export())
        await expect(page.get_by_role("alert")).to_contain_text("回执不是有效的内容")
        await page.get_by_label("或粘贴回执内容").fill(json.dumps(_receipt(other)))
        await page.get_by_role("button", name="开始核验").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("警报：回执上的表决不在日志中")
        # The result has the focus, so that the next step is one Tab away.
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="核验另一份")).to_be_focused()


def _receipt(made: Made) -> object:
    return made.receipt(8, 9)
