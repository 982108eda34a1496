"""The clerk's desk for sealing: what is missing stands there and shuts the button, and the seal is asked for twice.

The server's own part is tested where it is (`tests/integration`); here its answers are told to the page."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import pytest
from playwright.async_api import Page, Route, expect

from hearing import events as ev
from hearing.session import Move, State
from signaling.sessions.desk import SEAT_ACCOUNTS
from signaling.staff.accounts import ensure_staff
from tests.browser.visitors import chromium, needs_chromium, sign_in, visit
from tests.fakes.courthouse import ID, Courthouse, courthouse
from tests.fakes.serving import PASSWORD

pytestmark = [pytest.mark.browser, needs_chromium]

UNSIGNED = {
    "code": "unsigned", "zh": "原告张三丰尚未签名", "en": "the plaintiff has not signed",
    "todo_zh": "请其签名，或记录拒签", "todo_en": "ask for it, or note the refusal",
    "blocks": True, "about": ID["plaintiff"],
}  # fmt: skip
GAP = {
    "code": "gap", "zh": "录音录像有 1 处缺口", "en": "one gap", "todo_zh": "案卷将载明",
    "todo_en": "the record says so", "blocks": False, "about": "",
}  # fmt: skip
INCIDENT = {
    "incident": 9, "cause": "disk-full", "cause_zh": "存储空间不足", "cause_en": "disk full", "from_ms": 60_000,
    "to_ms": 65_000, "detail": "", "statement": "", "statement_sha256": "", "written_by": "", "signed_by": "",
    "signed_utc_ms": 0,
}  # fmt: skip
SEAL = {"step": "media", "package": "P1", "manifest_sha512": "ab" * 64, "utc_ms": 1_795_000_000_000, "stamped": False,
        "key": "", "before": "", "url": ""}  # fmt: skip
VIEW: dict[str, Any] = {
    "state": "signed", "may_seal": False, "stamping": "", "seals": [SEAL], "unmet": [UNSIGNED, GAP],
    "incidents": [INCIDENT], "job": None,
}  # fmt: skip


async def _held(court: Courthouse) -> str:
    """A session with a clerk's seat, in 候审."""
    await ensure_staff(court.services.store, court.services.hasher, 1, [("desk", "李书记员", "clerk", PASSWORD)])
    session = await court.session()
    await court.services.store.put(SEAT_ACCOUNTS, session, msgspec.json.encode({ID["clerk"]: "desk"}))
    ledger = await court.services.book.get(session)
    await ledger.note("server", [ev.StateChanged(move=Move.GATHER, before=State.SCHEDULED, after=State.WAITING)])
    return session


async def _told(page: Page, view: dict[str, Any]) -> None:
    """The page is answered with this view from now on."""

    async def answer(route: Route) -> None:
        await route.fulfill(json=view)

    await page.unroute("**/api/v1/sessions/*/seal")
    await page.route("**/api/v1/sessions/*/seal", answer)


async def test_the_seal_waits_for_what_is_missing_and_is_asked_for_twice() -> None:
    async with courthouse() as court, chromium() as browser:
        await _held(court)
        page = await visit(browser, f"{court.url}/clerk", 1440, 900)
        await _told(page, VIEW)
        sent: list[dict[str, Any]] = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(json.loads(frame))))
        await sign_in(page, "desk")
        await page.get_by_text("粤01民初1号").first.click()
        await page.get_by_role("tab", name="封存与导出").click()

        desk = page.locator(".seal-desk")
        await expect(desk.locator(".seal-unmet li").first).to_contain_text("原告张三丰尚未签名")
        await expect(desk.locator(".seal-unmet li").first).to_contain_text("须先完成")
        await expect(desk.get_by_role("button", name="最终封存")).to_be_disabled()
        await desk.locator(".seal-unmet li").first.get_by_role("button", name="去处理").click()
        await expect(page.get_by_role("tab", name="核对签名")).to_have_attribute("aria-selected", "true")

        await page.get_by_role("tab", name="封存与导出").click()
        await desk.get_by_label("书面说明").fill("磁盘满，五秒后恢复，未影响发言。")
        await desk.get_by_role("button", name="保存说明").click()
        await _until(lambda: any(_command(frame, "incident_explain") for frame in sent))

        await _told(page, {**VIEW, "may_seal": True, "unmet": [GAP], "incidents": []})
        await expect(desk.get_by_text("可以最终封存")).to_be_visible()
        await desk.get_by_role("button", name="最终封存").click()
        dialog = page.locator("dialog[open]")
        await expect(dialog).to_contain_text("封存后不能撤销")
        await expect(dialog).to_contain_text("录音录像有 1 处缺口")
        await dialog.get_by_role("button", name="确认封存").click()
        assert not any(_command(frame, "seal") for frame in sent), "not before it is ticked"
        await dialog.locator("input[type=checkbox]").check()
        await dialog.get_by_role("button", name="确认封存").click()
        await _until(lambda: any(_command(frame, "seal") for frame in sent))

        await _told(page, {**VIEW, "state": "sealed", "unmet": [], "incidents": []})
        await expect(desk.get_by_text("案卷已最终封存")).to_be_visible()
        await expect(desk.get_by_label("追加补充说明")).to_be_visible()
        for width in (1440, 390):
            await page.set_viewport_size({"width": width, "height": 900})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width


def _command(frame: dict[str, Any], name: str) -> bool:
    return frame.get("type") == "do" and frame["command"]["do"] == name


async def _until(condition: Any) -> None:
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(0.05)
