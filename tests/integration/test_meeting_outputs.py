"""Papers and tables over the wire: who may have which, when, and that names never run as formulas."""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from python_calamine import CalamineWorkbook

from tests.fakes.meeting_court import HEADER, Court, called, import_table, number_of, phone
from tests.fakes.serving import PASSWORD, serving
from yunting.demo.client import Api

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

EVIL = "=HYPERLINK(1)"


async def got(court: Court, path: str, api: Api | None = None, token: str = "") -> tuple[int, bytes]:
    who = api or court.clerk
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with who.http.get(f"{who.base_url}/api/v1/meetings/{court.meeting}/{path}", headers=headers) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        return answer.status, await answer.read()


def words(data: bytes) -> str:
    return "\n".join(block.text for block in Document(BytesIO(data)).paragraphs)


async def test_resolution_tally_minutes_and_the_named_list(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200, 300]) as court, server.api() as firm:
        await firm.sign_in("firm", PASSWORD)
        names = {1: EVIL, 2: "债权人2", 3: "@SUM(A1)"}
        rows = [f"C{n},{names[n]},{number_of(n)},普通债权,{100 * n}" for n in (1, 2, 3)]
        await import_table(court, "\n".join([HEADER, *rows]).encode())
        await court.post("motions", {"title": "关于财产变价方案", "matter": "ordinary"})
        await court.post("doors", {})
        tokens = {n: await court.sign_in(n, court.clerk) for n in (1, 2)}
        await court.by_two("open")
        async with phone(court.clerk, court.meeting, tokens[1]) as one:
            await one.cast("agree", "a")
            await one.socket.send_json({"type": "ask_question", "re": "q", "text": "如何处置？"})
            await one.until("did")
        async with phone(court.clerk, court.meeting, tokens[2]) as two:
            await two.cast("against", "b")
        for speaker in ("C2", "C2", None):
            await court.post("speaker", {"person": speaker})
        base = "motions/M1/1"
        for path in ("resolution.docx", "tally.xlsx", "named.xlsx", "tally.pdf"):
            assert (await got(court, f"{base}/{path}"))[0] == 409
        # Minutes may be read while people vote; what they vote is not in them.
        status, draft = await got(court, "minutes.docx")
        assert status == 200
        assert "反对" not in words(draft)
        assert words(draft).count("债权人2发言。") == 1
        await court.by_two("close")
        assert (await got(court, f"{base}/resolution.docx", token=tokens[1]))[0] == 409
        await court.by_two("announce")
        status, mine = await got(court, f"{base}/resolution.docx", token=tokens[1])
        assert status == 200
        for text in (words(mine), words((await got(court, "minutes.docx"))[1])):
            assert "同意1人，占出席人数的50.00%，其所代表的金额100.00元，占无财产担保债权总额的16.66%" in text
            assert "同意人数尚差1人，同意金额尚差200.00元" in text
        assert "如何处置？" in words((await got(court, "minutes.docx"))[1])
        assert await got(court, f"{base}/resolution.docx", token=tokens[1]) == (status, mine)
        # The named list is the court's: neither creditors' nor the administrator's.
        assert (await got(court, f"{base}/named.xlsx", firm))[0] == 403
        async with server.api() as stranger:
            assert (await got(court, f"{base}/named.xlsx", stranger, tokens[1]))[0] == 401
        status, named = await got(court, f"{base}/named.xlsx", court.judge)
        assert status == 200
        table: Any = await asyncio.to_thread(
            lambda: CalamineWorkbook.from_filelike(BytesIO(named)).get_sheet_by_index(0).to_python()
        )
        assert [(row[1], row[2], row[5]) for row in table[1:]] == [
            ("C1", EVIL, "同意 agree"),
            ("C2", "债权人2", "反对 against"),
            ("C3", "@SUM(A1)", "未表决 none"),
        ]
        assert number_of(1) not in str(table)
        text = (await got(court, f"{base}/named.csv"))[1].decode("utf-8-sig")
        assert f'"\'{EVIL}"' in text
        assert '"\'@SUM(A1)"' in text
        for path in ("tally.docx", "tally.ofd", "tally.csv", "tally.xlsx", "resolution.ofd"):
            assert (await got(court, f"{base}/{path}"))[0] == 200
        assert (await got(court, "motions/M9/1/tally.csv"))[0] == 404
