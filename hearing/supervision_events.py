"""Who of the court looks into a running hearing, or into the record of one that is over: each look is an event.

A supervisor (督察) sees and hears nothing outside a look that the log tells of (`hearing.supervision`,
`hearing.record_looks`).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from hearing.event import Event


class LookAsked(Event, frozen=True, kw_only=True, tag="supervision.asked"):
    """A supervisor asks to look into the hearing, and for what. A look under way becomes this one."""

    participant: str
    picture: bool
    sound: bool
    reason: str = ""


class LookBegan(Event, frozen=True, kw_only=True, tag="supervision.began"):
    """From here on the supervisor receives the picture, the sound, or both."""

    participant: str
    picture: bool
    sound: bool


class LookEnded(Event, frozen=True, kw_only=True, tag="supervision.ended"):
    """The supervisor receives nothing any more. `cause`: `left`, `dropped`, `removed`, `closed` (the court went on
    behind closed doors, paused or closed), `changed` (to another kind of look, which begins with it)."""

    participant: str
    cause: str


RecordPart = Literal["lines", "player", "minutes", "report", "seal"]
"""`lines`: those that a search found; `report`: the 录音录像情况记录."""


class RecordLooked(Event, frozen=True, kw_only=True, tag="supervision.record"):
    """A supervisor looked something up in the record of this session, which is over (`hearing.record_looks` says what
    is one look). They take no seat in it: `account` and `name` are those that they signed in with."""

    account: str
    name: str
    what: RecordPart
    reason: str = ""
    words: str = ""
    """What was searched for. Every line that was shown holds it, so it says nothing that the record does not."""
    lines: int = 0
    """How many the search showed."""


SupervisionEvent = LookAsked | LookBegan | LookEnded | RecordLooked


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A look under way, since when (UTC)."""

    participant: str
    picture: bool
    sound: bool
    since_utc_ms: int
