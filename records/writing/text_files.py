"""`data/text/` of a package: the minutes in every format, captions, the transcript for programs; and what of the
hearing has not become text."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hearing.errors import UserError
from hearing.events import Entry, StateChanged
from hearing.session import State
from hearing.transcript import Transcript
from records import verify
from records.timeline import Timeline
from records.writing.bilingual import write_bilingual
from records.writing.captions import Cue, cues_of
from records.writing.minutes import Minutes, Proof, compose
from records.writing.minutes_docx import write_docx
from records.writing.minutes_ofd import write_ofd
from records.writing.minutes_pdf import write_pdf
from records.writing.subtitles import write_srt, write_vtt
from records.writing.transcript_json import TranscriptRecord, record_of, write_json

DOCX, PDF, OFD = (f"{verify.TEXT}笔录.{ending}" for ending in ("docx", "pdf", "ofd"))
BILINGUAL = f"{verify.TEXT}双语对照.html"
UNHEARD_MS = 1_000
"""What a track may have after what was listened to: its last packets are no speech."""


class Unheard(msgspec.Struct, frozen=True, kw_only=True):
    """Sound of a track that nobody and nothing has listened to: what was said there is not in the text."""

    track: str
    participant: str
    from_ms: int
    to_ms: int


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """A file that could not be made, and what to do."""

    file: str
    zh: str
    en: str


class TextFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What `session.json` says of the text. `sha256` is THE hash of the minutes: that of `transcript.txt`."""

    sha256: str
    draft: bool
    """Not everybody has signed (L28)."""
    lines: int
    complete: bool
    """Every recorded sound was listened to."""
    unheard: list[Unheard]
    missing: list[Missing]
    missing_characters: list[str]
    """Those that the PDF shows as 〓."""


@dataclass(frozen=True, slots=True)
class Texts:
    """`files` by their path in the package; `cues` and `record` are what the player shows."""

    files: dict[str, bytes]
    facts: TextFacts
    cues: Sequence[Cue]
    record: TranscriptRecord


def make_texts(
    entries: Iterable[Entry],
    line: Timeline,
    tz: datetime.tzinfo,
    font: Path | None = None,
    edition: str = "",
    proof: Proof | None = None,
) -> Texts:
    """Every file, from one transcript. Blocks: about a second for 2,000 lines. A PDF without a font is left out, and
    that is said; the rest does not need one. `edition` names one that is not the whole; `proof` goes to the foot."""
    transcript, state = Transcript(), State.CLOSED
    for entry in entries:
        transcript.apply(entry)
        state = entry.event.after if isinstance(entry.event, StateChanged) else state
    minutes = compose(line, transcript, tz, draft=state not in {State.SIGNED, State.SEALED}, edition=edition)
    minutes = msgspec.structs.replace(minutes, proof=proof)
    cues, record = cues_of(line, transcript), record_of(line, transcript, minutes)
    files = {
        verify.TRANSCRIPT_TXT: minutes.text().encode(),
        verify.TRANSCRIPT_JSON: write_json(record),
        verify.TRANSCRIPT_VTT: write_vtt(cues, f"{minutes.case_no} SHA-256 {minutes.sha256}"),
        verify.TRANSCRIPT_SRT: write_srt(cues),
        DOCX: write_docx(minutes),
        OFD: write_ofd(minutes),
    }
    if (bilingual := write_bilingual(line, transcript, minutes)) is not None:
        files[BILINGUAL] = bilingual
    missing, blank = _add_pdf(files, minutes, font)
    unheard = unheard_of(line, transcript)
    facts = TextFacts(
        sha256=minutes.sha256,
        draft=minutes.draft,
        lines=sum(1 for _ in transcript.shown()),
        complete=not unheard,
        unheard=unheard,
        missing=missing,
        missing_characters=blank,
    )
    return Texts(files, facts, cues, record)


def unheard_of(line: Timeline, transcript: Transcript) -> list[Unheard]:
    """What was recorded as sound and not listened to."""
    found = []
    for track in line.tracks:
        heard_ms = transcript.heard_until_ms(track.track)
        from_ms = track.span.from_ms if heard_ms is None else max(heard_ms, track.span.from_ms)
        if "opus" in track.codecs and track.span.to_ms - from_ms > UNHEARD_MS:
            found.append(
                Unheard(track=track.track, participant=track.participant, from_ms=from_ms, to_ms=track.span.to_ms)
            )
    return found


def _add_pdf(files: dict[str, bytes], minutes: Minutes, font: Path | None) -> tuple[list[Missing], list[str]]:
    try:
        pdf = write_pdf(minutes, font)
    except UserError as error:
        return [Missing(file=PDF.removeprefix("data/"), zh=error.zh, en=error.en)], []
    files[PDF] = pdf.data
    return [], list(pdf.missing)
