"""`transcript.json`: every line with its words, times, certainty and revisions, for programs and for ever."""

from __future__ import annotations

import msgspec

from hearing.interpretation import original_of
from hearing.roles import Role, label
from hearing.transcript import Line, Revision, Transcript
from hearing.transcript_events import Word
from records.timeline import Timeline
from records.writing.minutes import Minutes, paragraphs_of, speaker_of

FORMAT = "yunting-transcript/1"


class LineRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the transcript. The texts of `words`, joined, are `text`; times are session ms."""

    id: str
    kind: str
    participant: str | None
    role: str
    speaker: str
    """As the minutes name who spoke; empty for the clerk's own words."""
    language: str
    interprets: str | None
    """For whom the speaker interpreted, where it was one person."""
    original: str | None
    """The line that this one gives in another language; the two stand side by side."""
    track: str
    from_ms: int
    to_ms: int
    text: str
    raw: str
    """What the engine wrote."""
    engine: str
    late: bool
    trouble: str
    shown: bool
    """Whether it stands in the minutes."""
    paragraphs: tuple[str, ...]
    """Its text in the minutes, one for each paragraph; empty when it does not stand there."""
    joined_to: str | None
    revision: int
    words: tuple[Word, ...]
    revisions: tuple[Revision, ...]


class TranscriptRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The file. `minutes_sha256` is THE hash of the minutes, which people sign: that of `transcript.txt`."""

    format: str
    session: str
    case_no: str
    minutes_sha256: str
    lines: tuple[LineRecord, ...]


def record_of(timeline: Timeline, transcript: Transcript, minutes: Minutes) -> TranscriptRecord:
    """The whole transcript, also lines that were struck out or joined to others, by time."""
    interpreters = {name for name, seat in timeline.seats.items() if seat.role is Role.INTERPRETER}
    return TranscriptRecord(
        format=FORMAT,
        session=timeline.session,
        case_no=minutes.case_no,
        minutes_sha256=minutes.sha256,
        lines=tuple(_record(timeline, line, original_of(transcript, line, interpreters)) for line in transcript),
    )


def write_json(record: TranscriptRecord) -> bytes:
    """UTF-8, indented: people read it too."""
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def _record(timeline: Timeline, line: Line, original: Line | None) -> LineRecord:
    seat = timeline.seats.get(line.participant or "")
    return LineRecord(
        id=line.id,
        kind=line.kind.value,
        participant=line.participant,
        role=label(seat.role)[0] if seat is not None else "",
        speaker=speaker_of(timeline, line),
        language=line.language,
        interprets=line.interprets,
        original=original.id if original else None,
        track=line.track,
        from_ms=line.from_ms,
        to_ms=line.to_ms,
        text=line.text,
        raw=line.raw,
        engine=line.engine,
        late=line.late,
        trouble=line.trouble,
        shown=line.shown,
        paragraphs=tuple(each.text for each in paragraphs_of(timeline, line)) if line.shown else (),
        joined_to=line.joined_to,
        revision=line.revision,
        words=line.words,
        revisions=line.revisions,
    )
