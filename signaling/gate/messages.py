"""The gate's part of the message catalogue (`docs/protocol.md`, "The gate"); its views are also answers of REST."""

from __future__ import annotations

from typing import Literal

import msgspec

from hearing.identity_events import IdentityLevel, VerdictMethod
from identity.gate import GateStage
from signaling.message import Message, RequestId

ConsentState = Literal["", "given", "declined", "withdrawn"]
RegistryState = Literal["", "yes", "no", "unknown"]
WatchState = Literal["present", "absent", "multiple", "mismatch", "unknown", "unwatched"]


class GateView(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody stands at the gate, for themselves. `stage` says what to do next."""

    level: IdentityLevel
    stage: GateStage
    consent: ConsentState
    document: str
    """Kind of the document that was checked, empty before."""
    masked: str
    minor: bool
    failures: int
    failures_left: int
    locked_until_utc_ms: int | None
    reason: str
    """Code of the last failure or of why the clerk decides; empty for none."""
    reason_zh: str
    reason_en: str
    method: VerdictMethod | None
    """How the gate passed this person; None before."""
    proof: str
    """Keep it with the page and send it with the next `invitations/ticket`: it shows that this device earned the
    verdict, passed or before the clerk. Empty before."""


class GateRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at the gate, for the clerk."""

    participant: str
    visit: str
    """Changes when another page or device comes for this seat. Send it with `admit`: who is looked at is let in."""
    stage: GateStage
    needs_clerk: bool
    connected: bool
    staff: bool
    consent: ConsentState
    document: str
    masked: str
    registry: RegistryState
    minor: bool
    failures: int
    locked_until_utc_ms: int | None
    reason: str
    reason_zh: str
    reason_en: str
    score_milli: int | None
    """Of the last comparison, in thousandths; None before one."""
    since_utc_ms: int
    has_live: bool
    has_picture: bool
    has_reference: bool


class WatchChip(msgspec.Struct, frozen=True, kw_only=True):
    """What the watch sees on one seat."""

    participant: str
    state: WatchState
    since_utc_ms: int
    checked: bool
    """A judge or clerk has looked at the seat since (command `seat_checked`)."""


class ChallengeStart(Message, frozen=True, kw_only=True, tag="challenge_start"):
    """The camera is on and sent: begin. Answered by `done` or `error`, then come `challenge`s."""

    re: RequestId


class ChallengeStop(Message, frozen=True, kw_only=True, tag="challenge_stop"):
    """The person gives up; counts as a failure. Answered by `done`."""

    re: RequestId


class Gate(Message, frozen=True, kw_only=True, tag="gate"):
    """One's own gate, after `welcome` and whenever it has changed; not sent at level `none`."""

    gate: GateView


class ChallengeStep(Message, frozen=True, kw_only=True, tag="challenge"):
    """Do this now. `step` counts from 1 to `steps`; the action must begin within `within_ms` from now."""

    nonce: str
    step: int
    steps: int
    action: Literal["blink", "left", "right", "mouth"]
    """`left` and `right` are the person's own."""
    within_ms: int
    zh: str
    en: str


class GateHint(Message, frozen=True, kw_only=True, tag="gate_hint"):
    """What would help, e.g. `too-dark`; an empty code: all is well again."""

    code: str
    zh: str
    en: str


class GateQueue(Message, frozen=True, kw_only=True, tag="gate_queue"):
    """Everybody at the gate, for who may admit; those who need the clerk first, then the longest waiting. After
    `welcome` and whenever it has changed."""

    rows: tuple[GateRow, ...]


class GateNote(Message, frozen=True, kw_only=True, tag="gate_note"):
    """The clerk writes to somebody at the gate. `call`: ring, and ask them to look into the camera."""

    text: str
    call: bool


class Watch(Message, frozen=True, kw_only=True, tag="watch"):
    """Chips for judge and clerk: every watched seat, after `welcome` and whenever one has changed. A hint only."""

    chips: tuple[WatchChip, ...]


ToGate = ChallengeStart | ChallengeStop
FromGate = Gate | ChallengeStep | GateHint | GateQueue | GateNote | Watch
