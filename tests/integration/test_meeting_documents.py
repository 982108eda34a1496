"""Documents over the wire: from the administrator to the creditor's phone, and who opened it, kill -9 or not."""

from __future__ import annotations

import asyncio
import hashlib
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.meeting_court import Court, called, number_of, phone
from tests.fakes.serving import PASSWORD, serving
from yunting.demo.client import Api

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

PDF = b"%PDF-1.7\n" + b"plan " * 1_000


async def upload(court: Court, data: bytes, title: str, api: Api | None = None) -> tuple[int, Any]:
    http = api or court.clerk
    url = f"{http.base_url}/api/v1/meetings/{court.meeting}/documents"
    async with http.http.post(url, params={"title": title}, data=data) as answer:
        return answer.status, await answer.json()


async def fetched(api: Api, court: Court, document: str, token: str = "") -> tuple[int, bytes, str]:
    url = f"{api.base_url}/api/v1/meetings/{court.meeting}/documents/{document}"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with api.http.get(url, headers=headers) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, await answer.read(), answer.headers["Content-Type"]


async def test_a_document_reaches_creditors_and_who_opened_it_is_kept(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200, 300]) as court, server.api() as firm:
        await firm.sign_in("firm", PASSWORD)
        status, board = await upload(court, PDF, "重整计划草案\u202e", firm)
        assert status == 201
        assert (board[0]["title"], board[0]["kind"], board[0]["read"], board[0]["creditors"]) == (
            "重整计划草案",
            "pdf",
            0,
            3,
        )
        assert board[0]["sha256"] == hashlib.sha256(PDF).hexdigest()
        # What it is called and what it says it is changes nothing.
        for data, code in ((b"<html>", "document-kind"), (PDF, "document-twice")):
            status, refusal = await upload(court, data, "x.pdf")
            assert (status in {409, 415}, refusal["error"]) == (True, code)
        assert (await upload(court, PDF + b"2", "  "))[1]["error"] == "document-title"
        assert (await upload(court, PDF, "x", court.judge))[0] == 403
        assert (await upload(court, PDF + b"0" * (64 << 20), "x"))[1]["error"] == "too-large"
        await upload(court, PDF + b"2", "财产状况报告")
        await court.post("doors", {})
        token = await court.sign_in(1, court.clerk)
        async with server.api() as stranger, phone(stranger, court.meeting, token) as one:
            shown = one.entered["meeting"]["documents"]
            assert [each["document"] for each in shown] == ["D1", "D2"]
            assert (await fetched(stranger, court, "D1"))[0] == 401
            status, data, kind = await fetched(stranger, court, "D1", token)
            assert (status, data, kind) == (200, PDF, "application/pdf")
            assert (await fetched(stranger, court, "D9", token))[0] == 404
        await server.stop(signal.SIGKILL)
        await server.start()
        async with server.api() as stranger, phone(stranger, court.meeting, token) as one:
            assert one.entered["mine"]["read"] == ["D1"]
        path = f"meetings/{court.meeting}/documents"
        # An agent's opening counts for the principal, once.
        await court.post("mandates", {"principal": "C2", "agent": "C1", "document": "0" * 64})
        rows = await court.clerk.call("GET", path)
        assert [(row["document"], row["read"]) for row in rows] == [("D1", 2), ("D2", 0)]
        rows = await court.clerk.call("PATCH", f"{path}/D2", {"place": 1, "title": "报告"})
        assert [row["title"] for row in rows] == ["报告", "重整计划草案"]
        removed = await court.clerk.call("DELETE", f"{path}/D1", {"reason": "以修改稿替换"})
        assert [(row["document"], row["reason"]) for row in removed] == [("D2", ""), ("D1", "以修改稿替换")]
        assert (await fetched(court.clerk, court, "D1", token))[0] == 410
        assert (await fetched(court.clerk, court, "D1"))[1] == PDF
        url = f"{server.base_url}/api/v1/{path}/D1/reads.csv"
        async with court.clerk.http.get(url) as answer:
            text = (await answer.read()).decode("utf-8-sig")
        assert "债权人1" in text
        assert number_of(1) not in text
        assert hashlib.sha256(PDF).hexdigest() in text


async def test_uploads_at_once_all_stand_and_leave_no_drafts(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100]) as court:
        await asyncio.gather(*(upload(court, PDF + bytes([number]), f"文件{number}") for number in range(8)))
        await upload(court, b"MZ", "x.pdf")
        rows = await court.clerk.call("GET", f"meetings/{court.meeting}/documents")
        assert {row["document"] for row in rows} == {f"D{n}" for n in range(1, 9)}
        assert not list(tmp_path.rglob("*.partial"))
