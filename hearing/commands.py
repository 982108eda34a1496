"""Commands: what a person may ask of the session. `hearing.decide` says yes (events) or no (Refused)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from hearing.session import Move, Phase

Text = Annotated[str, msgspec.Meta(max_length=1_000)]
"""What a person writes; it is kept in the log for ever and sent to every page."""
Millis = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""Every language's JSON carries this exactly."""


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """Base; `do` on the wire is the tag."""


class MoveSession(Command, frozen=True, kw_only=True, tag="move"):
    """开庭, 休庭, 复庭, 闭庭 ... `override` names the reason for opening without a required party."""

    move: Move
    reason: Text = ""
    resume_utc_ms: Millis | None = None
    override: Text = ""


class SetPhase(Command, frozen=True, kw_only=True, tag="phase"):
    phase: Phase


class Admit(Command, frozen=True, kw_only=True, tag="admit"):
    """Bring a waiting participant into the courtroom; a witness is thereby called (传唤)."""

    participant: str


class Dismiss(Command, frozen=True, kw_only=True, tag="dismiss"):
    """证人退庭, or send a participant back to the waiting room."""

    participant: str


class Remove(Command, frozen=True, kw_only=True, tag="remove"):
    """请出: by order of the court."""

    participant: str
    reason: Text


class SetMute(Command, frozen=True, kw_only=True, tag="mute"):
    """Mute or unmute; participant None means everybody outside the bench (全体静音)."""

    participant: str | None
    kind: Literal["audio", "video"] = "audio"
    muted: bool = True
    locked: bool = False


class GrantFloor(Command, frozen=True, kw_only=True, tag="floor"):
    participant: str | None
    limit_ms: Millis = 0


class SetLayout(Command, frozen=True, kw_only=True, tag="layout"):
    layout: Literal["auto", "focus", "one_plus_five", "grid", "facing"]
    locked: bool = False
    focus: str | None = None


class Warn(Command, frozen=True, kw_only=True, tag="warn"):
    participant: str
    reason: Text


class RaiseHand(Command, frozen=True, kw_only=True, tag="hand"):
    raised: bool
    participant: str | None = None
    """None: one's own; a clerk or judge may lower another's."""


class AskHelp(Command, frozen=True, kw_only=True, tag="help"):
    text: Text = ""


class AnswerHelp(Command, frozen=True, kw_only=True, tag="help_answered"):
    participant: str


class CheckSeat(Command, frozen=True, kw_only=True, tag="seat_checked"):
    """已核实: the court has looked at a seat of which the watch says `state`."""

    participant: str
    state: Literal["absent", "multiple", "mismatch", "unwatched"]


class ReportHowling(Command, frozen=True, kw_only=True, tag="howling"):
    muted: bool


Language = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$")]
"""The shape of a BCP 47 tag: it is printed in the minutes."""


class SetLanguage(Command, frozen=True, kw_only=True, tag="language"):
    """What a participant speaks, for the transcript; None: the court's own language. For an interpreter: the language
    in which they speak, and for whom (None: for whoever needs it)."""

    participant: str
    language: Language | None
    interprets: str | None = None


class Leave(Command, frozen=True, kw_only=True, tag="leave"):
    """A deliberate departure."""

    reason: Text = ""


AnyCommand = (
    MoveSession
    | SetPhase
    | Admit
    | Dismiss
    | Remove
    | SetMute
    | GrantFloor
    | SetLayout
    | Warn
    | RaiseHand
    | AskHelp
    | AnswerHelp
    | CheckSeat
    | ReportHowling
    | SetLanguage
    | Leave
)
