"""Editions of a real hearing, by the clerk's page and by the command line; who may restrict a record."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from hearing import commands as cmd
from hearing.errors import UserError
from hearing.session import Move
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.live_hearing import LiveHearing, live_hearing
from tests.fakes.serving import PASSWORD, serving

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    use_loopback(monkeypatch)


async def _exported(hearing: LiveHearing, edition: str, case_no: str | None = None) -> dict[str, object]:
    body = {"edition": edition, "case_no": case_no}
    job = (await hearing.desk.call("POST", f"sessions/{hearing.session}/exports", body))["job"]
    async with asyncio.timeout(120):
        while not (status := await hearing.desk.call("GET", f"exports/{job}"))["done"]:
            await asyncio.sleep(0.2)
    return status  # type: ignore[no-any-return]


@pytest.mark.long
async def test_editions_by_page_and_by_command(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, live_hearing(server.api) as hearing:
        address = f"sessions/{hearing.session}"
        await hearing.until("recording.range", 2)
        part = {"from_ms": 0, "to_ms": 400, "access": "parties", "ground": "privacy"}
        (row,) = (await hearing.desk.call("POST", f"{address}/restrictions", part))["restrictions"]
        assert row["mark"].startswith("r")
        with pytest.raises(UserError, match="bad-time"):
            await hearing.desk.call("POST", f"{address}/restrictions", {**part, "to_ms": 0})
        await hearing.judge.presence.do(cmd.MoveSession(move=Move.CLOSE))

        # The court's edition is made first, in the same job.
        party = await _exported(hearing, "party")
        assert party["error"] is None, party["step_en"]
        assert party["edition"] == "party"
        rows = await hearing.desk.call("GET", f"{address}/exports")
        assert sorted(row["edition"] for row in rows) == ["court", "party"]
        assert [told["edition"] for told in await hearing.events("package.made")] == ["court", "party"]
        player = (await hearing.desk.call("GET", f"{address}/player"))["url"]
        assert str(party["job"]) not in player

        # What is restricted after it was made is not given away by the court's older edition.
        later = {**part, "from_ms": 500, "to_ms": 900, "access": "court"}
        await hearing.desk.call("POST", f"{address}/restrictions", later)
        public = await _exported(hearing, "public")
        assert public["error"] is None, public["step_en"]
        rows = await hearing.desk.call("GET", f"{address}/exports")
        assert sorted(row["edition"] for row in rows) == ["court", "court", "party", "public"]
        packages = {row["job"]: next((tmp_path / "packages" / row["job"]).iterdir()) for row in rows}
        told = json.loads(
            next(p for p in packages.values() if p.name.startswith("public_"))
            .joinpath("data/derivation.json")
            .read_text(encoding="utf-8")
        )
        assert [file["ranges"] for file in told["files"] if file["path"].endswith("composite.mp4")] == [
            [[0, 400], [500, 900]]
        ]

        with pytest.raises(UserError, match="no-right"):
            await hearing.desk.call("DELETE", f"{address}/restrictions/{row['mark']}", {"reason": "公开"})
        async with server.api() as bench:
            await bench.sign_in("bench", PASSWORD)
            left = await bench.call("DELETE", f"{address}/restrictions/{row['mark']}", {"reason": "公开"})
        assert [kept["from_ms"] for kept in left["restrictions"]] == [500]

        joined = await hearing.desk.call(
            "POST", f"{address}/cases", {"case_no": "(2026)粤01民初8号", "cause": "借款合同纠纷"}
        )
        assert [case["case_no"] for case in joined["cases"]] == ["(2026)粤01民初7号", "(2026)粤01民初8号"]
        assert (await _exported(hearing, "party"))["error"] == "case-needed"

        out = tmp_path / "out"
        words = ("export", hearing.session, "--out", str(out), "--edition")
        code, _, err = await server.yunting(*words, "secret")
        assert (code, "court" in err) == (2, True)
        code, told_path, err = await server.yunting(*words, "public", "--case", "(2026)粤01民初8号")
        assert code == 0, err
        (court,) = [item for item in out.iterdir() if not item.name.startswith("public_")]
        code, printed, err = await server.yunting("verify", told_path.strip(), "--court", str(court))
        assert code == 0, printed + err
        other = str(packages[str(party["job"])])
        code, _, err = await server.yunting("verify", told_path.strip(), "--court", other)
        assert code == 1
