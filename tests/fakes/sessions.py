"""Recorded sessions and packages for the tests of records: made once a test run, copied where a test alters them."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

from hearing import events as ev
from hearing.transcript_events import LineEdited
from records.composite.encoding import Look
from records.keys import CourtKey
from records.package.export import ExportOptions, PackageResult, SessionSources, export_session
from tests.fakes.minutes import said
from yunting.bench.synthetic import SyntheticSession, make_session

SMALL = Look(width=640, height=360, fps=25, preset="ultrafast")
SAID: tuple[tuple[int, ev.AnyEvent, str], ...] = (
    (1_500, said("现在开庭，核对身份。", 300, "P01"), "server"),
    (2_900, said("对身份没有易议。", 1_400, "P02"), "server"),
    (2_950, LineEdited(line="P02@1400", revision=1, text="对身份没有异议。"), "P05"),
)
"""Words of a tenth of a second each, and a correction."""


@dataclass(frozen=True, slots=True)
class Made:
    """A package, what it was made of, and the court's key."""

    result: PackageResult
    source: SyntheticSession
    key: CourtKey

    def copy(self, folder: Path) -> Path:
        """A copy that a test may alter."""
        return Path(shutil.copytree(self.result.folder, folder / self.result.folder.name))


def sources_of(made: SyntheticSession) -> SessionSources:
    return SessionSources(made.entries, made.heads, made.recordings)


def make_package(
    folder: Path,
    *,
    seats: int = 3,
    seconds: int = 6,
    recess: tuple[int, int] | None = (2000, 4000),
    look: Look = SMALL,
    key: CourtKey | None = None,
    further: tuple[tuple[int, ev.AnyEvent, str], ...] = (),
) -> Made:
    """A session held, recorded and exported; blocks for about a second. `further` is said and done beside `SAID`."""
    key = key or CourtKey.generate()
    source = make_session(
        folder / "recordings",
        key,
        seats=seats,
        seconds=seconds,
        recess=recess,
        size=(320, 180),
        further=(*SAID, *further),
    )
    options = ExportOptions(look=look, actor="书记员")
    result = asyncio.run(export_session(sources_of(source), folder / "packages", key, options))
    return Made(result, source, key)
