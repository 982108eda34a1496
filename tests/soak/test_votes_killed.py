"""Twenty times kill -9 at a random moment of one vote under load, each time on a disk that keeps only what was synced
as well: every receipt of all runs is in the log, and every head reproduces."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from records.keys import CourtKey
from tests.fakes.dying_vote import ROOT, audit, receipts_until_killed, voting

pytestmark = pytest.mark.soak
RUNS = 20


async def test_twenty_kills_lose_no_receipted_ballot(tmp_path: Path) -> None:
    folder = tmp_path / "live"
    folder.mkdir()
    key = await asyncio.to_thread(CourtKey.load_or_create, folder / "court.pem")
    receipts: list[bytes] = []
    leaves = 0
    for _ in range(RUNS):
        receipts += receipts_until_killed(voting(folder), random.randint(1, 4_000))
        leaves = await audit(folder, key, receipts)
    print(f"{RUNS} kills, {len(receipts)} receipts, {leaves} leaves, none lost")  # noqa: T201


async def test_twenty_power_failures_lose_no_receipted_ballot(tmp_path: Path) -> None:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    shim = tmp_path / "strict_disk.so"
    source = ROOT / "tests/fakes/strict_disk.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(shim), str(source), "-ldl"], check=True)
    total = 0
    for run in range(RUNS):
        folder, kept = tmp_path / f"live{run}", tmp_path / f"kept{run}"
        folder.mkdir()
        kept.mkdir()
        key = await asyncio.to_thread(CourtKey.load_or_create, folder / "court.pem")
        disk = {"LD_PRELOAD": str(shim), "DISK_LIVE": str(folder), "DISK_KEPT": str(kept)}
        receipts = receipts_until_killed(voting(folder, **disk), random.randint(1, 2_000))
        await audit(kept, key, receipts)
        total += len(receipts)
    print(f"{RUNS} power failures, {total} receipts, none lost")  # noqa: T201
