"""Bodies of the routes of a meeting's documents (`docs/protocol.md`)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from signaling.bodies import Answer, Body

Title = Annotated[str, Meta(min_length=1, max_length=200)]


class ChangedDocument(Body, frozen=True, kw_only=True):
    """What is left out stays."""

    title: Title | None = None
    place: Annotated[int, Meta(ge=1, le=1_000)] | None = None
    """Among those that stand, from 1; further than the last is the last."""


class RemovedDocument(Body, frozen=True, kw_only=True):
    reason: Annotated[str, Meta(min_length=2, max_length=500)]


class DocumentRow(Answer, frozen=True, kw_only=True):
    """A document as those see it who run the meeting."""

    document: str
    title: str
    kind: str
    sha256: str
    bytes: int
    added_by: str
    added_utc_ms: int
    removed_by: str
    """"" while it stands."""
    removed_utc_ms: int | None
    reason: str
    read: int
    """Creditors who opened it, or whose agent did."""
    creditors: int
    """All in the roll."""
