"""A clerk says on their page what somebody speaks and for whom an interpreter speaks; the judge sees it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Page, expect

from hearing import events as ev
from hearing.participant import Presence
from hearing.roles import Role
from signaling.minutes.line_messages import Transcribing
from tests.browser.test_pages_minutes import Visitors
from tests.browser.visitors import chromium, needs_chromium, sign_in, visit
from tests.fakes.written_court import WrittenCourt, written_court
from yunting.speech.engines import unheard

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(240)]


async def test_the_clerk_names_a_language_and_an_interpreter() -> None:
    async with written_court() as court, chromium() as browser:
        judge = await visit(browser, f"{court.url}/judge", 1440, 900)
        await sign_in(judge, "bench")
        await judge.get_by_text("进入法庭").click()
        clerk = await visit(browser, f"{court.url}/clerk", 1440, 900)
        await sign_in(clerk, "desk")
        await clerk.locator(".session-card").click()
        await court.until_open()
        ledger = court.court.room(court.session).ledger
        seat = ev.Seat(participant="interpreter", seat="interpreter-1", role=Role.INTERPRETER, name="卓玛")
        await ledger.note("desk", [ev.ParticipantAdded(seat=seat)])

        await clerk.get_by_role("tab", name="出庭情况").click()
        await clerk.get_by_label("李四的语言").select_option(label="藏语")
        await clerk.get_by_label("卓玛为谁翻译").select_option(label="为被告 李四翻译")
        theirs = judge.locator(".seat-map li").filter(has_text="李四")
        await expect(theirs.locator(".seat-marks").first).to_contain_text("藏语")
        interpreter = judge.locator(".seat-map li").filter(has_text="卓玛")
        await expect(interpreter.locator(".seat-marks").first).to_contain_text("为李四翻译")
        served = court.people["defendant-1"]
        desk = court.court.room(court.session).minutes
        desk.transcribing(Transcribing(available=True, behind_ms=0, zh="", en="", unheard=(unheard(served, "bo"),)))
        row = clerk.get_by_role("row").filter(has_text="李四").first
        await expect(row).to_contain_text("此语言不能转写")
        await expect(clerk.get_by_text("此语言不能转写")).to_have_count(1)
        await expect(clerk.get_by_label("陈静怡的语言")).to_have_count(0)
        people = ledger.hearing.people
        assert people[court.people["defendant-1"]].language == "bo"
        assert people["interpreter"].interprets == court.people["defendant-1"]


async def test_what_an_interpreter_gives_stands_beside_what_was_said(tmp_path: Path) -> None:
    async with written_court() as court, chromium() as browser:
        visitors = Visitors(court, browser, tmp_path)
        judge = await visitors.judge()
        await visitors.open_court(judge)
        court.transcribing()
        kiosk = await visitors.kiosk("defendant-1")
        phone = await visitors.phone("plaintiff-1")
        ledger = court.court.room(court.session).ledger
        seat = ev.Seat(participant="interpreter", seat="interpreter-1", role=Role.INTERPRETER, name="卓玛")
        present = ev.PresenceChanged(participant="interpreter", before=Presence.INVITED, after=Presence.PRESENT)
        await ledger.note("desk", [ev.ParticipantAdded(seat=seat), present])
        said = msgspec.structs.replace(court.line("defendant-1", "I do not agree to that.", 1_000), language="en")
        between = court.line("judge-1", "请翻译", 4_000)
        given = msgspec.structs.replace(
            court.line("judge-1", "我不同意", 5_000), participant="interpreter", utterance="interpreter@5000"
        )
        await court.all_said([said, between, given])
        for name, page in {"kiosk": kiosk, "phone": phone}.items():
            await page.get_by_role("button", name="笔录").click()
            lines = page.locator("dialog[open] .line")
            await expect(lines).to_have_count(3)
            told = [await lines.nth(at).locator(".line-text").text_content() for at in range(3)]
            assert told == ["I do not agree to that.", "我不同意", "请翻译"], (
                "beside its original, not where it was said"
            )
            await expect(lines.nth(0)).to_have_attribute("lang", "en")
            await visitors.shot(page, f"bilingual-{name}")
            left, right, below = [await lines.nth(at).bounding_box() for at in range(3)]
            assert left is not None
            assert right is not None
            assert below is not None
            if name == "kiosk":
                assert abs(left["y"] - right["y"]) < 2
                assert right["x"] >= left["x"] + left["width"] - 1
                assert below["width"] > 1.5 * left["width"]
            else:
                assert right["y"] >= left["y"] + left["height"] - 1
        await _interpreter_is_heard_first(court, phone)


async def _interpreter_is_heard_first(court: WrittenCourt, phone: Page) -> None:
    """Only while the interpreter speaks, and only for who asked for it."""
    room = court.court.room(court.session)

    async def volumes(speakers: tuple[str, ...], wanted: float) -> None:
        """The fake microphones make speakers of their own, so that it is told again and again."""
        async with asyncio.timeout(15):
            while True:
                room.speakers_changed(speakers)
                found = await phone.evaluate("[...document.querySelectorAll('audio')].map((each) => each.volume)")
                if found and all(abs(each - wanted) < 0.01 for each in found):
                    return
                await asyncio.sleep(0.05)

    await volumes(("interpreter",), 1)
    await phone.get_by_role("button", name="关闭").click()
    await phone.get_by_role("button", name="更多").click()
    await phone.get_by_role("button", name="译音优先").click()
    await volumes(("interpreter",), 0.2)
    await volumes((), 1)
