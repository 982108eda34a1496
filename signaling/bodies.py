"""Bodies of the REST interface, request and answer (`docs/protocol.md`, "HTTP")."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hearing.access_events import Access, Ground
from hearing.commands import Language
from hearing.identity_events import IdentityLevel
from hearing.line_commands import MAX_TERMS, Term
from hearing.participant import Presence
from hearing.roles import Role
from hearing.session import State

Line = Annotated[str, Meta(min_length=1, max_length=200)]
Name = Annotated[str, Meta(min_length=1, max_length=60)]
Account = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{1,39}\Z")]
Password = Annotated[str, Meta(min_length=1, max_length=200)]
UtcMs = Annotated[int, Meta(ge=0, lt=1 << 48)]
SeatName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}\Z")]
StaffRole = Literal["judge", "clerk", "operator", "administrator", "supervisor"]
"""`administrator`: the bankruptcy administrator (企业破产法 13), who runs creditors' meetings and is none of the
court's people. `supervisor`: who looks into running hearings for the court (督察), and does nothing else."""


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request."""


class Nothing(Body, frozen=True, kw_only=True):
    """`{}` or no body at all."""


class Login(Body, frozen=True, kw_only=True):
    account: Annotated[str, Meta(max_length=100)]
    password: Password


class NewPassword(Body, frozen=True, kw_only=True):
    old: Password
    new: Password


class NewAccount(Body, frozen=True, kw_only=True):
    account: Account
    name: Name
    role: StaffRole
    password: Password


class ChangedAccount(Body, frozen=True, kw_only=True):
    name: Name | None = None
    role: StaffRole | None = None
    active: bool | None = None
    password: Password | None = None


class NewDevice(Body, frozen=True, kw_only=True):
    name: Name
    kind: Literal["display", "kiosk"]
    court: Annotated[str, Meta(max_length=100)] = ""


class NewSeat(Body, frozen=True, kw_only=True):
    seat: SeatName
    role: Role
    name: Name
    required: bool = True
    account: Account | None = None
    language: Language | None = None
    """What they speak (BCP 47); None: the court's own language."""


class NewSession(Body, frozen=True, kw_only=True):
    court: Line
    case_no: Line
    hearing_no: Annotated[str, Meta(max_length=40)] = ""
    cause: Annotated[str, Meta(max_length=200)] = ""
    title: Annotated[str, Meta(max_length=200)] = ""
    public: bool = True
    scheduled_utc_ms: UtcMs
    identity: IdentityLevel | None = None
    """None: the operator's setting `identity.level`."""
    seats: Annotated[list[NewSeat], Meta(min_length=1, max_length=100)]
    glossary: Annotated[list[Term], Meta(max_length=MAX_TERMS)] = []
    """Names and terms to listen for, beside those of the case itself."""


class Rescheduled(Body, frozen=True, kw_only=True):
    scheduled_utc_ms: UtcMs
    reason: Line


class WithReason(Body, frozen=True, kw_only=True):
    reason: Line


class Code(Body, frozen=True, kw_only=True):
    code: Annotated[str, Meta(min_length=1, max_length=100)]


class Returning(Body, frozen=True, kw_only=True):
    code: Annotated[str, Meta(min_length=1, max_length=100)]
    proof: Annotated[str, Meta(max_length=100)] | None = None
    """Of the page that passed the gate (`GateView.proof`)."""


class Consent(Body, frozen=True, kw_only=True):
    code: Annotated[str, Meta(min_length=1, max_length=100)]
    sha256: Annotated[str, Meta(max_length=64)]
    language: Annotated[str, Meta(max_length=10)] = "zh-CN"


class ObserverSignIn(Body, frozen=True, kw_only=True):
    name: Name
    declaration: bool


class ForSession(Body, frozen=True, kw_only=True):
    session: Annotated[str, Meta(max_length=40)]


class NewExport(Body, frozen=True, kw_only=True):
    """`case_no` names one of several cases heard together (并案): its own part of the record."""

    edition: Literal["court", "party", "public"] = "court"
    case_no: Annotated[str, msgspec.Meta(max_length=100)] | None = None


class NewRestriction(Body, frozen=True, kw_only=True):
    """A part of the record that not everybody may have; see `hearing.access_events.AccessRestricted`."""

    from_ms: Annotated[int, Meta(ge=0, lt=1 << 40)]
    to_ms: Annotated[int, Meta(ge=0, lt=1 << 40)] | None = None
    access: Access
    ground: Ground
    participant: Annotated[str, Meta(max_length=100)] | None = None
    case_no: Annotated[str, Meta(max_length=100)] | None = None
    reason: Annotated[str, Meta(max_length=500)] = ""


