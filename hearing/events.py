"""The catalogue of events: everything that is recorded about a session, and nothing else is.

Events are frozen and carry no floats, so that their canonical JSON (sorted keys, no blanks, UTF-8) is the same
in every language; the chain in `records` hashes that text. Times inside are session ms unless named otherwise.
Names of persons appear in `SessionCreated` and `ParticipantAdded`, and where somebody spoke them. The gate's part is
`identity_events`, the transcript's `transcript_events`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from hearing.access_events import AccessEvent
from hearing.event import Event as Event
from hearing.exhibit_events import ExhibitEvent
from hearing.identity_events import IdentityEvent
from hearing.participant import Presence
from hearing.review_events import ReviewEvent
from hearing.roles import Role
from hearing.seal_events import SealEvent
from hearing.session import Move, Pause, Phase, State
from hearing.supervision_events import SupervisionEvent
from hearing.transcript_events import LanguageSet, TranscriptEvent


class Seat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One place at the hearing and who sits there. `seat` is unique in the session, e.g. `plaintiff-1`."""

    participant: str
    seat: str
    role: Role
    name: str
    required: bool = True
    """Whether the hearing waits for this person (a required party's drop holds the phase, L16)."""


# --- the session itself -------------------------------------------------------------------------------------


class SessionCreated(Event, frozen=True, kw_only=True, tag="session.created"):
    """A clerk has made the session; the first event of every log."""

    court: str
    case_no: str
    hearing_no: str
    cause: str
    title: str
    public: bool
    scheduled_utc_ms: int
    seats: tuple[Seat, ...]


class SessionRescheduled(Event, frozen=True, kw_only=True, tag="session.rescheduled"):
    scheduled_utc_ms: int
    reason: str


class StateChanged(Event, frozen=True, kw_only=True, tag="session.state"):
    """A move was made. `pause` is the lawful reason when it interrupts the recording."""

    move: Move
    before: State
    after: State
    reason: str = ""
    resume_utc_ms: int | None = None
    pause: Pause | None = None


class PhaseChanged(Event, frozen=True, kw_only=True, tag="session.phase"):
    phase: Phase


class ClockAnchored(Event, frozen=True, kw_only=True, tag="clock.anchored"):
    """Ties session time to UTC: at opening, after a restart, after the wall clock was stepped."""

    session_ms: int
    utc_ms: int
    uncertainty_ms: int
    reason: str
    """`opened`, `restarted` or `stepped`."""
    step_ms: int = 0


class ServerRestarted(Event, frozen=True, kw_only=True, tag="server.restarted"):
    """The process came back; what it lost is in the recording events that follow."""

    version: str
    down_ms: int


# --- people -------------------------------------------------------------------------------------------------


class ParticipantAdded(Event, frozen=True, kw_only=True, tag="participant.added"):
    seat: Seat


class InvitationIssued(Event, frozen=True, kw_only=True, tag="invitation.issued"):
    """`code_sha256` identifies the link without giving it away."""

    participant: str
    code_sha256: str


class InvitationRevoked(Event, frozen=True, kw_only=True, tag="invitation.revoked"):
    participant: str
    reason: str


class ConsentGiven(Event, frozen=True, kw_only=True, tag="participant.consented"):
    """Consent to one stage of online procedure (在线诉讼规则 4); the hash is of the text that was shown."""

    participant: str
    stage: str
    text_sha256: str
    language: str


class KitChecked(Event, frozen=True, kw_only=True, tag="participant.kit_checked"):
    """Result of the device check. Loss in per mille, bitrate in kbit/s."""

    participant: str
    camera: bool
    microphone: bool
    speaker: bool
    rtt_ms: int
    loss_permille: int
    uplink_kbps: int
    user_agent: str


class PresenceChanged(Event, frozen=True, kw_only=True, tag="participant.presence"):
    """Somebody came, dropped, left, was admitted or removed. `evidence` says how the server knows."""

    participant: str
    before: Presence
    after: Presence
    reason: str = ""
    evidence: str = ""


class HandRaised(Event, frozen=True, kw_only=True, tag="participant.hand"):
    participant: str
    raised: bool


class HelpAsked(Event, frozen=True, kw_only=True, tag="participant.help"):
    participant: str
    text: str
    answered: bool = False


class Warned(Event, frozen=True, kw_only=True, tag="participant.warned"):
    """The court warns a participant; `count` is the number of warnings so far."""

    participant: str
    count: int
    reason: str


class MuteSet(Event, frozen=True, kw_only=True, tag="participant.mute"):
    """By order: the server forwards nothing of this kind; `locked` forbids the participant to undo it."""

    participant: str
    kind: str
    muted: bool
    locked: bool


class DeviceHeardItself(Event, frozen=True, kw_only=True, tag="participant.howling"):
    """A device found its own output in its microphone (several devices in one room) and muted itself."""

    participant: str
    muted: bool


