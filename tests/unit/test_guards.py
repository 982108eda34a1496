"""The guards of conftest.py do guard."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from blockbuster import BlockingError

from records.keys import CourtKey

pytestmark = pytest.mark.unit


async def test_a_blocking_call_of_ours_on_the_loop_fails(tmp_path: Path) -> None:
    with pytest.raises(BlockingError):
        CourtKey.load_or_create(tmp_path / "court.pem")


async def test_off_the_loop_it_is_fine(tmp_path: Path) -> None:
    assert await asyncio.to_thread(CourtKey.load_or_create, tmp_path / "court.pem")


@pytest.mark.blocking_ok("shows the way out")
async def test_a_marked_test_may_block(tmp_path: Path) -> None:
    assert CourtKey.load_or_create(tmp_path / "court.pem")


async def test_the_tests_own_files_are_not_watched(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")


def test_a_module_without_category_is_not_collected(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((Path(__file__).parents[1] / "conftest.py").read_text("utf-8"), "utf-8")
    (tmp_path / "test_nothing.py").write_text("def test_nothing(): pass")
    root = str(Path(__file__).parents[2])
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "test_nothing.py: none" in run.stderr + run.stdout
