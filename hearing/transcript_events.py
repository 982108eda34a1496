"""What the transcript writes into the log: what was heard, what a clerk wrote or corrected, and how far each track
was listened to.

A line is known by its id for ever; each change of it makes one more revision, and none is ever taken back
(法释〔2017〕5号 art 7: what was asked for and what was done stay on record). Times are session ms.
"""

from __future__ import annotations

import enum

import msgspec

from hearing.event import Event


class Word(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of a line's text and when it was said. The pieces of a line, joined, are its text: a word carries the
    blank or the punctuation that follows it."""

    text: str
    from_ms: int
    to_ms: int
    confidence_permille: int | None = None
    """How sure the engine was; None where it does not say, or a person wrote it."""
    heard: str | msgspec.UnsetType = msgspec.UNSET
    """What the engine wrote, where the session's glossary wrote something else: somebody has to look. Absent
    otherwise, also in the log: words of older logs keep their hash."""


class LineKind(enum.StrEnum):
    """What a line of the transcript is."""

    SPEECH = "speech"
    NOTE = "note"
    """The clerk's own words: what happened, a fixed passage (核对身份, 告知权利)."""
    MARK = "mark"
    """A moment to come back to."""
    EXHIBIT = "exhibit"
    """An exhibit in line: 【证据3】."""


class UtteranceHeard(Event, frozen=True, kw_only=True, tag="transcript.heard"):
    """Somebody spoke. `text` is what is shown, `raw` what the engine wrote before numbers and names were put right.

    With this event `track` is listened to up to `until_ms`: what no utterance covers up to there was silence.
    """

    utterance: str
    """Id of the line: track and beginning, so that the same speech can never be written down twice."""
    participant: str
    track: str
    language: str
    """BCP 47, e.g. `zh-CN`, `en`, `bo`."""
    from_ms: int
    to_ms: int
    text: str
    raw: str
    words: tuple[Word, ...]
    engine: str
    """Engine and model, e.g. `vosk vosk-toy-court-cn`."""
    until_ms: int
    late: bool = False
    """Written from the recording, after the moment."""
    trouble: str = ""
    """Why there is no text though somebody spoke (`engine-failed`): a person has to listen."""


class TrackHeard(Event, frozen=True, kw_only=True, tag="transcript.track"):
    """`track` is listened to up to `until_ms`, and what no utterance covers up to there was silence."""

    track: str
    participant: str
    until_ms: int


class LineWritten(Event, frozen=True, kw_only=True, tag="transcript.written"):
    """The clerk wrote a line. `participant` is who spoke, None for the clerk's own words."""

    line: str
    kind: LineKind
    participant: str | None
    language: str
    from_ms: int
    to_ms: int
    text: str


class LineEdited(Event, frozen=True, kw_only=True, tag="transcript.edited"):
    """The line's text is another now. `revision` is the line's new revision (as heard or written, it is 0)."""

    line: str
    revision: int
    text: str
    reason: str = ""


class LineAssigned(Event, frozen=True, kw_only=True, tag="transcript.assigned"):
    """Another person said it than the line showed."""

    line: str
    revision: int
    participant: str


class LineSplit(Event, frozen=True, kw_only=True, tag="transcript.split"):
    """The text from character `at` on is the line `second` now, beginning at `at_ms`."""

    line: str
    revision: int
    second: str
    at: int
    at_ms: int


class LinesMerged(Event, frozen=True, kw_only=True, tag="transcript.merged"):
    """`second` is part of `line` now, and no line of its own any more."""

    line: str
    revision: int
    second: str


class LineStruck(Event, frozen=True, kw_only=True, tag="transcript.struck"):
    """Left out of the minutes, or taken back in; it stays in the record either way."""

    line: str
    revision: int
    struck: bool
    reason: str = ""


class GlossarySet(Event, frozen=True, kw_only=True, tag="transcript.glossary"):
    """From here on these names and terms are listened for, beside those of the case itself. All of them: what was
    set before is no more."""

    terms: tuple[str, ...]


class LanguageSet(Event, frozen=True, kw_only=True, tag="participant.language"):
    """What somebody speaks from here on, BCP 47 (民诉法 11: everybody may use the language of their people);
    empty: the court's own language. `interprets` is for whom an interpreter speaks, None: for whoever needs it."""

    participant: str
    language: str
    interprets: str | None = None


LineChange = LineEdited | LineAssigned | LineSplit | LinesMerged | LineStruck
TranscriptEvent = UtteranceHeard | TrackHeard | LineWritten | LineChange | GlossarySet
