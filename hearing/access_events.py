"""Which parts of the record not everybody may have, and which cases are heard together.

What was recorded stays recorded; these events say who gets it (法释〔2017〕5号 art 16; NCSC: access by portion).
Times are session ms.
"""

from __future__ import annotations

import enum

from hearing.event import Event


class Access(enum.StrEnum):
    """Who may have a restricted part."""

    COURT = "court"
    """Only the court: left out of the parties' edition and of the public one."""
    PARTIES = "parties"
    """The court and the parties: left out of the public edition."""


class Ground(enum.StrEnum):
    """Why (民诉法 71, 137; 在线诉讼规则 27)."""

    STATE_SECRET = "state_secret"
    TRADE_SECRET = "trade_secret"
    PRIVACY = "privacy"
    MINOR = "minor"
    WITNESS = "witness"
    DELIBERATION = "deliberation"
    OTHER = "other"


class AccessRestricted(Event, frozen=True, kw_only=True, tag="access.restricted"):
    """From `from_ms` to `to_ms` (None: to the end) the record is for these only. With `participant` it is this
    person's picture, voice and words, and their name in the whole record; else everything. With `case_no` it is
    closed material of that case: whoever gets another case's record does not get it, the court's copy included."""

    mark: str
    from_ms: int
    to_ms: int | None
    access: Access
    ground: Ground
    participant: str | None = None
    case_no: str | None = None
    reason: str = ""


class RestrictionLifted(Event, frozen=True, kw_only=True, tag="access.lifted"):
    """The restriction of this mark holds no more."""

    mark: str
    reason: str = ""


class CaseJoined(Event, frozen=True, kw_only=True, tag="case.joined"):
    """Another case is heard in this session too (并案), beside the one that the session was made for."""

    case_no: str
    cause: str


AccessEvent = AccessRestricted | RestrictionLifted | CaseJoined
