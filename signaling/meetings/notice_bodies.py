"""Bodies of the routes of result notices (`docs/protocol.md`)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from signaling.bodies import Answer, Body
from signaling.meetings.messages import Id

Note = Annotated[str, Meta(max_length=500)]


class Delivered(Body, frozen=True, kw_only=True):
    """What was done to tell creditors of a result. `handed`: on paper, into their hands; `sent`: by message or post;
    `failed`: it came back; `published`: 公告, which tells everybody and names nobody."""

    state: Literal["handed", "sent", "failed", "published"]
    creditors: Annotated[tuple[Id, ...], Meta(max_length=5_000)] = ()
    """Empty for `published`; for `sent`: everybody who was not reached yet."""
    reference: Note = ""
    """Number of the letter, the batch of messages, the paper that published it."""
    reason: Note = ""
    """Of a failure."""


class MyNotice(Answer, frozen=True, kw_only=True):
    """A notice for the person, or for somebody whose agent they are."""

    motion: str
    round: int
    title: str
    creditor: str
    name: str
    made_utc_ms: int
    shown: bool


class Notice(Answer, frozen=True, kw_only=True):
    """The notice itself. `receipt` is the court's signed word that it was shown, and when first."""

    motion: str
    round: int
    creditor: str
    lines: tuple[str, ...]
    sha256: str
    """Of the lines, each ended by a line feed."""
    receipt: msgspec.Raw


class NoticeBoard(Answer, frozen=True, kw_only=True):
    """How far creditors were told of one result."""

    motion: str
    round: int
    title: str
    announced: bool
    made_utc_ms: int | None
    due_utc_ms: int
    """End of the third day after the closing."""
    missed: bool
    """It is past, and somebody was not told by then or now."""
    creditors: int
    shown: int
    handed: int
    sent: int
    failed: int
    waiting: int
    """Nothing was tried yet."""
    published_utc_ms: int | None
    root: str
    """Merkle root over every creditor's id and the hash of their notice, as they were made."""
