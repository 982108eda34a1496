"""What the making of a seal needs beside an export: that it is due, what no event lists, what becomes read-only."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hearing import events as ev
from hearing import seal_events as se
from hearing.errors import UserError
from hearing.sealing import due_seal
from hearing.state import Hearing
from records.coverage import Unlisted, measure
from records.package.seal_files import STAMPED, add_tag_stamp, make_read_only
from records.timeline import Span, join, read


def check_due(hearing: Hearing, step: se.SealStep) -> None:
    """Raises UserError `not-due`."""
    if due_seal(hearing) != step:
        raise UserError("not-due", "该庭次目前无须此项封存", "this seal of the session is not due now")


def holes_of(entries: Sequence[ev.Entry]) -> list[ev.RecordingIncident]:
    """What was due to be recorded, is not there and stands nowhere (L23), as incidents that somebody has to explain.
    ValueError when the log does not begin with `session.created`."""
    unlisted = measure(read(entries)).unlisted
    return [
        ev.RecordingIncident(cause="unlisted", from_ms=span.from_ms, to_ms=span.to_ms, detail=_whose(unlisted, span))
        for span in join([hole.span for hole in unlisted])
    ]


def _whose(unlisted: Sequence[Unlisted], span: Span) -> str:
    names = {
        hole.track or "all tracks"
        for hole in unlisted
        if hole.span.from_ms < span.to_ms and hole.span.to_ms > span.from_ms
    }
    return f"nothing says why this is missing: {', '.join(sorted(names))}"


def told(stamps: Mapping[int, bytes], entries: Iterable[ev.Entry]) -> dict[int, bytes]:
    """Those that this much of the log tells of: one that came just now belongs into the next package."""
    known = {entry.event.token_sha256 for entry in entries if isinstance(entry.event, se.StampMade)}
    return {seq: token for seq, token in stamps.items() if hashlib.sha256(token).hexdigest() in known}


def discard(package: Path) -> None:
    """Remove a package that was made for a seal that is no longer due. Blocks. Idempotent."""
    shutil.rmtree(package.parent, ignore_errors=True)


def lock(package: Path, recordings: Path, step: se.SealStep) -> None:
    """Make the sealed package read-only, and with the final seal the recordings. Blocks. Raises OSError."""
    make_read_only(package)
    if step == "final" and recordings.is_dir():
        make_read_only(recordings)


def stamped_bytes(packages: Path, package: str) -> bytes | None:
    """What a time stamp over this package is over; None where it is elsewhere by now. Blocks. Raises OSError."""
    found = next((packages / package).glob(f"[!.]*/{STAMPED}"), None)
    return found.read_bytes() if found is not None else None


def keep_stamp(packages: Path, package: str, token: bytes) -> None:
    """The stamp over a package's tag manifest goes beside its signature; nothing where the package is elsewhere by
    now. Blocks. Idempotent. Raises OSError."""
    for folder in (packages / package).glob("[!.]*"):
        if (folder / "bagit.txt").is_file():
            add_tag_stamp(folder, token)
