"""The message catalogue of `wss://.../meetings/{id}/ws`: what a creditor's page says and hears.

Every frame is one JSON object in a text frame, at most `MAX_FRAME_BYTES`. A ballot's answer is a receipt or a refusal
with the same `re`; whoever got neither (the connection broke) sends the same ballot with the same `idem` again.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from signaling.meetings.view import MeetingView, Mine
from signaling.message import Message, RequestId
from voting.words import Choice

MAX_FRAME_BYTES = 4_000
MEETING_PROTOCOL_VERSION = 1
RETRY_AFTER_MS = 2_000
BACK_WITHIN_MS = 30_000
"""Pages that a closing server sends away come back at a random moment within this."""

Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}\Z")]
Question = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


# --- from the page ------------------------------------------------------------------------------------------


class Enter(Message, frozen=True, kw_only=True, tag="enter"):
    """First frame, with the pass that signing in gave."""

    version: int
    token: Annotated[str, msgspec.Meta(max_length=200)]


class Cast(Message, frozen=True, kw_only=True, tag="cast"):
    """A ballot. `creditor` is the principal where somebody votes by a mandate; left out: one's own."""

    re: RequestId
    motion: Id
    round: Annotated[int, msgspec.Meta(ge=1, le=2)]
    division: Id = "all"
    choice: Choice
    idem: Id
    creditor: Id | None = None


class AskFloor(Message, frozen=True, kw_only=True, tag="ask_floor"):
    """申请发言: into the queue. Idempotent."""

    re: RequestId


class LeaveQueue(Message, frozen=True, kw_only=True, tag="leave_queue"):
    """Out of the queue again; whoever has the floor gives it back. Idempotent."""

    re: RequestId


class AskQuestion(Message, frozen=True, kw_only=True, tag="ask_question"):
    """书面提问: seen by administrator and chair."""

    re: RequestId
    text: Question


class HaveRead(Message, frozen=True, kw_only=True, tag="have_read"):
    """A document of the agenda was opened; kept with the time. Idempotent."""

    re: RequestId
    document: Id


class Beat(Message, frozen=True, kw_only=True, tag="beat"):
    """Heartbeat; `sent_ms` is the page's own clock and comes back."""

    sent_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


FromCreditor = Enter | Cast | AskFloor | LeaveQueue | AskQuestion | HaveRead | Beat


# --- from the server ----------------------------------------------------------------------------------------


class Entered(Message, frozen=True, kw_only=True, tag="entered"):
    """Answer to `enter`: who one is, and the meeting as it stands."""

    meeting: MeetingView
    mine: Mine
    beat_interval_ms: int
    utc_ms: int
    court_key: str
    """The court's raw public key in hex, with which the page checks heads; its SHA-256 is their `key`."""
    version: str


class MeetingChanged(Message, frozen=True, kw_only=True, tag="meeting"):
    """The meeting has changed; at most one every `MeetingRoom.QUIET_MS`, the newest only."""

    meeting: MeetingView


class MineChanged(Message, frozen=True, kw_only=True, tag="mine"):
    """What concerns this person alone has changed."""

    mine: Mine


class Receipt(Message, frozen=True, kw_only=True, tag="receipt"):
    """The ballot is durable and in the log; `receipt` is what docs/ballot-log.md, section 8, says: keep it."""

    re: RequestId
    receipt: msgspec.Raw


class NotCast(Message, frozen=True, kw_only=True, tag="not_cast"):
    """The ballot was not taken. `retry_after_ms`: the same again after so long; `late`: the signed late receipt;
    `standing`: the receipt of the ballot that stands already."""

    re: RequestId
    code: str
    zh: str
    en: str
    retry_after_ms: int | None = None
    late: msgspec.Raw | None = None
    standing: msgspec.Raw | None = None


class HeadSigned(Message, frozen=True, kw_only=True, tag="head"):
    """A signed tree head: the page keeps the newest and asks that the next is consistent with it."""

    head: msgspec.Raw


class Did(Message, frozen=True, kw_only=True, tag="did"):
    re: RequestId


class Refusal(Message, frozen=True, kw_only=True, tag="refusal"):
    """Anything but a ballot that was refused; without `re` the frame could not be read."""

    re: RequestId | None
    code: str
    zh: str
    en: str
    incident: str | None = None


class BeatBack(Message, frozen=True, kw_only=True, tag="beat_back"):
    sent_ms: int
    utc_ms: int


class Farewell(Message, frozen=True, kw_only=True, tag="farewell"):
    """The last frame. `action`: `enter` (with the pass again), `sign_in`, or `stay_away`."""

    action: Literal["enter", "sign_in", "stay_away"]
    code: str
    zh: str
    en: str
    retry_after_ms: int = 0
    """Wait between 0 and this at random: thousands come back at once."""


FromMeeting = (
    Entered | MeetingChanged | MineChanged | Receipt | NotCast | HeadSigned | Did | Refusal | BeatBack | Farewell
)


def farewell() -> bytes:
    """The last frame of a server that closes."""
    return msgspec.json.encode(
        Farewell(
            action="enter",
            code="closing",
            zh="服务器正在重启，稍后将自动重新连接",
            en="the server restarts: this page will come back by itself",
            retry_after_ms=BACK_WITHIN_MS,
        )
    )
