"""A creditor's link is replaced: whoever holds the old one is out at once, and the new one is all that works."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import WSMsgType

from tests.fakes.called_meeting import Called, called

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]


async def link_of(meeting: Called, creditor: str) -> str:
    _, rows, _ = await meeting.ask("GET", f"/{meeting.id}/creditors?q={creditor}")
    return str(next(row["link"] for row in rows if row["creditor"] == creditor))


async def test_a_replaced_link_ends_the_old_one_its_pass_and_its_page(tmp_path: Path) -> None:
    async with called(tmp_path, [100, 200]) as meeting:
        before, others = await link_of(meeting, "C1"), await link_of(meeting, "C2")
        token, other = await meeting.sign_in(1), await meeting.sign_in(2)
        async with meeting.socket(token) as page:
            assert (await page.receive_json())["type"] == "entered"
            told = await meeting.post("/people/C1/link")
            assert told == {"person": "C1", "link": await link_of(meeting, "C1")}
            assert told["link"] != before
            async with asyncio.timeout(20):
                while (await page.receive()).type is WSMsgType.TEXT:
                    pass
        async with meeting.socket(token) as page:
            assert (await page.receive_json())["action"] == "sign_in"
        old = {"person": "C1", "code": before.rpartition(".")[2], "number_end": "000000"}
        assert (await meeting.ask("POST", f"/{meeting.id}/signin", **old))[1]["error"] == "code-unknown"
        # Nobody else is touched, and the person comes by the new one.
        assert await link_of(meeting, "C2") == others
        async with meeting.socket(other) as page:
            assert (await page.receive_json())["type"] == "entered"
        async with meeting.socket(await meeting.sign_in(1)) as page:
            assert (await page.receive_json())["mine"]["claims"][0]["amount_fen"] == 10_000


async def test_only_who_may_send_links_replaces_one_and_only_of_somebody(tmp_path: Path) -> None:
    async with called(tmp_path, [100]) as meeting:
        before = await link_of(meeting, "C1")
        status, told, _ = await meeting.ask("POST", f"/{meeting.id}/people/C1/link", by=meeting.judge)
        assert (status, told["error"]) == (403, "no-right")
        status, told, _ = await meeting.ask("POST", f"/{meeting.id}/people/C9/link")
        assert told["error"] == "unknown-creditor"
        assert await link_of(meeting, "C1") == before
