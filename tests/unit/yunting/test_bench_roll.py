"""The bench of the roll's import gives the same roll from either format, with exact sums."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

import pytest

from hearing.errors import UserError
from yunting.bench.creditors import rows
from yunting.bench.roll import RollOptions, run

pytestmark = pytest.mark.unit


def test_both_formats_give_one_roll() -> None:
    from_csv, from_xlsx = (run(RollOptions(format=form, claims=300)) for form in ("csv", "xlsx"))
    assert (from_csv.rows, from_csv.refused_rows) == (300, 0)
    cents = [row[6].replace(".", "") for row in islice(rows(), 1, 301)]
    assert from_csv.filed_fen == sum(map(int, cents))
    assert from_csv.root == from_xlsx.root


def test_a_table_of_ones_own_is_read_as_it_is(tmp_path: Path) -> None:
    with (tmp_path / "own.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["a", "b"], ["1", "2"]])
    with pytest.raises(UserError, match="header"):
        run(RollOptions(file=tmp_path / "own.csv"))
