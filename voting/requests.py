"""What may be asked of a meeting. `voting.decide` answers with the leaves that carry it out.

Salts and random secrets come from the caller, who has the system's random source. Who may ask is the caller's
question too: nothing here knows an account's rights.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from voting.leaves import Instruction, Options
from voting.words import Channel, Choice, Group, Matter


class _Request(msgspec.Struct, frozen=True, kw_only=True):
    pass


class CreateMeeting(_Request, frozen=True, kw_only=True):
    """The first of all."""

    alg: str
    case_no: str
    ruleset: str
    title: str


class FreezeRoll(_Request, frozen=True, kw_only=True):
    """Let the roll be voted on. The meeting was given it before (`Meeting.know`)."""

    roll: str


class Attend(_Request, frozen=True, kw_only=True):
    """Sign in or out; `by` the attendee, an agent, or the clerk who certifies. No leaf where it is already so."""

    attendee: str
    by: str
    channel: Channel
    salt: str
    state: str


class GiveMandate(_Request, frozen=True, kw_only=True):
    """委托 (59(4)). `motions` empty: all, later ones too. `document`: SHA-256 of the paper."""

    agent: str
    document: str
    instructions: tuple[Instruction, ...] = ()
    mandate: str
    motions: tuple[str, ...] = ()
    principal: str
    salt: str


class RevokeMandate(_Request, frozen=True, kw_only=True):
    """No ballot by it from here on; those cast stand."""

    by: str
    mandate: str
    salt: str


class Exclude(_Request, frozen=True, kw_only=True):
    """回避: the creditor does not count in this round, even where they voted."""

    court_ref: str
    creditor: str
    motion: str
    round: int
    salt: str


class CastBallot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One ballot of one unit. `actor` is who is signed in; `mandate` empty: the meeting finds the one that fits."""

    actor: str
    channel: Channel
    choice: Choice
    creditor: str
    division: str
    idem: str
    meeting: str
    motion: str
    round: int
    salt: str
    mandate: str = ""


class EnterPaper(_Request, frozen=True, kw_only=True):
    """What one clerk keyed in. The second that agrees makes the ballot; `ballot_salt` is for that leaf."""

    ballot_salt: str
    channel: Channel
    choice: Choice
    clerk: str
    creditor: str
    division: str
    motion: str
    paper: str
    received_utc_ms: int
    round: int
    salt: str
    scan: str


class CountRound(_Request, frozen=True, kw_only=True):
    """Make the result of a closed round; no paper is taken after it."""

    motion: str
    round: int


class EnterCram(_Request, frozen=True, kw_only=True):
    """One condition of 87(2) as the judge finds it. `evidence`: SHA-256, or empty."""

    claimed: bool
    condition: int
    evidence: str
    finding: str
    motion: str


class CommitDraw(_Request, frozen=True, kw_only=True):
    """The commitment to a secret, before anybody knows the public text."""

    commitment: str
    count: int
    draw: str
    pool: str
    pool_size: int


class RevealDraw(_Request, frozen=True, kw_only=True):
    """The secret and the public text: whom they draw is computed."""

    draw: str
    public: str
    secret: str


class RecordAnchor(_Request, frozen=True, kw_only=True):
    """A head was given to somebody outside."""

    anchor: str
    evidence: str
    root: str
    size: int


class OpenMotion(_Request, frozen=True, kw_only=True):
    """Open a round. The roll must be frozen."""

    closes_utc_ms: int
    groups: tuple[Group, ...] = ()
    matter: Matter
    motion: str
    options: Options = Options()
    roll: str
    round: int = 1
    title: str


class ExtendMotion(_Request, frozen=True, kw_only=True):
    closes_utc_ms: int
    motion: str
    round: int


class CloseMotion(_Request, frozen=True, kw_only=True):
    """`early`: before the time that was announced, though somebody has not voted."""

    early: bool = False
    motion: str
    round: int


class AnnounceResult(_Request, frozen=True, kw_only=True):
    motion: str
    round: int


class CloseMeeting(_Request, frozen=True, kw_only=True):
    """The last of all."""


Act: TypeAlias = OpenMotion | ExtendMotion | CloseMotion | AnnounceResult | CloseMeeting
"""What takes two persons."""


class ByTwo(_Request, frozen=True, kw_only=True):
    """An act with the two who asked for it (`voting.countersign`)."""

    act: Act
    by: tuple[str, str]


AnyRequest: TypeAlias = (
    CreateMeeting
    | FreezeRoll
    | Attend
    | GiveMandate
    | RevokeMandate
    | Exclude
    | CastBallot
    | EnterPaper
    | CountRound
    | EnterCram
    | CommitDraw
    | RevealDraw
    | RecordAnchor
    | ByTwo
)
