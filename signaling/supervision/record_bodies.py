"""Bodies of `/api/v1/supervision/records` and `/looks` (`docs/protocol.md`, "HTTP")."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hearing.session import State
from hearing.supervision_events import RecordPart
from records.writing.minutes import Field, Paragraph
from signaling.bodies import Answer, Body

Reason = Annotated[str, Meta(max_length=200)]


class RecordSearch(Body, frozen=True, kw_only=True):
    """Why lines are searched for; what is searched for stands in the address."""

    reason: Reason = ""


class NewRecordLook(Body, frozen=True, kw_only=True):
    """What of a record to open; `at_ms` is the moment that the player begins with."""

    what: Literal["player", "minutes", "report", "seal"]
    reason: Reason = ""
    at_ms: Annotated[int, Meta(ge=0, le=10**12)] = 0


class RecordOpened(Answer, frozen=True, kw_only=True):
    """Where it can be had while the look lasts. The log has the look."""

    url: str


class RecordRow(Answer, frozen=True, kw_only=True):
    """A session that is over: nothing of what was said in it."""

    id: str
    court: str
    case_no: str
    hearing_no: str
    title: str
    cause: str
    public: bool
    state: State
    state_label: str
    scheduled_utc_ms: int
    opened_utc_ms: int | None
    judge: str
    """Who presided."""
    partly: bool
    """Something of it is withheld from supervisors."""
    playable: bool
    """There is a package that they may play."""


class RecordPage(Answer, frozen=True, kw_only=True):
    """The newest first. `next` is the `after` of the rest, empty when this is all."""

    rows: tuple[RecordRow, ...]
    next: str


class RecordMinutes(Answer, frozen=True, kw_only=True):
    """The minutes to read; who signs is left out. `partly`: something is withheld, and they say where."""

    session: str
    court: str
    case_no: str
    title: str
    draft: bool
    partly: bool
    fields: tuple[Field, ...]
    paragraphs: tuple[Paragraph, ...]


class OwnLook(Answer, frozen=True, kw_only=True):
    """A look that the log of `session` tells of."""

    session: str
    case_no: str
    what: RecordPart
    reason: str
    words: str
    lines: int
    utc_ms: int


class OwnLooks(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first."""

    looks: tuple[OwnLook, ...] = ()
