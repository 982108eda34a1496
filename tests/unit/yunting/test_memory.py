"""Freed memory goes back to the system, also from between pieces that are still used."""

from __future__ import annotations

import asyncio
import ctypes
import subprocess
import sys

import pytest

from yunting import memory

pytestmark = pytest.mark.unit

_FRAGMENTED = """
from pathlib import Path
from yunting.memory import give_back

def resident_kib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

begun = resident_kib()
pieces = [bytes(6000) for _ in range(10_000)]
full = resident_kib()
kept = pieces[::10]
del pieces
freed = resident_kib()
give_back()
print(full - begun, freed - begun, resident_kib() - begun)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library has no malloc_trim")
def test_what_was_freed_between_used_pieces_goes_back() -> None:
    done = subprocess.run([sys.executable, "-c", _FRAGMENTED], capture_output=True, text=True, check=True, timeout=30)
    full, freed, given_back = map(int, done.stdout.split())
    assert freed > 0.8 * full, "glibc kept it: there is something to give back"
    assert given_back < 0.5 * full


async def test_it_is_done_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[None] = []
    monkeypatch.setattr(memory, "give_back", lambda: calls.append(None))
    task = asyncio.create_task(memory.keep_giving_back(0.001))
    async with asyncio.timeout(5):
        while len(calls) < 3:
            await asyncio.sleep(0.001)
    task.cancel()


def test_what_lives_at_the_start_is_not_looked_at_again() -> None:
    code = "import gc; from yunting.memory import look_for_cycles_seldom as seldom; seldom(); seldom(); "
    done = subprocess.run(
        [sys.executable, "-c", code + "print(gc.get_freeze_count() > 1_000, gc.get_threshold())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"True {(memory._YOUNG, memory._MIDDLE, memory._OLD)}"
