"""A hearing whose recordings are sealed on the disk: killed, recovered, exported, and its operator's key changed."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import msgspec
import pytest

from hearing import commands as cmd
from hearing.session import Move
from records.vault.sealed_file import is_sealed
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.live_hearing import live_hearing
from tests.fakes.serving import serving
from yunting.demo.client import Api

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    use_loopback(monkeypatch)


async def _exported(clerk: Api, session: str) -> None:
    job = (await clerk.call("POST", f"sessions/{session}/exports", {"edition": "court"}))["job"]
    async with asyncio.timeout(90):
        while not (status := await clerk.call("GET", f"exports/{job}"))["done"]:
            await asyncio.sleep(0.2)
    assert status["error"] is None, status


async def test_sealed_on_the_disk_and_whole_in_the_package(tmp_path: Path) -> None:
    async with serving(tmp_path, YUNTING_STORAGE_ENCRYPT="true") as server:
        async with live_hearing(server.api) as hearing:
            await hearing.until("recording.range", 2)
            session = hearing.session
            await server.stop(signal.SIGKILL)
            tracks = list((tmp_path / "recordings" / session).glob("*.mkv"))
            assert tracks
            assert await asyncio.to_thread(lambda: [is_sealed(track) for track in tracks]) == [True] * len(tracks)
        await server.start()
        async with live_hearing(server.api) as hearing:
            await hearing.until("recording.track", 2)
            await hearing.judge.presence.do(cmd.MoveSession(move=Move.CLOSE))
            second = hearing.session
            await _exported(hearing.desk, second)
        (package,) = (tmp_path / "packages").glob("*/*")
        code, _, err = await server.yunting("verify", str(package))
        assert code == 0, err
        packed = list((package / "data/media/tracks").iterdir())
        heads = await asyncio.to_thread(lambda: {track.read_bytes()[:4] for track in packed})
        assert heads == {b"\x1aE\xdf\xa3"}

        old = (tmp_path / "keys" / "storage.key").read_text()
        code, out, err = await server.yunting("storage", "rotate", "--json")
        assert code == 0, err
        assert msgspec.json.decode(out)["rewrapped"] == 2
        assert (tmp_path / "keys" / "storage.key").read_text() != old
        code, _, err = await server.yunting("export", second, "--out", str(tmp_path / "out"))
        assert code == 0, err

        (tmp_path / "keys" / "storage.key").write_text(old)
        code, _, err = await server.yunting("export", second, "--out", str(tmp_path / "none"))
        assert code == 2
        assert "storage.key_file" in err
        assert not (tmp_path / "none").exists()
