"""Which court edition an edition for others is made from: the newest package of the session that says all that the
log says now, so that what was restricted after it was made is not given away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from hearing.access import Restrictions
from hearing.errors import UserError
from hearing.events import Entry
from records import timeline, verify
from records.editions.derivation import compare
from records.editions.withheld import Edition, withheld
from signaling.ports import ExportStep
from yunting.record.packages import packages_of

_ABOUT_PACKAGES = ("package.", "seal.", "stamp.", "supervision.")
"""Events that come after a package and because of it, and looks into a finished record, which change nothing."""


def check_wanted(entries: Sequence[Entry], edition: Edition, case_no: str | None) -> None:
    """UserError (`not-public`, `case-needed`, `unknown-case`) before anything is made."""
    withheld(timeline.read(entries), Restrictions(entries), edition, case_no)


def newest_court(packages: Path, session: str, entries: Sequence[Entry]) -> Path | None:
    """The folder of that package, None where there is none. Blocks."""
    for made in reversed(packages_of(packages, session)):
        if made.edition == Edition.COURT and not made.case_no and covers(made.folder, entries):
            return made.folder
    return None


def covers(folder: Path, entries: Sequence[Entry]) -> bool:
    """Whether the package's log is the whole of these entries, but for what was noted of packages since. Blocks."""
    try:
        lines = (folder / verify.EVENTS).read_bytes().splitlines()
        last = msgspec.json.decode(lines[-1], type=Entry)
    except (OSError, ValueError, IndexError):
        return False
    return (
        last.seq <= len(entries)
        and entries[last.seq - 1].hash == last.hash
        and all(_tag(entry).startswith(_ABOUT_PACKAGES) for entry in entries[last.seq :])
    )


def compared(edition: Path, court: Path, key: str | None) -> list[tuple[str, str]]:
    """(file, what is wrong) of an edition against the court edition that it says it was made from. Blocks. UserError
    `not-derived`."""
    checked = verify.verify_path(str(court), key)
    if not checked["ok"]:
        return [(f"{court.name}/{wrong['file']}", wrong["what"]) for wrong in checked["wrong"]]
    try:
        return compare(edition, court)
    except (OSError, ValueError) as error:
        raise UserError(
            "not-derived",
            f"不是由法院版派生的文件夹：{error}",
            f"this is no folder of an edition that was made from a court edition: {error}",
        ) from error


def in_part(progress: Callable[[ExportStep], None], from_permille: int, share: int) -> Callable[[ExportStep], None]:
    """Progress of one of several steps."""

    def tell(step: ExportStep) -> None:
        progress(replace(step, permille=from_permille + step.permille * share // 1000))

    return tell


def _tag(entry: Entry) -> str:
    return str(entry.event.__struct_config__.tag)
