"""What the keeper of anchors needs from somebody outside (`voting.anchors.keeper`), and what it says of them."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

Kind = Literal["file", "rfc3161", "https"]


class AnchorFailed(Exception):
    """The head was not taken. The text is for the operator, in both languages, and holds no secret."""


class Anchor(Protocol):
    """Somebody outside who keeps, or signs with a time, what the court says its log is."""

    @property
    def kind(self) -> Kind:
        """As it stands in the log."""

    @property
    def where(self) -> str:
        """A path or an address as it may be shown: without user, password or token."""

    async def submit(self, head: bytes) -> bytes:
        """Give the signed head (canonical JSON) outside; the evidence that it is there, which `docs/ballot-log.md`
        describes for each kind. May be asked again with the same head. Raises AnchorFailed."""


class AnchorState(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with one anchor of one meeting."""

    kind: Kind
    where: str
    size: int
    """Leaves of the last head that was taken; 0 for none."""
    failures: int
    """Tries in a row that failed; 0 when all is well."""
    failure: str
    """Why the last one did; "" when all is well."""
