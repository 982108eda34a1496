"""Result notices over the wire: made for everybody, shown with a signed time, handed over, come back."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import signal
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.fakes.meeting_court import Court, called, number_of, phone
from tests.fakes.serving import serving
from yunting.demo.client import Api

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


async def asked(api: Api, court: Court, path: str, token: str = "") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with api.http.get(f"{api.base_url}/api/v1/meetings/{court.meeting}/{path}", headers=headers) as answer:
        data = await answer.read()
        return answer.status, json.loads(data) if answer.content_type == "application/json" else data


def check_signed(receipt: dict[str, Any], court_key: str) -> None:
    signature = bytes.fromhex(receipt["signature"])
    text = {name: value for name, value in receipt.items() if name != "signature"}
    signed = json.dumps(text, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(court_key)).verify(signature, signed)


async def test_everybody_is_told_and_it_can_be_proved(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200, 300, 400]) as court, server.api() as page:
        await court.post("motions", {"title": "关于财产变价方案", "matter": "ordinary"})
        await court.post("doors", {})
        await court.post("mandates", {"principal": "C2", "agent": "C1", "document": "0" * 64})
        await court.by_two("open")
        tokens = {n: await court.sign_in(n, court.clerk) for n in (1, 3)}
        async with phone(page, court.meeting, tokens[1]) as one:
            await one.cast("agree", "a")
            court_key = one.entered["court_key"]
        await court.by_two("close")
        (row,) = (await asked(court.clerk, court, "notices/board"))[1]
        assert (row["announced"], row["creditors"], row["missed"]) == (False, 0, False)
        assert (await asked(page, court, "notices/M1/1", tokens[1]))[1]["error"] == "not-announced"
        assert (await asked(page, court, "notices", tokens[1]))[1] == []
        await court.by_two("announce")
        mine = (await asked(page, court, "notices", tokens[1]))[1]
        assert [(each["creditor"], each["shown"]) for each in mine] == [("C1", False), ("C2", False)]
        status, notice = await asked(page, court, "notices/M1/1", tokens[1])
        assert status == 200
        text = "".join(f"{line}\n" for line in notice["lines"])
        assert "您的表决为同意" in text
        assert hashlib.sha256(text.encode()).hexdigest() == notice["sha256"]
        check_signed(notice["receipt"], court_key)
        assert notice["receipt"]["notice_sha256"] == notice["sha256"]
        # An agent reads the principal's, nobody else's.
        assert (await asked(page, court, "notices/M1/1?creditor=C2", tokens[1]))[1]["receipt"]["person"] == "C1"
        assert (await asked(page, court, "notices/M1/1?creditor=C4", tokens[1]))[1]["error"] == "no-notice"
        assert (await asked(page, court, "notices/board", tokens[1]))[0] == 401
        await server.stop(signal.SIGKILL)
        await server.start()
        assert (await asked(page, court, "notices/M1/1", tokens[1]))[1] == notice
        path = "notices/M1/1/deliveries"
        await court.post(path, {"state": "handed", "creditors": ["C3"], "reference": "送达回证1号"})
        await court.post(path, {"state": "sent", "reference": "短信批次1"})
        rows = await court.post(path, {"state": "failed", "creditors": ["C4"], "reason": "空号"})
        counts = {name: rows[0][name] for name in ("creditors", "shown", "handed", "sent", "failed", "waiting")}
        assert counts == {"creditors": 4, "shown": 2, "handed": 1, "sent": 0, "failed": 1, "waiting": 0}
        _, outbox = await asked(court.clerk, court, "notices/M1/1/outbox.csv")
        assert [row[0] for row in csv.reader(io.StringIO(outbox.decode("utf-8-sig")))][1:] == ["C4"]
        for bad in ({"state": "published"}, {"state": "handed"}, {"state": "sent"}):
            async with court.clerk.http.post(
                f"{server.base_url}/api/v1/meetings/{court.meeting}/{path}", json=bad
            ) as answer:
                assert (await answer.json())["error"] == "bad-delivery"
        await court.post(path, {"state": "published", "reference": "人民法院报 2018-08-09"})
        _, data = await asked(court.clerk, court, "notices/M1/1/evidence.csv")
        table = {row[0]: row for row in csv.reader(io.StringIO(data.decode("utf-8-sig")))}
        assert notice["sha256"] in table["C1"]
        assert notice["receipt"]["signature"] in table["C1"]
        assert "送达回证1号" in table["C3"]
        assert "空号" in table["C4"][-1]
        assert "人民法院报" in table["C4"][-1]
        assert number_of(1) not in data.decode("utf-8-sig")
        status, paper = await asked(court.clerk, court, "notices/M1/1/paper.docx?creditor=C4")
        assert (status, paper[:2]) == (200, b"PK")
