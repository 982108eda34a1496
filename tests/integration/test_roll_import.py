"""`yunting roll import` as an administrator calls it: the benchmark case whole, and a table with mistakes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from records.sqlite import SqliteStore
from signaling.meetings.book import MeetingBook, MeetingRecord
from voting.roll_shelf import RollShelf
from yunting.bench.creditors import CONFIRMED, FILED, TOTAL_FEN, write_csv

pytestmark = pytest.mark.integration

M = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


async def meeting(folder: Path) -> None:
    store = await SqliteStore.open(folder / "yunting.db")
    await MeetingBook(store).put(
        MeetingRecord(
            id=M,
            court="测试法院",
            case_no="(2018)粤01破1号",
            title="第一次债权人会议",
            alg="sha256",
            scheduled_utc_ms=0,
            created_by="gly",
            created_utc_ms=0,
        )
    )
    await store.close()


def imported(folder: Path, file: Path, *words: str, meeting: str = M) -> subprocess.CompletedProcess[str]:
    settings = {
        "YUNTING_STORAGE_FOLDER": str(folder),
        "YUNTING_STORAGE_STORE": f"sqlite:///{folder / 'yunting.db'}",
        "YUNTING_IDENTITY_LEVEL": "none",
        "YUNTING_IDENTITY_ALLOW_NONE": "true",
    }
    return subprocess.run(
        [sys.executable, "-m", "yunting", "roll", "import", str(file), "--meeting", meeting, "--json", *words],
        capture_output=True,
        text=True,
        env={**os.environ, **settings},
        timeout=110,
        check=False,
    )


def test_the_benchmark_case_comes_in_whole_and_the_same_each_time(tmp_path: Path) -> None:
    asyncio.run(meeting(tmp_path))
    write_csv(tmp_path / "claims.csv")
    done = imported(tmp_path, tmp_path / "claims.csv")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["claims"], told["voting"], told["filed_fen"]) == (FILED, CONFIRMED, TOTAL_FEN)
    assert sum(group["amount_fen"] for group in told["groups"]) == told["voting_fen"]
    roll = RollShelf(tmp_path / "meetings").current(M)
    assert roll is not None
    assert sum(entry.amount_fen for entry in roll.entries) == told["voting_fen"]
    assert len(roll.entries) == len(roll.register) == FILED


def test_a_table_with_mistakes_changes_nothing_until_that_is_accepted(tmp_path: Path) -> None:
    asyncio.run(meeting(tmp_path))
    table = tmp_path / "claims.csv"
    table.write_text(
        "债权人名称,证件类型,证件号码,债权性质,确认金额（元）\n"
        "甲,其他,AAAA1,普通债权,100\n乙,其他,AAAA2,普通债权,-5\n丙,其他,AAAA3,欠款,5\n"
    )
    refused = imported(tmp_path, table)
    assert refused.returncode == 1
    assert "第 3 行" in refused.stderr
    assert "第 4 行" in refused.stderr
    assert json.loads(refused.stdout.splitlines()[-1])["kept"] is False
    shelf = RollShelf(tmp_path / "meetings")
    assert shelf.current(M) is None
    assert imported(tmp_path, table, "--accept-refusals").returncode == 0
    first = shelf.current(M)
    assert first is not None
    assert first.voting_fen == 10_000
    assert imported(tmp_path, table, "--accept-refusals").returncode == 0
    assert shelf.current(M) == first


def test_an_unknown_meeting_or_file_is_a_wrong_call(tmp_path: Path) -> None:
    asyncio.run(meeting(tmp_path))
    (tmp_path / "t.csv").write_text("x")
    assert imported(tmp_path, tmp_path / "t.csv", meeting="01ARZ3NDEKTSV4RRFFQ69G5FAX").returncode == 2
    assert imported(tmp_path, tmp_path / "t.csv").returncode == 2
    assert imported(tmp_path, tmp_path / "none.csv").returncode == 2