class JoinedCase(Body, frozen=True, kw_only=True):
    case_no: Annotated[str, Meta(max_length=100)]
    cause: Line


# --- answers ------------------------------------------------------------------------------------------------


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer; every field is always there."""


class Staff(Answer, frozen=True, kw_only=True):
    account: str
    name: str
    role: StaffRole
    must_change_password: bool


class AccountRow(Answer, frozen=True, kw_only=True):
    account: str
    name: str
    role: StaffRole
    must_change_password: bool
    active: bool
    created_utc_ms: int
    photo: bool
    """Whether a photo for the face check is kept."""


class Device(Answer, frozen=True, kw_only=True):
    id: str
    name: str
    kind: Literal["display", "kiosk"]
    court: str


class NewDeviceCredential(Answer, frozen=True, kw_only=True):
    id: str
    name: str
    kind: Literal["display", "kiosk"]
    court: str
    credential: str


class SessionSummary(Answer, frozen=True, kw_only=True):
    id: str
    case_no: str
    hearing_no: str
    title: str
    cause: str
    court: str
    scheduled_utc_ms: int
    state: State
    state_label: str
    people: int
    public: bool
    identity: IdentityLevel


class InvitationLink(Answer, frozen=True, kw_only=True):
    url: str
    code: str
    """The eight-digit 庭审码; empty when revoked."""
    revoked: bool


class SeatRow(Answer, frozen=True, kw_only=True):
    participant: str
    seat: str
    role: Role
    name: str
    required: bool
    presence: Presence
    account: str | None
    invitation: InvitationLink | None


class SessionDetail(SessionSummary, frozen=True, kw_only=True):
    seats: list[SeatRow]


class Ticket(Answer, frozen=True, kw_only=True):
    ticket: str
    participant: str
    session: str


class Notices(Answer, frozen=True, kw_only=True):
    version: str
    zh: str
    en: str
    sha256: str


class OpenedInvitation(Answer, frozen=True, kw_only=True):
    code: str
    court: str
    case_no: str
    title: str
    scheduled_utc_ms: int
    state: State
    name: str
    role: Role
    label_zh: str
    label_en: str
    consented: bool
    notices: Notices


class PlayerAddress(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    """A path of this server, with the moment as its fragment: `#t=MS`."""


class ExportStarted(Answer, frozen=True, kw_only=True):
    job: str


class ExportJob(Answer, frozen=True, kw_only=True):
    """`job` is a ULID of the time it was begun (`begun_utc_ms`); `sha512` that of the package's manifest."""

    job: str
    session: str
    permille: int
    step_zh: str
    step_en: str
    done: bool
    error: str | None
    url: str | None
    bytes: int | None
    sha512: str | None
    edition: str
    case_no: str | None
    seal: Literal["", "media", "final"]
    """Which of the two seals this package is; empty: an export."""
    begun_utc_ms: int


class RestrictionRow(Answer, frozen=True, kw_only=True):
    mark: str
    from_ms: int
    to_ms: int | None
    access: Access
    ground: Ground
    participant: str | None
    case_no: str | None
    reason: str


class ClosedSpan(Answer, frozen=True, kw_only=True):
    """What the course of the session closes by itself: deliberation, mediation off the record, closed evidence.
    Session ms."""

    from_ms: int
    to_ms: int
    access: Access


class Restricted(Answer, frozen=True, kw_only=True):
    """`cases` begins with the one that the session was made for; `restrictions` are those that hold; `closed` needs
    none, in order of time."""

    cases: list[JoinedCase]
    restrictions: list[RestrictionRow]
    closed: list[ClosedSpan]
    may_lift: bool
    """Whether who asks may open a part again."""


class NodeLoad(Answer, frozen=True, kw_only=True):
    """How busy this node is; see `media_server.ports.Load`."""

    stress: float
    shedding: Literal["none", "fewer_tiles", "low_layers", "no_joins"]
    cpu: float
    loop_lag_ms: float
    packets_per_s: int


class CourtCard(Answer, frozen=True, kw_only=True):
    court: str
    key_fingerprint: str
    verifier_sha256: str
    ballot_verifier_sha256: str
    version: str
    time_zone: str
    languages: list[str]
    emblem: str
    card_reader: str
