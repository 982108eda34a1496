"""What a record package costs: pre-encoded tracks in, sealed and verified package out.

Simulated: nobody speaks and nothing is recorded, the tracks are there when it begins, and the log is told to the
composer as fast as it takes it, a piece at a time, where a session would take its own length. What is measured at the
end is what the clerk waits for after 闭庭: the pieces that were not settled then, and the package.
"""

from __future__ import annotations

import asyncio
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from hearing.events import Entry
from records import verify
from records.composite.composing import Composer
from records.composite.follow import Follow, Followed
from records.composite.painter import Look
from records.keys import CourtKey
from records.package.export import ExportOptions as PackageOptions
from records.package.export import SessionSources, export_session
from yunting.bench.synthetic import SyntheticSession, make_session

RECESS_SHARE = (0.4, 0.5)


class ExportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """A session of `minutes` with `seats` persons at 640x360, a tenth of it in recess. `live`: composed while it went
    on, as the server does."""

    minutes: float = 1.0
    seats: int = 3
    live: bool = True


class ExportResult(msgspec.Struct, frozen=True, kw_only=True):
    """CPU is user + system of the processes that compose and pack; making the tracks is not counted."""

    package_s: float
    """From closing to a package that is durable and verified."""
    bytes: int
    verify_s: float
    cpu_s: float
    """After closing."""
    rss_mib_max: float
    """Largest resident size of the renderer."""
    times_real: float
    """Session time over wall time of the export."""
    cpu_s_per_session_s: float
    """All of it, before and after closing: the share of a core."""
    cpu_s_per_recorded_hour: float
    composed_cpu_s_per_session_s: float
    """While the session goes on."""
    composed_rss_mib: tuple[int, int]
    """Of the composer: the most in the second fifth of the session and in the last."""
    composed_times_real: float
    pieces: int
    pictures_after_closing: int
    gain_db: int
    coverage_ppm: int
    minutes: float
    seats: int
    seconds: float
    cpus: int
    python: str


def run(options: ExportOptions) -> ExportResult:
    """Make a synthetic session in a temporary folder, compose and export it, verify the package."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="yunting-bench-") as name:
        folder, key = Path(name), CourtKey.generate()
        seconds = max(4, round(options.minutes * 60))
        recess = (round(seconds * RECESS_SHARE[0]) * 1000, round(seconds * RECESS_SHARE[1]) * 1000)
        made = make_session(folder / "recordings", key, seats=options.seats, seconds=seconds, recess=recess)
        composing_s, reports = time.monotonic(), []
        if options.live:
            reports = _composed(made, folder / "pieces")
        composing_s = time.monotonic() - composing_s
        sources = SessionSources(made.entries, made.heads, made.recordings, pieces=folder / "pieces")
        before = _cpu_s()
        result = asyncio.run(export_session(sources, folder / "packages", key, PackageOptions()))
        cpu_s = _cpu_s() - before
        checked = verify.verify_path(str(result.folder), key.fingerprint)
        if not checked["ok"]:
            raise RuntimeError(f"the package does not verify: {checked['wrong']}")
    package_s = result.package_ms / 1000
    composed_s = reports[-1].cpu_ms / 1000 if reports else 0.0
    recorded_s = seconds - (recess[1] - recess[0]) / 1000
    return ExportResult(
        package_s=package_s,
        bytes=result.bytes_total,
        verify_s=checked["seconds"],
        cpu_s=cpu_s,
        rss_mib_max=result.rendered.rss_mib,
        times_real=seconds / package_s,
        cpu_s_per_session_s=(cpu_s + composed_s) / seconds,
        cpu_s_per_recorded_hour=(cpu_s + composed_s) * 3600 / recorded_s,
        composed_cpu_s_per_session_s=composed_s / seconds,
        composed_rss_mib=(_most(reports, 0.2), _most(reports, 0.8)),
        composed_times_real=seconds / composing_s if options.live else 0.0,
        pieces=result.rendered.pieces,
        pictures_after_closing=result.rendered.pictures_made,
        gain_db=result.rendered.gain_db,
        coverage_ppm=result.coverage.ppm,
        minutes=options.minutes,
        seats=options.seats,
        seconds=time.monotonic() - started,
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
    )


def _composed(made: SyntheticSession, pieces: Path) -> list[Followed]:
    """Compose the session as the server does, up to its closing; what the composer said."""
    job = Follow(recordings=str(made.recordings), pieces=str(pieces), look=Look(), budget=1.0, again_s=0.02)
    child = subprocess.Popen(
        [sys.executable, "-m", "records.composite.follow"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(msgspec.json.encode(job) + b"\n")
    reports: list[Followed] = []
    try:
        for settled, entries in _told(made):
            child.stdin.write(b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries))
            child.stdin.flush()
            while not reports or reports[-1].pieces < settled or reports[-1].made:
                reports.append(msgspec.json.decode(child.stdout.readline(), type=Followed))
    finally:
        child.stdin.close()
        child.wait()
        child.stdout.close()
    return reports


def _told(made: SyntheticSession) -> Iterator[tuple[int, list[Entry]]]:
    """The log up to the closing in portions, and how many pieces are settled after each. What is written in the last
    seconds settles nothing any more: it comes with the closing."""
    guide = Composer(made.recordings, made.recordings, Look())
    waiting: list[Entry] = []
    known, looked_ms = 0, 0
    for entry in made.entries[:-1]:
        guide.take(entry)
        waiting.append(entry)
        if entry.at_ms >= looked_ms + 1_000 and (settled := guide.settled()) > known:
            yield settled, waiting
            known, waiting = settled, []
        looked_ms = max(looked_ms, entry.at_ms // 1_000 * 1_000)


def _most(reports: Sequence[Followed], share: float) -> int:
    start = int(len(reports) * share)
    return max((report.rss_mib for report in reports[start : start + max(1, len(reports) // 5)]), default=0)


def _cpu_s() -> float:
    """User + system of this process and its ended children."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
