"""What the import of a creditors' table costs: the benchmark case's, written as a file, read, hashed and shelved."""

from __future__ import annotations

import os
import platform
import resource
import tempfile
import time
from pathlib import Path

import msgspec

from voting.roll_files import Table, read_table
from voting.roll_shelf import RollShelf, salts
from voting.rolls import make_roll
from yunting.bench.creditors import FILED, write_csv, write_xlsx

_UTC_MS = 1_533_700_800_000
_MEETING = "01CKCX00000000000000000000"
FORMATS = ("csv", "xlsx")


class RollOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Format of the file; `file` in its place is read as it is."""

    format: str = "csv"
    claims: int = FILED
    """The first so many of the case."""
    file: Path | None = None


class RollResult(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds are of the wall, in one process and one thread."""

    format: str
    file_bytes: int
    rows: int
    refused_rows: int
    entries: int
    voting: int
    """Creditors with a vote."""
    filed_fen: int
    voting_fen: int
    root: str
    read_s: float
    """The file's rows, each checked, to claims."""
    make_s: float
    """Sums, persons' hashes and the tree."""
    keep_s: float
    """The roll durable in its folder."""
    total_s: float
    cpu_s: float
    reported: int
    """How often progress was told."""
    before_mib: float
    """Resident before the file was opened; `peak_mib`: the most until the roll was kept."""
    peak_mib: float
    cpus: int
    python: str


def run(options: RollOptions) -> RollResult:
    """One import into a folder of its own. Raises UserError as `read_table`."""
    with tempfile.TemporaryDirectory() as folder:
        file = options.file
        if file is None:
            file = Path(folder) / f"claims.{options.format}"
            (write_csv if options.format == "csv" else write_xlsx)(file, options.claims)
        return _imported(file, Path(folder) / "shelf")


def _imported(file: Path, shelf: Path) -> RollResult:
    reported: list[int] = []
    before_mib = _peak_mib()
    begun, cpu = time.perf_counter(), time.process_time()
    table: Table = read_table(file, _UTC_MS, reported.append)
    read = time.perf_counter()
    roll = make_roll(table.claims, salt_of=salts(b"bench", _MEETING))
    made = time.perf_counter()
    RollShelf(shelf).keep(_MEETING, roll)
    kept = time.perf_counter()
    return RollResult(
        format=file.suffix.removeprefix("."),
        file_bytes=file.stat().st_size,
        rows=table.rows,
        refused_rows=len(table.refused),
        entries=len(roll.entries),
        voting=roll.voting_heads,
        filed_fen=roll.filed_fen,
        voting_fen=roll.voting_fen,
        root=roll.root,
        read_s=round(read - begun, 2),
        make_s=round(made - read, 2),
        keep_s=round(kept - made, 2),
        total_s=round(kept - begun, 2),
        cpu_s=round(time.process_time() - cpu, 2),
        reported=len(reported),
        before_mib=round(before_mib, 1),
        peak_mib=round(_peak_mib(), 1),
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
    )


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
