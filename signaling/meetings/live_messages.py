"""The message catalogue of `wss://.../meetings/{id}/live`: pictures and sound of a creditors' meeting.

Offers, answers and what belongs to them are those of a hearing's socket (`signaling.protocol`). A page opens this
socket only while it shows the meeting's pictures or has the floor; ballots never depend on it.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from signaling.message import Message
from signaling.protocol import (
    MAX_FRAME_BYTES,
    Answered,
    CloseMedia,
    Count,
    Deliveries,
    Done,
    Error,
    IceServer,
    Layers,
    Leave,
    Offer,
    Publication,
    Views,
)

LIVE_PROTOCOL_VERSION = 1
MAX_LIVE_FRAME_BYTES = MAX_FRAME_BYTES

PageId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{8,40}\Z")]


class EnterLive(Message, frozen=True, kw_only=True, tag="enter"):
    """First frame. `token`: the pass of a creditor; null for a staff account, known by its cookie. `page` is made at
    random when the page is loaded: who comes back with it goes on with the media that it had."""

    version: int
    page: PageId
    token: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class LivePing(Message, frozen=True, kw_only=True, tag="ping"):
    """Heartbeat; `sent_ms` is the page's own clock and comes back."""

    sent_ms: Count


FromLive = EnterLive | LivePing | Offer | CloseMedia | Views


class OnStage(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends a picture or sound now."""

    participant: str
    name: str
    hall: bool
    """The hall or the chair, sent by an account; else the creditor who has the floor."""


class LiveEntered(Message, frozen=True, kw_only=True, tag="live"):
    """Answer to `enter`; `stage` follows."""

    participant: str
    ping_interval_ms: int
    ice_servers: tuple[IceServer, ...]


class StageNews(Message, frozen=True, kw_only=True, tag="stage"):
    """What this page may receive now, whole, after each change: it offers its receiving connection anew to match.
    `floor`: whether this person has the floor, and may send."""

    publications: tuple[Publication, ...]
    people: tuple[OnStage, ...]
    floor: bool


class LivePong(Message, frozen=True, kw_only=True, tag="pong"):
    sent_ms: int


ToLive = LiveEntered | StageNews | LivePong | Answered | Done | Error | Layers | Deliveries | Leave
