"""Bodies of the REST interface of creditors' meetings, request and answer (`docs/protocol.md`)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from records.anchors.port import AnchorState
from signaling.bodies import Answer, Body, Line, Name, UtcMs
from signaling.meetings.floor import FloorState
from signaling.meetings.messages import Id
from signaling.meetings.view import MeetingView, Turnout
from voting.leaves import Instruction, Options
from voting.words import Choice, Group, Matter

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Round = Annotated[int, Meta(ge=1, le=2)]
Reference = Annotated[str, Meta(min_length=1, max_length=500)]


class NewMeeting(Body, frozen=True, kw_only=True):
    court: Line
    case_no: Line
    title: Line
    scheduled_utc_ms: UtcMs
    alg: Literal["sha256", "sm3"] = "sha256"


class NewMotion(Body, frozen=True, kw_only=True):
    """A motion for the agenda."""

    title: Annotated[str, Meta(min_length=1, max_length=500)]
    matter: Matter
    groups: tuple[Group, ...] = ()
    options: Options = Options()


class Act(Body, frozen=True, kw_only=True):
    """What takes two persons: the first asks for it, another confirms by sending the same. Only `count` takes one: it
    is no choice, and comes by itself after `close` where no paper was keyed in."""

    act: Literal["open", "extend", "close", "count", "announce", "end"]
    motion: Id | None = None
    """None for `end`, which ends the meeting."""
    round: Round = 1
    closes_utc_ms: UtcMs | None = None
    """For `open` and `extend`."""


class NewExclusion(Body, frozen=True, kw_only=True):
    motion: Id
    round: Round
    creditor: Id
    court_ref: Reference


class NewMandate(Body, frozen=True, kw_only=True):
    principal: Id
    agent: Id | None = None
    """A creditor of the roll; None for anybody else, who gets an id and a link of their own."""
    agent_name: Name | None = None
    agent_number: Annotated[str, Meta(max_length=40)] = ""
    motions: tuple[Id, ...] = ()
    instructions: tuple[Instruction, ...] = ()
    document: Sha256


class CramEntry(Body, frozen=True, kw_only=True):
    """What the judge finds of one condition of 企业破产法 87(2)."""

    condition: Annotated[int, Meta(ge=1, le=20)]
    claimed: bool
    finding: Reference
    evidence: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    """SHA-256 of a file, or empty."""


class Certified(Body, frozen=True, kw_only=True):
    """The clerk has seen somebody on site come or leave."""

    attendee: Id
    state: Literal["in", "out"]


class Floor(Body, frozen=True, kw_only=True):
    """Who speaks now; None: nobody. `limit_s`: for so long at most; None: until somebody ends it."""

    person: Id | None
    limit_s: Annotated[int, Meta(ge=10, le=7200)] | None = None


class PaperKeyed(Body, frozen=True, kw_only=True):
    """What one clerk reads on a paper ballot (or heard on the telephone), blind to the other."""

    paper: Id
    channel: Literal["paper", "phone"]
    motion: Id
    round: Round
    division: Id = "all"
    creditor: Id
    choice: Choice
    received_utc_ms: UtcMs
    scan: Sha256


class SignIn(Body, frozen=True, kw_only=True):
    """From the person's link, the last six characters of the number on their document, and of the gate, for the page
    that passed it."""

    person: Id
    code: Annotated[str, Meta(min_length=1, max_length=40)]
    number_end: Annotated[str, Meta(min_length=1, max_length=40)]
    proof: Annotated[str, Meta(max_length=200)] | None = None


class MeetingGate(Body, frozen=True, kw_only=True):
    """The session whose gate stands before a meeting; null: none."""

    session: Id | None


class CastBody(Body, frozen=True, kw_only=True):
    """A ballot by HTTPS: as the socket's `cast`."""

    motion: Id
    round: Round
    division: Id = "all"
    choice: Choice
    idem: Id
    creditor: Id | None = None


# --- answers ------------------------------------------------------------------------------------------------


class MeetingRow(Answer, frozen=True, kw_only=True):
    id: str
    court: str
    case_no: str
    title: str
    scheduled_utc_ms: int
    state: str


class RefusedRow(Answer, frozen=True, kw_only=True):
    """A row of a roll's file that was not taken."""

    line: int
    column: str
    zh: str
    en: str


