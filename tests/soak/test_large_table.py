"""A table of two hundred megabytes is read to its end, in little memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from tests.unit.voting.test_roll_files import HEADER, NOW_MS, row
from voting.roll_files import read_table

pytestmark = pytest.mark.soak


def test_a_csv_of_two_hundred_megabytes_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as out:
        out.write(f"{HEADER}\n{row()}\n".encode())
        # Blank rows: a large file with little in it to keep.
        filler = b" " * 100_000 + b"\n"
        for _ in range(2_010):
            out.write(filler)
    assert path.stat().st_size > 200_000_000
    told: list[int] = []
    tracemalloc.start()
    table = read_table(path, NOW_MS, told.append)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(table.claims), table.refused) == (1, ())
    assert told[-1] == 1000
    assert most_bytes < 20_000_000
