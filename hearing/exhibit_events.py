"""Exhibits (证据) as the log keeps them: handed in, looked at by the court, shown, and what the others say of them.

Sources: 证据规定 19 (number, source, purpose, submitter), 在线诉讼规则 11-14 (review, original, opinions).
"""

from __future__ import annotations

import enum
from typing import Literal

import msgspec

from hearing.event import Event

FileKind = Literal["pdf", "png", "jpg", "mp4", "wav"]
"""By the file's bytes; also the ending of its name in a package."""


class ExhibitState(enum.StrEnum):
    """How far an exhibit is."""

    SUBMITTED = "submitted"
    """Only the court and who handed it in see it."""
    REVIEWED = "reviewed"
    """审核通过: in the place of the original (视同原件) until somebody objects."""
    PRESENTED = "presented"
    """Was shown to the room."""
    CROSS_EXAMINED = "cross_examined"
    ORIGINAL_DEMANDED = "original_demanded"
    """The court wants to see the original."""
    WITHDRAWN = "withdrawn"


class View(enum.StrEnum):
    """What somebody says of one quality of an exhibit."""

    ADMIT = "admit"
    DENY = "deny"
    RESERVE = "reserve"


class ExhibitSubmitted(Event, frozen=True, kw_only=True, tag="exhibit.submitted"):
    """`number` is its number in this session, for good. `file` lies in the session's recording folder; the hashes are
    of its plain bytes. `participant` submits it, whoever handed it in."""

    number: int
    name: str
    source: str
    purpose: str
    participant: str
    kind: FileKind
    file: str
    size_bytes: int
    sha256: str
    sm3: str
    pages: int | msgspec.UnsetType = msgspec.UNSET
    """Of a PDF; 0 for one whose pages cannot be drawn, and for anything else. Absent in older logs, which keep their
    hashes."""
    case_no: str = ""
    """Of several cases heard together the one it belongs to; empty: all."""

    @property
    def page_count(self) -> int:
        """`pages`, 0 where the log has none."""
        return self.pages or 0


class ExhibitStateSet(Event, frozen=True, kw_only=True, tag="exhibit.state"):
    number: int
    before: ExhibitState
    after: ExhibitState
    reason: str = ""


class ExhibitShown(Event, frozen=True, kw_only=True, tag="exhibit.shown"):
    """From now on everybody in the courtroom sees it, or another page of it. One at a time: the one before was
    hidden."""

    number: int
    sha256: str
    page: int | msgspec.UnsetType = msgspec.UNSET
    """From 1. Absent in older logs: the first."""


class ExhibitHidden(Event, frozen=True, kw_only=True, tag="exhibit.hidden"):
    """It is shown no more: by order, or because the court rose (`hearing.exhibits.hidden_with`)."""

    number: int
    sha256: str


class ExhibitOpinion(Event, frozen=True, kw_only=True, tag="exhibit.opinion"):
    """质证意见 of one participant on one exhibit; a later one takes its place."""

    number: int
    participant: str
    authenticity: View
    """真实性"""
    legality: View
    """合法性"""
    relevance: View
    """关联性"""
    text: str = ""


class ExhibitOpened(Event, frozen=True, kw_only=True, tag="exhibit.opened"):
    """Whether the file may be in the public's edition of the record. Never before the court says so."""

    number: int
    public: bool


ExhibitEvent = ExhibitSubmitted | ExhibitStateSet | ExhibitShown | ExhibitHidden | ExhibitOpinion | ExhibitOpened
