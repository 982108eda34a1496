"""The recording's disk fails under a running hearing: it goes on, log and clerk's page say so, recording returns."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hearing import commands as cmd
from hearing.session import Move, State
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.live_hearing import LiveHearing, live_hearing
from tests.fakes.serving import serving

pytestmark = pytest.mark.integration

DISK_BYTES = 8 << 20


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    use_loopback(monkeypatch)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"cannot mount a small tmpfs here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(file: Path) -> None:
    """Take all the room that is left."""
    with file.open("wb", buffering=0) as out:
        try:
            while out.write(bytes(1 << 16)):
                pass
        except OSError:
            return


async def told(hearing: LiveHearing, condition: Callable[[str | None], bool]) -> None:
    """Until the `recording` message on the clerk's page has an incident for which `condition` holds."""
    page = hearing.clerk
    await page.wait_for(lambda _: page.recording is not None and condition(page.recording.incident), timeout_s=30)


async def media_goes_on(hearing: LiveHearing) -> None:
    before = await hearing.received()
    async with asyncio.timeout(10):
        while any(now < then + 30 for now, then in zip(await hearing.received(), before, strict=True)):
            await asyncio.sleep(0.1)


async def the_session_obeys(hearing: LiveHearing) -> None:
    """Commands of the judge are carried out, and the clerk's page hears of it."""
    person = hearing.plaintiff.presence.welcome
    assert person is not None
    await hearing.judge.presence.do(cmd.SetMute(participant=person.participant, kind="audio", muted=True))
    await hearing.clerk.wait_for(lambda h: h is not None and any(p.audio_muted for p in h.people))
    await hearing.judge.presence.do(cmd.SetMute(participant=person.participant, kind="audio", muted=False))
    assert hearing.clerk.hearing is not None
    assert hearing.clerk.hearing.state is State.IN_SESSION


@pytest.mark.timeout(120)
async def test_a_full_disk_stops_no_hearing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "recordings"):
        async with serving(tmp_path) as server, live_hearing(server.api) as hearing:
            await hearing.watch_each_other()
            opened = await hearing.until("recording.range", 2)
            filler = tmp_path / "recordings" / "filler"
            await asyncio.to_thread(fill, filler)
            begun = (await hearing.until("recording.incident", 1))[0]
            assert (begun["cause"], begun["to_ms"]) == ("disk-full", None)
            await told(hearing, lambda incident: incident is not None)
            await media_goes_on(hearing)
            await the_session_obeys(hearing)

            await asyncio.to_thread(filler.unlink)
            over = (await hearing.until("recording.incident", 2))[-1]
            assert over["to_ms"] > begun["from_ms"]
            await told(hearing, lambda incident: incident is None)
            gaps = [gap for gap in await hearing.until("recording.gap", 1) if gap["cause"] == "disk"]
            assert gaps
            fresh = {event["track"] for event in await hearing.until("recording.range", len(opened) + 4)}
            assert len(fresh) > len({event["track"] for event in opened}), "new files were begun"
            await hearing.judge.presence.do(cmd.MoveSession(move=Move.CLOSE))


@pytest.mark.long
@pytest.mark.timeout(120)
async def test_an_unwritable_recording_folder_stops_no_hearing(tmp_path: Path) -> None:
    blocker = tmp_path / "recordings"
    blocker.write_bytes(b"")
    async with serving(tmp_path) as server, live_hearing(server.api) as hearing:
        await hearing.watch_each_other()
        begun = (await hearing.until("recording.incident", 1))[0]
        assert (begun["cause"], begun["to_ms"]) == ("folder-unwritable", None)
        await told(hearing, lambda incident: incident is not None)
        await the_session_obeys(hearing)

        await asyncio.to_thread(blocker.unlink)
        assert (await hearing.until("recording.incident", 2))[-1]["to_ms"] is not None
        await told(hearing, lambda incident: incident is None)
        await hearing.until("recording.range", 2)
        await media_goes_on(hearing)