class FloorGranted(Event, frozen=True, kw_only=True, tag="floor.granted"):
    """请发言. `limit_ms` 0 means no limit; participant None returns the floor to the bench."""

    participant: str | None
    limit_ms: int = 0


class LayoutChanged(Event, frozen=True, kw_only=True, tag="layout.changed"):
    """Layout of the composite and the displays: auto, focus, one_plus_five, grid, facing."""

    layout: str
    locked: bool
    focus: str | None = None


class SpeakerChanged(Event, frozen=True, kw_only=True, tag="speaker.changed"):
    """Who speaks, the loudest first; the composite's layout follows it."""

    participants: tuple[str, ...]


# --- the recording ------------------------------------------------------------------------------------------


class TrackOpened(Event, frozen=True, kw_only=True, tag="recording.track"):
    """A track file was begun. `file` is relative to the session's recording folder."""

    track: str
    file: str
    participant: str
    seat: str
    codecs: tuple[str, ...]
    sources: tuple[str, ...]
    from_ms: int


class RangeSealed(Event, frozen=True, kw_only=True, tag="recording.range"):
    """Bytes first_byte..end_byte (exclusive) of the file are on disk and hash to `sha512`."""

    track: str
    file: str
    first_byte: int
    end_byte: int
    sha512: str
    from_ms: int
    to_ms: int


GapCause = Literal["loss", "damaged", "keyframe", "silence", "overflow", "disk", "crash"]
"""Causes that the recorder tells. Logs may hold further ones: `lawful pause`, `mute`, `disconnect`."""

IncidentCause = Literal[
    "disk-full",
    "folder-unwritable",
    "disk-error",
    "disk-slow",
    "format",
    "internal",
    "fault",
    "events-lost",
    "record-unavailable",
    "unlisted",
    "crash",
]


class GapRecorded(Event, frozen=True, kw_only=True, tag="recording.gap"):
    """Media that was sent or due and is not in the file. `packets` counts RTP packets that never came.

    Causes (`GapCause`): `loss`, packets never came, up to the next keyframe; `damaged`, packets came that make no
    whole picture; `keyframe`, pictures came before any that a decoder can begin with; `silence`, nothing was sent for
    more than a second though the track ran on; `overflow`, more came than the recorder could take; `disk`, it could
    not be written; `crash`, the server died, and until it ran again.
    """

    track: str
    kind: str
    from_ms: int
    to_ms: int
    cause: str
    packets: int = 0


class TrackClosed(Event, frozen=True, kw_only=True, tag="recording.track_closed"):
    track: str
    file: str
    to_ms: int
    bytes_total: int
    reason: str


class RecordingIncident(Event, frozen=True, kw_only=True, tag="recording.incident"):
    """The recorder could not do its duty; needs a written statement before sealing (法释〔2017〕5号 art 4).

    Causes: `IncidentCause`."""

    cause: str
    from_ms: int
    to_ms: int | None
    detail: str


class PackageMade(Event, frozen=True, kw_only=True, tag="package.made"):
    """A record package was exported; kept in the log after its own head, so not inside that package."""

    edition: str
    manifest_sha512: str
    actor_name: str


AnyEvent = (
    SessionCreated
    | SessionRescheduled
    | StateChanged
    | PhaseChanged
    | ClockAnchored
    | ServerRestarted
    | ParticipantAdded
    | InvitationIssued
    | InvitationRevoked
    | ConsentGiven
    | KitChecked
    | PresenceChanged
    | HandRaised
    | HelpAsked
    | Warned
    | MuteSet
    | DeviceHeardItself
    | LanguageSet
    | FloorGranted
    | LayoutChanged
    | SpeakerChanged
    | TrackOpened
    | RangeSealed
    | GapRecorded
    | TrackClosed
    | RecordingIncident
    | PackageMade
    | IdentityEvent
    | TranscriptEvent
    | ReviewEvent
    | AccessEvent
    | SupervisionEvent
    | ExhibitEvent
    | SealEvent
)
"""Decodable union of the whole catalogue."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a session's log: the event and its place, time and author.

    `seq` starts at 1 without gaps; `prev` and `hash` are lower-case hex SHA-256 (see `records.chain`);
    `actor` is a participant id, an account name, or `server`.
    """

    session: str
    seq: int
    at_ms: int
    utc_ms: int
    actor: str
    event: AnyEvent
    prev: str
    hash: str
    salt: str | msgspec.UnsetType = msgspec.UNSET
    """Random, hex: who is given the hash without the entry (an edition of the record) cannot find the entry by
    trying. Absent in logs from before it was there: their entries keep their hash."""


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed head of the chain: Ed25519 over its canonical JSON without `signature` (hex)."""

    session: str
    seq: int
    hash: str
    utc_ms: int
    key: str
    """Fingerprint of the court's key: SHA-256 of the raw public key, hex."""
    signature: str
