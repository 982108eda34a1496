"""What the minutes cost: one transcript, every format, CPU time of each."""

from __future__ import annotations

import datetime
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from hearing.events import Entry, PresenceChanged
from hearing.participant import Presence
from records.writing import minutes as documents
from records.writing import words
from records.writing.draft import Draft
from records.writing.minutes_docx import write_docx
from records.writing.minutes_ofd import write_ofd
from records.writing.minutes_pdf import write_pdf
from yunting.bench.spoken import spoken_log

_T = TypeVar("_T")


class MinutesOptions(msgspec.Struct, frozen=True, kw_only=True):
    """A session of `lines` utterances of 6 to 100 characters."""

    lines: int = 2_000


class MinutesResult(msgspec.Struct, frozen=True, kw_only=True):
    """CPU seconds, user + system, the first time in this process (fonts are read too)."""

    compose_cpu_s: float
    """From the log to the document: the transcript folded, the text, its hash."""
    again_cpu_ms: float
    """From a draft that is there, when somebody comes or goes: on the server's event loop. Median of nine."""
    docx_cpu_s: float
    pdf_cpu_s: float
    ofd_cpu_s: float
    documents_cpu_s: float
    """All four."""
    docx_bytes: int
    pdf_bytes: int
    ofd_bytes: int
    characters: int
    lines: int
    cpus: int
    python: str


def run(options: MinutesOptions) -> MinutesResult:
    """Write the documents in memory. UserError `no-font` where the machine has no Chinese font."""
    entries = spoken_log(options.lines)
    tz = words.zone("Asia/Shanghai")
    composed, compose_s = _timed(lambda: documents.of_log(entries, tz))
    composed_text, hash_s = _timed(lambda: (composed.text(), composed.sha256)[0])
    docx, docx_s = _timed(lambda: write_docx(composed))
    pdf, pdf_s = _timed(lambda: write_pdf(composed).data)
    ofd, ofd_s = _timed(lambda: write_ofd(composed))
    return MinutesResult(
        compose_cpu_s=round(compose_s + hash_s, 3),
        again_cpu_ms=round(_again_s(entries, tz) * 1000, 1),
        docx_cpu_s=round(docx_s, 3),
        pdf_cpu_s=round(pdf_s, 3),
        ofd_cpu_s=round(ofd_s, 3),
        documents_cpu_s=round(compose_s + hash_s + docx_s + pdf_s + ofd_s, 3),
        docx_bytes=len(docx),
        pdf_bytes=len(pdf),
        ofd_bytes=len(ofd),
        characters=len(composed_text),
        lines=options.lines,
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
    )


def _again_s(entries: Sequence[Entry], tz: datetime.tzinfo) -> float:
    draft = Draft(tz)
    for entry in entries:
        draft.apply(entry)
    draft.document()
    took = []
    for number in range(1, 10):
        came = PresenceChanged(
            participant="P01", before=Presence.DROPPED, after=Presence.PRESENT, reason="", evidence=""
        )
        draft.apply(msgspec.structs.replace(entries[-1], seq=entries[-1].seq + number, event=came))
        took.append(_timed(draft.document)[1])
    return statistics.median(took)


def _timed(work: Callable[[], _T]) -> tuple[_T, float]:
    before = time.process_time()
    made = work()
    return made, time.process_time() - before
