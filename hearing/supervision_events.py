"""Who of the court looks into a running hearing, and when: each look is an event, its end another.

A supervisor (督察) sees and hears nothing outside a look that the log tells of (`hearing.supervision`).
"""

from __future__ import annotations

import msgspec

from hearing.event import Event


class LookAsked(Event, frozen=True, kw_only=True, tag="supervision.asked"):
    """A supervisor asks to look into the hearing, and for what. A look under way becomes this one."""

    participant: str
    picture: bool
    sound: bool
    reason: str = ""


class LookBegan(Event, frozen=True, kw_only=True, tag="supervision.began"):
    """From here on the supervisor receives the picture, the sound, or both."""

    participant: str
    picture: bool
    sound: bool


class LookEnded(Event, frozen=True, kw_only=True, tag="supervision.ended"):
    """The supervisor receives nothing any more. `cause`: `left`, `dropped`, `removed`, `closed` (the court went on
    behind closed doors, paused or closed), `changed` (to another kind of look, which begins with it)."""

    participant: str
    cause: str


SupervisionEvent = LookAsked | LookBegan | LookEnded


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A look under way, since when (UTC)."""

    participant: str
    picture: bool
    sound: bool
    since_utc_ms: int
