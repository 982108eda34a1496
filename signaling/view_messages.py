"""The hearing as pages are told of it: part of the catalogue in `signaling.protocol`."""

from __future__ import annotations

import msgspec

from hearing.events import ClockAnchored, Seat
from hearing.exhibit_events import FileKind
from hearing.identity_events import IdentityLevel
from hearing.participant import Presence
from hearing.session import Move, Phase, State
from hearing.supervision_events import Look


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """A participant as every page of the session sees them; `language` and `interprets` as in `LanguageSet`."""

    seat: Seat
    label_zh: str
    label_en: str
    presence: Presence
    staff: bool
    isolated: bool
    hand_raised_ms: int | None
    help_asked: bool
    warnings: int
    audio_muted: bool
    video_muted: bool
    audio_locked: bool
    video_locked: bool
    howling: bool
    language: str
    interprets: str | None
    verified: bool
    """The gate has passed this person, or asks nothing of them."""


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """`session_ms` on the session clock is `utc_ms`; `running` is false before 开庭."""

    session_ms: int
    utc_ms: int
    running: bool
    anchor: ClockAnchored | None


class ExhibitView(msgspec.Struct, frozen=True, kw_only=True):
    """The exhibit that the room sees now, a PDF of `pages` open at `page`."""

    number: int
    name: str
    kind: FileKind
    sha256: str
    pages: int
    page: int


class HearingView(msgspec.Struct, frozen=True, kw_only=True):
    """The hearing as it stands; sent whole after each change (it is small: at most some fifty people)."""

    session: str
    court: str
    case_no: str
    hearing_no: str
    cause: str
    title: str
    public: bool
    scheduled_utc_ms: int
    state: State
    state_label: str
    phase: Phase
    moves: tuple[Move, ...]
    recording: bool
    people: tuple[PersonView, ...]
    floor: str | None
    floor_until_ms: int | None
    layout: str
    layout_locked: bool
    focus: str | None
    speakers: tuple[str, ...]
    opened_utc_ms: int | None
    over_utc_ms: int | None
    """When it was closed, or converted; not before."""
    reopen_until_ms: int | None
    """Session time until which a mistaken 闭庭 may be undone."""
    resume_utc_ms: int | None
    observers: int
    incidents: int
    looks: tuple[Look, ...]
    """Supervisors who look in now; told to the court's own people only."""
    identity: IdentityLevel
    exhibit: ExhibitView | None
    exhibit_changes: int
    """Of the register of exhibits: whoever shows it reads it again when this changes."""
