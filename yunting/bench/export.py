"""What a record package costs: pre-encoded tracks in, sealed and verified package out."""

from __future__ import annotations

import asyncio
import os
import platform
import resource
import tempfile
import time
from pathlib import Path

import msgspec

from records import verify
from records.keys import CourtKey
from records.package import ExportOptions as PackageOptions
from records.package import SessionSources, export_session
from yunting.bench.synthetic import make_session

RECESS_SHARE = (0.4, 0.5)


class ExportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """A session of `minutes` with `seats` persons at 640x360, a tenth of it in recess."""

    minutes: float = 1.0
    seats: int = 3


class ExportResult(msgspec.Struct, frozen=True, kw_only=True):
    """CPU is user + system of this process and the renderer's; making the tracks is not counted."""

    package_s: float
    bytes: int
    verify_s: float
    cpu_s: float
    rss_mib_max: float
    """Largest resident size of the renderer."""
    times_real: float
    """Session time over wall time of the export."""
    cpu_s_per_session_s: float
    coverage_ppm: int
    minutes: float
    seats: int
    seconds: float
    cpus: int
    python: str


def run(options: ExportOptions) -> ExportResult:
    """Make a synthetic session in a temporary folder, export it, verify the package."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="yunting-bench-") as name:
        folder, key = Path(name), CourtKey.generate()
        seconds = max(4, round(options.minutes * 60))
        recess = (round(seconds * RECESS_SHARE[0]) * 1000, round(seconds * RECESS_SHARE[1]) * 1000)
        made = make_session(folder / "recordings", key, seats=options.seats, seconds=seconds, recess=recess)
        sources = SessionSources(made.entries, made.heads, made.recordings)
        before = _cpu_s()
        result = asyncio.run(export_session(sources, folder / "packages", key, PackageOptions()))
        cpu_s = _cpu_s() - before
        checked = verify.verify_path(str(result.folder), key.fingerprint)
        if not checked["ok"]:
            raise RuntimeError(f"the package does not verify: {checked['wrong']}")
    package_s = result.package_ms / 1000
    return ExportResult(
        package_s=package_s,
        bytes=result.bytes_total,
        verify_s=checked["seconds"],
        cpu_s=cpu_s,
        rss_mib_max=result.rendered.rss_mib,
        times_real=seconds / package_s,
        cpu_s_per_session_s=cpu_s / seconds,
        coverage_ppm=result.coverage.ppm,
        minutes=options.minutes,
        seats=options.seats,
        seconds=time.monotonic() - started,
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
    )


def _cpu_s() -> float:
    """User + system of this process and its ended children."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
