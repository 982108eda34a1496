"""Exports of a real hearing: by the clerk's page and by `yunting export`, after a restart, a kill and a new key."""

from __future__ import annotations

import asyncio
import hashlib
import signal
from pathlib import Path

import msgspec
import pytest

from hearing import commands as cmd
from hearing.session import Move
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.live_hearing import live_hearing
from tests.fakes.serving import PASSWORD, serving
from yunting.demo.client import Api

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    use_loopback(monkeypatch)


async def _exported(clerk: Api, session: str) -> dict[str, object]:
    job = (await clerk.call("POST", f"sessions/{session}/exports", {"edition": "court"}))["job"]
    (listed,) = [row for row in await clerk.call("GET", f"sessions/{session}/exports") if row["job"] == job]
    assert listed["session"] == session
    async with asyncio.timeout(90):
        while not (status := await clerk.call("GET", f"exports/{job}"))["done"]:
            await asyncio.sleep(0.2)
    assert status["error"] is None, status
    return status  # type: ignore[no-any-return]


async def test_exports_outlive_page_and_server_and_carry_the_manifests_digest(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        async with live_hearing(server.api) as hearing:
            await hearing.until("recording.track", 2)
            await hearing.judge.presence.do(cmd.MoveSession(move=Move.CLOSE))
            made = await _exported(hearing.desk, hearing.session)
            (package,) = (tmp_path / "packages" / str(made["job"])).iterdir()
            digest = hashlib.sha512((package / "manifest-sha512.txt").read_bytes()).hexdigest()
            assert made["sha512"] == digest
            (told,) = await hearing.events("package.made")
            assert told["manifest_sha512"] == digest
            session = hearing.session
        code, out, _ = await server.yunting("verify", str(package), "--json")
        assert code == 0
        assert digest in out

        await server.stop(signal.SIGTERM)
        (tmp_path / "keys" / "court.pem").rename(tmp_path / "keys" / "old.pem")
        await server.start()
        async with server.api() as clerk:
            await clerk.sign_in("desk", PASSWORD)
            (listed,) = await clerk.call("GET", f"sessions/{session}/exports")
            assert listed == made
            async with clerk.http.get(f"{server.base_url}{made['url']}", ssl=clerk.trust) as response:
                assert response.status == 200
                assert len(await response.read()) > 10_000
            again = await _exported(clerk, session)
            assert "密钥" in str(again["step_zh"])
            rows = await clerk.call("GET", f"sessions/{session}/exports")
            assert [row["job"] for row in rows] == [made["job"], again["job"]]

        code, out, err = await server.yunting("export", session, "--out", str(tmp_path / "out"), "--json")
        assert code == 0, err
        assert len(msgspec.json.decode(out)["former_keys"]) == 1
        assert "密钥已更换" in err.replace("\n", "")
        report = next((tmp_path / "out").glob("*/data/reports/*.html")).read_text(encoding="utf-8")
        assert "曾用法院密钥" in report

        # A server that died between 闭庭 and the last seal leaves bytes that no range covers.
        with next((tmp_path / "recordings" / session).glob("*.mkv")).open("ab") as track:
            track.write(b"tail")
        code, _, err = await server.yunting("export", session, "--out", str(tmp_path / "third"))
        assert code != 0
        assert "yunting serve" in err.replace("\n", " ")
        assert not list((tmp_path / "third").glob("*"))


async def test_export_of_what_a_killed_server_left_says_what_to_do(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, live_hearing(server.api) as hearing:
        await hearing.until("recording.range", 2)
        session = hearing.session
        await server.stop(signal.SIGKILL)
        code, _, err = await server.yunting("export", session, "--out", str(tmp_path / "out"))
        assert code != 0
        assert "not-closed" in err or "闭庭" in err
        assert "yunting serve" in err.replace("\n", " ")
        assert not list((tmp_path / "out").glob("*"))
