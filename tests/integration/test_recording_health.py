"""What the clerk's console is told of a real recording: levels of microphones, bytes written, age of the seal."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.live_hearing import live_hearing
from tests.fakes.serving import serving

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


async def test_figures_of_the_console_are_true_from_the_first_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_loopback(monkeypatch)
    async with serving(tmp_path) as server, live_hearing(server.api) as hearing:
        async with asyncio.timeout(30):
            while not (
                (told := hearing.clerk.recording)
                and len(told.tracks) == 4
                and all(r.bytes_total for r in told.tracks)
            ):
                await asyncio.sleep(0.05)
        assert await hearing.events("recording.range") == []
        rows = {(row.participant, row.kind): row for row in told.tracks}
        assert len({row.bytes_total for row in rows.values()}) == 4
        for (_, kind), row in rows.items():
            assert (row.level_dbov is not None) == (kind == "audio"), row
            assert row.sealed_age_ms < 10_000
            assert abs(row.drift_ms) < 100
        assert all(-127 <= row.level_dbov <= 0 for row in rows.values() if row.level_dbov is not None)
