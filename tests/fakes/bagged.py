"""The smallest packages that the verifier takes: a log, its head and what a test adds; sealed in milliseconds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hearing.events import Entry, Head
from records import verify
from records.canonical import canonical
from records.chain import GENESIS, make_entry, signed_text
from records.keys import CourtKey
from records.package.manifest import Bag


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


def raw_chain(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries of any events, also of such as Yunting has no words for."""
    chain: list[dict[str, Any]] = []
    for seq, event in enumerate(events, 1):
        entry = {"session": "S", "seq": seq, "at_ms": seq, "utc_ms": seq, "actor": "server", "event": event}
        entry["prev"] = chain[-1]["hash"] if chain else GENESIS
        entry["hash"] = hashlib.sha256(canonical(entry)).hexdigest()
        chain.append(entry)
    return chain


def head_of(entry: dict[str, Any], key: CourtKey) -> bytes:
    """The line of the signed head of an entry."""
    fields = {name: entry[name] for name in ("session", "seq", "hash")}
    head = Head(utc_ms=1, key=key.fingerprint, signature="", **fields)
    return canonical(msgspec.structs.replace(head, signature=key.sign(signed_text(head)).hex()))


def bagged(
    folder: Path,
    key: CourtKey,
    entries: Sequence[Entry] = (),
    log: list[dict[str, Any]] | None = None,
    more: Mapping[str, bytes] | None = None,
    info: Mapping[str, str] | None = None,
) -> Path:
    """A package of `entries`, or of `log` in their place, sealed with `key`; returns its folder."""
    lines = log_of(entries) if log is None else log
    files = {
        verify.EVENTS: b"".join(canonical(line) + b"\n" for line in lines),
        verify.HEADS: head_of(lines[-1], key) + b"\n",
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