class GroupTotal(Answer, frozen=True, kw_only=True):
    group: Group
    creditors: int
    amount_fen: int


class RollSummary(Answer, frozen=True, kw_only=True):
    """The roll as it stands, or as a file would make it."""

    claims: int
    voting: int
    """Creditors with a vote."""
    filed_fen: int
    voting_fen: int
    groups: tuple[GroupTotal, ...]
    refused: tuple[RefusedRow, ...]
    """The first hundred."""
    refused_rows: int
    without_decision: tuple[RefusedRow, ...] = ()
    """Kept, but with a provisional amount that does not vote because the court has not decided on it; the first
    hundred."""
    without_decision_rows: int = 0
    kept: bool
    """False: the file has refused rows and was not imported."""


class PendingAct(Answer, frozen=True, kw_only=True):
    """Asked for by one, waits for another."""

    act: str
    motion: str | None
    round: int
    closes_utc_ms: int | None
    by: str
    by_name: str
    until_utc_ms: int


class Board(Answer, frozen=True, kw_only=True):
    """签到表: who is here, of those with a vote."""

    heads: int
    amount_fen: int
    total_heads: int
    total_amount_fen: int
    groups: tuple[GroupTotal, ...]
    """Of those present."""


class Speaker(Answer, frozen=True, kw_only=True):
    person: str
    name: str
    since_utc_ms: int


class Asked(Answer, frozen=True, kw_only=True):
    """书面提问, with who asked."""

    id: str
    person: str
    name: str
    text: str
    utc_ms: int


class FloorView(Answer, frozen=True, kw_only=True):
    """Who has the floor. `given`: was told so; `live`: camera or microphone arrive; `away`: the connection is lost,
    the floor waits."""

    person: str
    name: str
    state: FloorState
    until_utc_ms: int | None
    """When it ends by itself."""


class Console(Answer, frozen=True, kw_only=True):
    """The meeting as administrator, chair, judge and clerk see it."""

    meeting: MeetingView
    roll: RollSummary | None
    board: Board
    turnout: tuple[Turnout, ...]
    pending: tuple[PendingAct, ...]
    speakers: tuple[Speaker, ...]
    questions: tuple[Asked, ...]
    floor: FloorView | None
    log_size: int
    log_root: str
    anchors: tuple[AnchorState, ...] = ()


class Acted(Answer, frozen=True, kw_only=True):
    """`pending` while another has to confirm."""

    done: bool
    pending: PendingAct | None
    console: Console


class CreditorRow(Answer, frozen=True, kw_only=True):
    """One person of the roll, for the court's people and the administrator."""

    creditor: str
    name: str
    number: str
    """Masked."""
    groups: tuple[GroupTotal, ...]
    present: bool
    link: str


class MandateRow(Answer, frozen=True, kw_only=True):
    """委托, with names."""

    mandate: str
    principal: str
    principal_name: str
    agent: str
    agent_name: str
    motions: tuple[str, ...]
    """Empty: all."""
    instructions: tuple[Instruction, ...]
    document: str
    utc_ms: int
    revoked: bool


class CramRow(Answer, frozen=True, kw_only=True):
    """One condition of 企业破产法 87(2) as it stands."""

    number: int
    zh: str
    en: str
    failed: tuple[Group, ...]
    by_vote: bool
    """Each of its groups passed: no finding is needed."""
    claimed: bool | None
    """None: no finding yet."""
    finding: str
    evidence: str
    utc_ms: int | None


class GateFirst(Answer, frozen=True, kw_only=True):
    """The gate comes first: `code` is the person's invitation to it (`/join/{code}`). Who has passed signs in again
    with the proof that this page was given."""

    code: str


class SignedIn(Answer, frozen=True, kw_only=True):
    token: str
    person: str
    name: str
    until_utc_ms: int


class NewLink(Answer, frozen=True, kw_only=True):
    """The only link of this person that works from now on."""

    person: str
    link: str


class PaperState(Answer, frozen=True, kw_only=True):
    """`waits`: for a second clerk; `differs`: the two do not agree, a third decides; `counted`."""

    paper: str
    state: Literal["waits", "differs", "counted"]
    receipt: msgspec.Raw | None = None
