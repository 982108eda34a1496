"""闭庭 by mistake on a real server, undone within the minute, an export in between: recording goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hearing import commands as cmd
from hearing.session import Move
from records.verify import verify_path
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.live_hearing import LiveHearing, live_hearing
from tests.fakes.serving import serving

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


async def _export(hearing: LiveHearing) -> dict[str, object]:
    job = (await hearing.desk.call("POST", f"sessions/{hearing.session}/exports", {"edition": "court"}))["job"]
    async with asyncio.timeout(90):
        while not (status := await hearing.desk.call("GET", f"exports/{job}"))["done"]:
            await asyncio.sleep(0.1)
    return status  # type: ignore[no-any-return]


@pytest.mark.parametrize("export_between", [pytest.param(False, marks=pytest.mark.long), True])
async def test_a_closing_undone_is_recorded_on_and_exported_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, export_between: bool
) -> None:
    use_loopback(monkeypatch)
    async with serving(tmp_path) as server, live_hearing(server.api) as hearing:
        judge = hearing.judge.presence
        await hearing.until("recording.range", 2)
        await judge.do(cmd.MoveSession(move=Move.CLOSE))
        exporting = asyncio.ensure_future(_export(hearing)) if export_between else None
        if exporting is not None:
            await hearing.until("recording.track_closed", 2)
        await judge.do(cmd.MoveSession(move=Move.REOPEN, reason="误点闭庭"))
        opened = await hearing.until("recording.track", 4)
        ranges = len(await hearing.events("recording.range"))
        await hearing.until("recording.range", ranges + 2)
        if exporting is not None:
            # Made before the reopening was noticed, or refused because of it: never half a package.
            status = await exporting
            assert status["error"] in (None, "not-closed")
        await judge.do(cmd.MoveSession(move=Move.CLOSE))
        final = await _export(hearing)
        assert final["error"] is None, final
        assert await hearing.events("recording.incident") == []
    packages = tmp_path / "packages" / str(final["job"])
    await asyncio.to_thread(_check_package, packages, {event["file"] for event in opened})


def _check_package(folder: Path, files: set[str]) -> None:
    package = next(folder.iterdir())
    verified = verify_path(str(package))
    assert verified["ok"], verified["wrong"]
    assert {path.name for path in (package / "data" / "media" / "tracks").iterdir()} == files
