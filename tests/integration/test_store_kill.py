"""kill -9 of a writing process: every acknowledged entry is there, the chains are whole, and it goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from records.chain import check_chain
from records.sqlite import SqliteStore

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]


def acknowledged_until_killed(path: Path, lines: int) -> list[tuple[str, int, str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.append_until_killed", str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    read = [process.stdout.readline() for _ in range(lines)]
    process.send_signal(signal.SIGKILL)
    read += process.stdout.readlines()
    assert process.wait(10) == -signal.SIGKILL
    process.stdout.close()
    fields = (line.split() for line in read if line.endswith("\n"))
    return [(session, int(seq), digest) for session, seq, digest in fields]


async def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    for killed_after in (1, 200, 1000):
        acknowledged = acknowledged_until_killed(path, killed_after)
        assert len(acknowledged) >= killed_after
        store = await SqliteStore.open(path)
        logs = {session: [entry async for entry in store.read(session)] for session in await store.sessions()}
        for session, log in logs.items():
            check_chain(session, log)
        for session, seq, digest in acknowledged:
            assert logs[session][seq - 1].hash == digest
            assert await store.get(session, str(seq)) == digest.encode()
        await store.close()
    assert not list(tmp_path.glob("*-wal")), "closing folds the log in"
