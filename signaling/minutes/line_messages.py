"""Messages of the transcript: captions while somebody speaks, and the lines that became of them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from hearing.line_commands import LineId
from hearing.transcript import Revision
from hearing.transcript_events import LineKind, Word
from signaling.message import Message, RequestId

Seq = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the transcript as pages see it. A page shows those that are neither struck nor joined to another."""

    id: str
    kind: LineKind
    participant: str | None
    """Who spoke; None for the clerk's own words."""
    language: str
    interprets: str | None
    """For whom the speaker interpreted, where it was one person."""
    original: str | None
    """The line that this one gives in another language: the two stand side by side."""
    from_ms: int
    to_ms: int
    text: str
    words: tuple[Word, ...]
    track: str
    """Of the recording, for its sound; empty for a line that a person wrote."""
    late: bool
    trouble: str
    """Why there is no text though somebody spoke; empty when all is well."""
    revision: int
    struck: bool
    joined_to: str | None
    seq: int
    """The entry that made or last changed it."""


class AskLines(Message, frozen=True, kw_only=True, tag="ask_lines"):
    """The lines that were made or changed after the entry `after_seq`. Answered by `lines`."""

    re: RequestId
    after_seq: Seq = 0


class AskRevisions(Message, frozen=True, kw_only=True, tag="ask_revisions"):
    """What became of one line: for the court's people. Answered by `revisions`."""

    re: RequestId
    line: LineId


class AskGlossary(Message, frozen=True, kw_only=True, tag="ask_glossary"):
    """The names and terms that clerks gave, for who may give them. Answered by `terms`."""

    re: RequestId


class Lines(Message, frozen=True, kw_only=True, tag="lines"):
    """Lines in order of change; one that is known already is replaced. An answer has `re`, news has none. With
    `more`, ask again after the last one's `seq`."""

    re: str | None
    lines: tuple[LineView, ...]
    more: bool = False


class Revisions(Message, frozen=True, kw_only=True, tag="revisions"):
    re: str
    line: str
    raw: str
    """What the engine wrote."""
    engine: str
    revisions: tuple[Revision, ...]


class Terms(Message, frozen=True, kw_only=True, tag="terms"):
    re: str
    terms: tuple[str, ...]


class Caption(Message, frozen=True, kw_only=True, tag="caption"):
    """What somebody is saying now. The next one of the same line replaces it, the line itself in the end."""

    participant: str
    line: str
    from_ms: int
    text: str


class Unheard(msgspec.Struct, frozen=True, kw_only=True):
    """Whose words do not become text, and why: the recording has them, and somebody has to write them down."""

    participant: str
    language: str
    zh: str
    en: str


class Transcribing(Message, frozen=True, kw_only=True, tag="transcribing"):
    """Whether speech becomes text here, after `welcome` and whenever it has changed. `seq` is the newest entry that
    changed a line: a page that knows less asks for the lines after its own."""

    available: bool
    behind_ms: int
    """How late the text is, at worst; 0 when it keeps up."""
    zh: str
    """Why there are no captions, or why they are late, and what helps; empty when all is well."""
    en: str
    seq: int = 0
    languages: tuple[str, ...] = ()
    """That are understood here, BCP 47."""
    unheard: tuple[Unheard, ...] = ()
    """Whose words do not become text, though those of others do."""


ToMinutes = AskLines | AskRevisions | AskGlossary
FromMinutes = Lines | Revisions | Terms | Caption | Transcribing
