"""No receipt without the ballot on the disk: kill -9, a disk that loses what was not synced, a full one, a failing
one, and the order of the system calls themselves."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from records.keys import CourtKey
from tests.fakes.dying_vote import (
    ROOT,
    audit,
    receipts_until_killed,
    receipts_until_stopped,
    some_receipts,
    voting,
)
from tests.fakes.own_postgresql import own_postgresql
from tests.fakes.own_redis import own_redis

pytestmark = pytest.mark.integration
_HEAD = re.compile(r'\\"root\\":\\"([0-9a-f]{64})')
FILE_BYTES = 400_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "live"
    made.mkdir()
    return made


@pytest.fixture
def key(folder: Path) -> CourtKey:
    return CourtKey.load_or_create(folder / "court.pem")


@pytest.fixture
def strict_disk(tmp_path: Path, folder: Path) -> dict[str, str]:
    """The environment that gives a process a disk which keeps only what was synced, in `kept`."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    shim, kept = tmp_path / "strict_disk.so", tmp_path / "kept"
    kept.mkdir()
    source = ROOT / "tests/fakes/strict_disk.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(shim), str(source), "-ldl"], check=True)
    return {"LD_PRELOAD": str(shim), "DISK_LIVE": str(folder), "DISK_KEPT": str(kept)}


async def test_no_receipted_ballot_is_lost_to_a_kill(folder: Path, key: CourtKey) -> None:
    receipts: list[bytes] = []
    for _ in range(3):
        receipts += receipts_until_killed(voting(folder), random.randint(1, 1_500))
        assert await audit(folder, key, receipts) >= len(receipts)


async def test_postgresql_loses_no_receipted_ballot_to_a_kill_on_either_side(folder: Path, key: CourtKey) -> None:
    with own_postgresql() as server:
        server.start()
        url = server.url()
        receipts = receipts_until_killed(voting(folder, VOTE_STORE=url), random.randint(1, 1_500))
        assert await audit(folder, key, receipts, url) >= len(receipts)
        for kill in (server.kill_backend, server.kill):
            process = voting(folder, VOTE_STORE=url)
            before = some_receipts(process, random.randint(1, 1_500))
            kill()
            receipts += before + receipts_until_stopped(process)
            if not server.running:
                server.start()
            assert await audit(folder, key, receipts, url) >= len(receipts)


async def test_redis_loses_no_receipted_ballot_to_a_kill_on_either_side(
    folder: Path, tmp_path: Path, key: CourtKey
) -> None:
    receipts: list[bytes] = []
    for _ in range(2):
        with own_redis(tmp_path) as port:
            url = f"redis://127.0.0.1:{port}"
            receipts += receipts_until_killed(voting(folder, VOTE_STORE=url), random.randint(1, 1_500))
            assert await audit(folder, key, receipts, url) >= len(receipts)
            process = voting(folder, VOTE_STORE=url)
            receipts += some_receipts(process, random.randint(1, 1_500))
        receipts += receipts_until_stopped(process)
    with own_redis(tmp_path) as port:
        assert await audit(folder, key, receipts, f"redis://127.0.0.1:{port}") >= len(receipts)


async def test_what_was_not_synced_was_not_receipted(
    folder: Path, key: CourtKey, strict_disk: dict[str, str]
) -> None:
    receipts = receipts_until_killed(voting(folder, **strict_disk), random.randint(300, 1_500))
    assert await audit(Path(strict_disk["DISK_KEPT"]), key, receipts) >= len(receipts)


async def test_a_failing_sync_gives_no_receipt(folder: Path, key: CourtKey, strict_disk: dict[str, str]) -> None:
    syncs = str(random.randint(10, 40))
    receipts = receipts_until_stopped(voting(folder, **strict_disk, DISK_SYNCS=syncs))
    assert receipts
    assert await audit(Path(strict_disk["DISK_KEPT"]), key, receipts) >= len(receipts)
    assert await audit(folder, key, receipts) >= len(receipts)


async def test_a_full_disk_gives_no_receipt(folder: Path, key: CourtKey) -> None:
    receipts = receipts_until_stopped(voting(folder, str(FILE_BYTES)))
    assert receipts
    assert await audit(folder, key, receipts) >= len(receipts)


def test_each_group_is_synced_before_its_receipts_are_written(folder: Path, tmp_path: Path, key: CourtKey) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace (Debian package strace)")
    trace = tmp_path / "trace"
    calls = "trace=pwrite64,write,fsync,fdatasync"
    tracing = ["strace", "-f", "-y", "-s", "700", "-e", calls, "-o", str(trace)]
    if subprocess.run([*tracing, "true"], capture_output=True, check=False).returncode:
        pytest.skip("may not trace here")
    receipts = receipts_until_stopped(voting(folder, str(FILE_BYTES), before=tracing))
    # Per thread, the file of a sync that has begun and not ended.
    begun: dict[str, str] = {}
    unsynced, synced, groups, written = False, False, set[str](), 0
    for line in trace.read_text("utf-8").splitlines():
        thread, _, call = line.partition(" ")
        call = call.strip()
        if call.startswith("pwrite64(") and "ballots.sqlite-wal" in call:
            unsynced = True
        elif call.startswith(("fsync(", "fdatasync(")) and "<unfinished" in call:
            begun[thread] = call
        elif call.startswith(("fsync(", "fdatasync(", "<... fsync", "<... fdatasync")):
            file = begun.pop(thread, call)
            if "ballots.sqlite-wal" in file and call.endswith("= 0"):
                unsynced, synced = False, True
        elif call.startswith("write(1<") and (head := _HEAD.search(call)):
            written += 1
            assert not unsynced
            if head[1] not in groups:
                assert synced, "a group without a sync of its own"
                groups.add(head[1])
                synced = False
    assert written == len(receipts)
    assert len(groups) > 5
