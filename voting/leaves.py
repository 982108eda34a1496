"""The leaves of the ballot log: everything that changes a result. The format is docs/ballot-log.md, section 2.

Frozen structs that encode to canonical JSON. They say nothing about what may follow what: that is `voting.meeting`.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from voting.words import Ballots, Base, Channel, Choice, Group, Matter, Next, Secured, Silent


class Stamp(msgspec.Struct, frozen=True):
    """What the sequencer gives to the next leaf: its meeting, place and time."""

    meeting: str
    seq: int
    utc_ms: int


class _Leaf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    meeting: str
    seq: int
    """Place in the tree, from 0."""
    utc_ms: int
    v: int = 1


class MeetingCreated(_Leaf, frozen=True, kw_only=True, tag="meeting.created"):
    alg: str
    case_no: str
    ruleset: str
    title: str


class RollFrozen(_Leaf, frozen=True, kw_only=True, tag="roll.frozen"):
    entries: int
    roll: str
    root: str


class Presence(_Leaf, frozen=True, kw_only=True, tag="presence"):
    attendee: str
    by: str
    channel: Channel
    salt: str
    state: str
    """`in` or `out`."""


class Instruction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    choice: Choice
    motion: str


class Mandate(_Leaf, frozen=True, kw_only=True, tag="mandate"):
    agent: str
    document: str
    instructions: tuple[Instruction, ...]
    mandate: str
    motions: tuple[str, ...]
    """Empty: all."""
    principal: str
    salt: str


class MandateRevoked(_Leaf, frozen=True, kw_only=True, tag="mandate.revoked"):
    by: str
    mandate: str
    salt: str


class Bloc(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group that votes with one head by its representative."""

    group: Group
    representative: str


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The meeting's choices where the law leaves one, as the motion was opened with them."""

    ballots: Ballots = Ballots.FINAL
    bloc: tuple[Bloc, ...] = ()
    court_ref: str = ""
    equity_base: Base = Base.PRESENT
    resolution: str = ""
    secured: Secured = Secured.EXCLUDE
    silent: Silent = Silent.SIGNED_IN


class MotionOpened(_Leaf, frozen=True, kw_only=True, tag="motion.opened"):
    by: tuple[str, str]
    closes_utc_ms: int
    groups: tuple[Group, ...]
    matter: Matter
    motion: str
    options: Options
    roll: str
    round: int
    title: str


class MotionExtended(_Leaf, frozen=True, kw_only=True, tag="motion.extended"):
    by: tuple[str, str]
    closes_utc_ms: int
    motion: str
    round: int


class Exclusion(_Leaf, frozen=True, kw_only=True, tag="exclusion"):
    court_ref: str
    creditor: str
    motion: str
    round: int
    salt: str


class Ballot(_Leaf, frozen=True, kw_only=True, tag="ballot"):
    actor: str
    amount_fen: int
    channel: Channel
    choice: Choice
    creditor: str
    division: str
    heads: int
    idem: str
    mandate: str
    motion: str
    paper: str
    round: int
    salt: str


class PaperEntered(_Leaf, frozen=True, kw_only=True, tag="paper.entered"):
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


class MotionClosed(_Leaf, frozen=True, kw_only=True, tag="motion.closed"):
    by: tuple[str, str]
    motion: str
    round: int


class DeemedDivision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    amount_fen: int
    division: str
    heads: int


class Deemed(_Leaf, frozen=True, kw_only=True, tag="deemed"):
    choice: Choice
    court_ref: str
    divisions: tuple[DeemedDivision, ...]
    motion: str
    resolution: str
    round: int


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Heads and their amounts."""

    amount_fen: int = 0
    heads: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.amount_fen + other.amount_fen, self.heads + other.heads)


class DivisionResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The count of one division (docs/ballot-log.md, section 6)."""

    abstain: Count
    against: Count
    agree: Count
    amount_missing_fen: int
    deemed: Count
    division: str
    heads_missing: int
    invalid: Count
    passed: bool
    present: Count
    silent: Count
    total: Count


class Alternative(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What another choice of the options would have given. Decides nothing."""

    divisions: tuple[DivisionResult, ...]
    option: str
    passed: bool
    value: str


class Result(_Leaf, frozen=True, kw_only=True, tag="result"):
    alternatives: tuple[Alternative, ...]
    divisions: tuple[DivisionResult, ...]
    motion: str
    next: Next
    passed: bool
    round: int


class ResultAnnounced(_Leaf, frozen=True, kw_only=True, tag="result.announced"):
    by: tuple[str, str]
    motion: str
    result: int
    round: int


class DrawCommitted(_Leaf, frozen=True, kw_only=True, tag="draw.committed"):
    commitment: str
    count: int
    draw: str
    pool: str
    pool_size: int


class DrawRevealed(_Leaf, frozen=True, kw_only=True, tag="draw.revealed"):
    chosen: tuple[int, ...]
    draw: str
    public: str
    secret: str


class CramEntered(_Leaf, frozen=True, kw_only=True, tag="cram.entered"):
    claimed: bool
    condition: int
    evidence: str
    finding: str
    motion: str


class Anchored(_Leaf, frozen=True, kw_only=True, tag="anchor"):
    anchor: str
    evidence: str
    root: str
    size: int


class MeetingClosed(_Leaf, frozen=True, kw_only=True, tag="meeting.closed"):
    by: tuple[str, str]


AnyLeaf: TypeAlias = (
    MeetingCreated
    | RollFrozen
    | Presence
    | Mandate
    | MandateRevoked
    | MotionOpened
    | MotionExtended
    | Exclusion
    | Ballot
    | PaperEntered
    | MotionClosed
    | Deemed
    | Result
    | ResultAnnounced
    | DrawCommitted
    | DrawRevealed
    | CramEntered
    | Anchored
    | MeetingClosed
)

_encoder = msgspec.json.Encoder(order="sorted")
_decoder: msgspec.json.Decoder[AnyLeaf] = msgspec.json.Decoder(AnyLeaf)


def leaf_bytes(leaf: AnyLeaf) -> bytes:
    """Canonical JSON of the leaf: what is hashed and kept. No leaf can hold a float, so this encoder suffices."""
    return _encoder.encode(leaf)


def read_leaf(data: bytes) -> AnyLeaf:
    """The leaf of its canonical JSON. Raises msgspec.MsgspecError."""
    return _decoder.decode(data)
