"""Whether the files of exhibits in a restored backup are what was handed in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from hearing.errors import UserError
from hearing.event import Event
from hearing.exhibit_events import ExhibitSubmitted
from records.vault.unlocked import open_recorded


def exhibit_faults(session: str, folder: Path, events: Iterable[Event]) -> list[str]:
    """What is wrong with those in a session's recording `folder`, one line each. Blocks."""
    return [
        f"session {session}: exhibit {event.number}: {why}"
        for event in events
        if isinstance(event, ExhibitSubmitted)
        for why in [_fault(folder / event.file, event.sha256)]
        if why
    ]


def _fault(path: Path, sha256: str) -> str:
    digest = hashlib.sha256()
    try:
        with open_recorded(path) as file:
            while part := file.read(1 << 20):
                digest.update(part)
    except UserError as problem:
        return problem.en
    except OSError as problem:
        return str(problem.strerror)
    return "" if digest.hexdigest() == sha256 else "is not what was handed in"
