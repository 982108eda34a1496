"""Messages and bodies of the review: how it stands, who has signed, and the minutes to read."""

from __future__ import annotations

from typing import Literal

import msgspec

from hearing.review_events import MinutesSigned
from records.writing.minutes import Field, ParagraphKind
from signaling.message import Message


class SignerView(msgspec.Struct, frozen=True, kw_only=True):
    """How one person stands to the minutes. A party sees only themselves, the court's people everybody."""

    participant: str
    standing: Literal["outstanding", "signed", "refused", "outdated"]
    """`outdated`: the minutes were corrected since this person's word."""
    utc_ms: int = 0
    """When they signed or refused; 0 before."""
    reason: str = ""
    """Of a refusal."""
    signed: MinutesSigned | None = None
    """What was bound together."""


class ReviewNews(Message, frozen=True, kw_only=True, tag="review"):
    """How the review stands for this page, after `welcome` and whenever something of it has changed. A page that
    shows another `seq` reads `GET sessions/{id}/minutes` again."""

    seq: int
    minutes_sha256: str
    until_utc_ms: int
    verdict: str
    """Id of one's own identity verdict, which a signature binds; empty where there is no gate."""
    undecided: int
    """Requests for correction without an answer: all for the court's people, else one's own."""
    signers: tuple[SignerView, ...]


class ReadParagraph(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph of the minutes; `line` with its `revision` is what a correction is asked for, empty for what the
    log says. `track` with its times gives the sound, empty where there is none."""

    kind: ParagraphKind
    speaker: str
    text: str
    line: str
    revision: int
    track: str
    from_ms: int
    to_ms: int


class CorrectionView(msgspec.Struct, frozen=True, kw_only=True):
    """A request for correction: one's own and what was accepted, all of them for the court's people."""

    id: str
    participant: str
    line: str
    was: str
    wanted: str
    reason: str
    asked_utc_ms: int
    accepted: bool | None
    """None while the clerk has not decided."""
    answer: str
    listened: bool


class MinutesView(msgspec.Struct, frozen=True, kw_only=True):
    """The document. Its text is `court`, `title`, then `name：text` of the fields, the paragraphs (`speaker：text`
    where there is a speaker), `closing` and `place（签名）：` of the places, each ended by a line feed: `sha256` is
    of its UTF-8, and a page compares before anybody signs."""

    seq: int
    sha256: str
    court: str
    title: str
    fields: tuple[Field, ...]
    paragraphs: tuple[ReadParagraph, ...]
    closing: str
    places: tuple[str, ...]
    corrections: tuple[CorrectionView, ...]


class PictureKept(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to a picture handed in."""

    sha256: str


FromReview = ReviewNews
