"""The smallest packages that the verifier takes: a log, its head and what a test adds; sealed in milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from hearing.events import Entry
from records import verify
from records.canonical import canonical
from records.chain import GENESIS, make_entry, sign_head
from records.keys import CourtKey
from records.manifest import Bag


def chained(entries: Iterable[Entry]) -> list[Entry]:
    """The same events in one chain, as the ledger would have written them."""
    chain: list[Entry] = []
    for entry in entries:
        prev = chain[-1].hash if chain else GENESIS
        kept = {name: getattr(entry, name) for name in ("session", "at_ms", "utc_ms", "actor", "event")}
        chain.append(make_entry(seq=len(chain) + 1, prev=prev, **kept))
    return chain


def log_of(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """The entries as the verifier reads them."""
    return [msgspec.to_builtins(entry) for entry in entries]


def bagged(
    folder: Path,
    key: CourtKey,
    entries: list[Entry],
    log: list[dict[str, Any]] | None = None,
    more: Mapping[str, bytes] | None = None,
    info: Mapping[str, str] | None = None,
) -> Path:
    """A package of `entries`, or of `log` in their place, sealed with `key`; returns its folder."""
    lines = log_of(entries) if log is None else log
    files = {
        verify.EVENTS: b"".join(canonical(line) + b"\n" for line in lines),
        verify.HEADS: canonical(sign_head(entries[-1], entries[-1].utc_ms, key)) + b"\n",
        "verify.py": verify.source(),
        "VERIFY.md": b"",
        **(more or {}),
    }
    folder.mkdir(parents=True, exist_ok=True)
    bag = Bag(folder)
    for path, data in files.items():
        bag.add(path, data)
    bag.seal(key, info or {})
    return folder


def wrong(folder: Path, key: CourtKey | None = None) -> list[tuple[str, str]]:
    """(file, what) of each finding."""
    result = verify.verify_path(str(folder), key.fingerprint if key else None)
    return [(finding["file"], finding["what"]) for finding in result["wrong"]]
