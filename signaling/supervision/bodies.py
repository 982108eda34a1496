"""Bodies of `/api/v1/supervision/...` (`docs/protocol.md`, "HTTP")."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hearing.session import Phase, State
from signaling.bodies import Answer, Body


class NewLook(Body, frozen=True, kw_only=True):
    """What to look at; `reason` goes into the log."""

    picture: bool
    sound: bool
    reason: Annotated[str, Meta(max_length=200)] = ""


class LookRow(Answer, frozen=True, kw_only=True):
    """Who looks into a hearing now."""

    name: str
    picture: bool
    sound: bool
    since_utc_ms: int


class SupervisedHearing(Answer, frozen=True, kw_only=True):
    """A tile of the wall: how the hearing stands, and nothing of what is said in it."""

    id: str
    court: str
    case_no: str
    hearing_no: str
    title: str
    cause: str
    public: bool
    state: State
    state_label: str
    phase: Phase
    scheduled_utc_ms: int
    opened_utc_ms: int | None
    judge: str
    """Who presides."""
    present: int
    """Of `expected`, who have a place and a voice in the courtroom."""
    expected: int
    observers: int
    incidents: int
    recording: bool
    tracks: int
    sealed_age_ms: int | None
    """Since the oldest of its tracks was last sealed."""
    disk_free_bytes: int | None
    trouble: str | None
    """What is wrong with the recording now."""
    may_look: bool
    looks: tuple[LookRow, ...]
