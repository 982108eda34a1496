"""A clerk says on their page what somebody speaks and for whom an interpreter speaks; the judge sees it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from hearing import events as ev
from hearing.roles import Role
from signaling.line_messages import Transcribing
from tests.browser.visitors import chromium, needs_chromium, sign_in, visit
from tests.fakes.written_court import written_court
from yunting.speech_engines import unheard

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
