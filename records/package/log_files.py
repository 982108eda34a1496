"""The session's log as files of the package: the chain itself, its sealed ranges, and a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import tzinfo

import msgspec

from hearing.events import Entry, RangeSealed, TrackOpened
from records.canonical import canonical
from records.timeline import Timeline
from records.writing import narrate, words

_HEADER = ("seq", "庭审时钟 session", "时间 wall time", "操作人 actor", "类型 type", "事项", "event", "hash")


def events_jsonl(entries: Sequence[Entry]) -> bytes:
    """The entries as they are hashed, canonical JSON, one a line."""
    return b"".join(canonical(entry) + b"\n" for entry in entries)


def segments_jsonl(entries: Sequence[Entry]) -> bytes:
    """The sealed ranges, a line each: where, when, hash, and the event that vouches for it."""
    return b"".join(_segments(entries))


def events_csv(entries: Sequence[Entry], line: Timeline, tz: tzinfo) -> bytes:
    """The log for a spreadsheet (UTF-8 with BOM, which the common one needs)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        ["seq", "庭审时钟 session", "时间 wall time", "操作人 actor", "类型 type", "事项", "event", "hash"]
    )
    for entry in entries:
        told = narrate.tell(entry.event, line)
        writer.writerow(
            harmless(cell)
            for cell in (
                str(entry.seq),
                words.clock(entry.at_ms, True),
                words.local(entry.utc_ms, tz).isoformat(sep=" ", timespec="milliseconds"),
                narrate.person(line.seats, entry.actor)[0],
                str(entry.event.__struct_config__.tag),
                told.zh,
                told.en,
                entry.hash,
            )
        )
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _segments(entries: Sequence[Entry]) -> Iterator[bytes]:
    for entry in entries:
        if isinstance(entry.event, TrackOpened | RangeSealed):
            yield canonical({"seq": entry.seq, "event_hash": entry.hash, **msgspec.to_builtins(entry.event)}) + b"\n"


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
