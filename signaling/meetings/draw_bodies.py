"""Bodies of the routes of draws (`docs/protocol.md`)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from signaling.bodies import Answer, Body
from voting.words import Group


class NewDraw(Body, frozen=True, kw_only=True):
    """Representatives to be drawn (抽签). `source` says beforehand which text others will fix, such as that evening's
    lottery numbers: nobody may choose it once the secret is committed to."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    source: Annotated[str, Meta(min_length=4, max_length=500)]
    count: Annotated[int, Meta(ge=1, le=10_000)]
    group: Group | None = None
    """Only creditors with a vote in this group; None: in any."""
    present_only: bool = False
    """Only who is signed in now."""


class Revealed(Body, frozen=True, kw_only=True):
    public: Annotated[str, Meta(min_length=1, max_length=500)]
    """The text, exactly as it was published."""


class Drawn(Answer, frozen=True, kw_only=True):
    """Somebody who was drawn. `name` is "" for creditors' pages."""

    place: int
    creditor: str
    name: str


class DrawView(Answer, frozen=True, kw_only=True):
    """A draw; the fields of docs/ballot-log.md, section 7, with which anybody draws again."""

    draw: str
    title: str
    source: str
    alg: str
    commitment: str
    count: int
    pool: str
    """Merkle root over the sorted ids, which `GET draws/{draw}/pool` lists."""
    pool_size: int
    committed_utc_ms: int
    public: str
    """"" until it is revealed; then `secret` and `chosen` are there too."""
    secret: str
    revealed_utc_ms: int | None
    chosen: tuple[Drawn, ...]
