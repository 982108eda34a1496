"""A kiosk's page fills in what its card reader reads, says how the reader is, and lets everybody type."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import expect

from tests.browser.test_pages_gate import NUMBER, link, session
from tests.browser.visitors import blank, chromium, consent_and_check, needs_chromium
from tests.fakes.serving import serving

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(180)]


@dataclass
class Reader:
    """A program on the kiosk as docs/card-reader.md asks for it."""

    answers: asyncio.Queue[web.Response] = field(default_factory=asyncio.Queue)
    origins: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        self.origins.append(request.headers["Origin"])
        answer = await self.answers.get()
        answer.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        return answer


@asynccontextmanager
async def reader_at_work() -> AsyncIterator[tuple[Reader, str]]:
    reader, app = Reader(), web.Application()
    app.add_routes([web.get("/card", reader.handle)])
    async with TestServer(app, host="127.0.0.1") as server:
        yield reader, str(server.make_url("/card"))


@pytest.mark.long
async def test_a_card_on_the_readers_plate_fills_in_its_number(tmp_path: Path) -> None:
    async with (
        reader_at_work() as (reader, address),
        serving(tmp_path, YUNTING_IDENTITY_CARD_READER_URL=address) as server,
        chromium() as browser,
    ):
        made = await session(server, "face")
        code = link(made).rsplit("/", 1)[-1]
        kiosk = await blank(browser, 1080, 1920)
        await kiosk.goto(f"{server.base_url}/kiosk")
        await kiosk.click(".attract")
        await kiosk.click(".mode-elder")
        digits = next(str(seat["invitation"]["code"]) for seat in made["seats"] if seat["seat"] == "plaintiff-1")
        await kiosk.keyboard.type(digits)
        await kiosk.click(".keypad .button-primary")
        await consent_and_check(kiosk)
        await kiosk.get_by_role("button", name="使用人脸核验").click()
        await kiosk.get_by_role("checkbox").check()
        await kiosk.get_by_role("button", name="同意，继续").click()
        number = kiosk.get_by_label("证件号码")
        await expect(kiosk.get_by_text("请将证件放在读卡器上")).to_be_visible()
        reader.answers.put_nowait(web.Response(status=422))
        await expect(kiosk.get_by_text("未能读出证件")).to_be_visible()
        reader.answers.put_nowait(web.json_response({"kind": "passport", "number": "e1234567"}))
        await expect(number).to_have_value("E1234567")
        reader.answers.put_nowait(web.json_response({"kind": "resident_id", "number": NUMBER, "name": "张三"}))
        await expect(number).to_have_value(NUMBER)
        await expect(kiosk.get_by_text("已读取证件")).to_be_visible()
        reader.answers.put_nowait(web.Response(status=503))
        await expect(kiosk.get_by_text("读卡器没有应答")).to_be_visible()
        assert set(reader.origins) == {server.base_url}
        await kiosk.get_by_role("button", name="核对").click()
        await expect(kiosk.get_by_role("heading", name="人脸核验")).to_be_visible()
        asked = len(reader.origins)

        phone = await blank(browser, 390, 844)
        await phone.goto(f"{server.base_url}/join/{code}")
        assert (
            await phone.evaluate("address => fetch(address).then(() => 'answered', () => 'refused')", address)
            == "refused"
        ), "no page but a kiosk's may ask a reader"
        assert len(reader.origins) == asked
