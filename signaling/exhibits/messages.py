"""The register of exhibits as pages read it: `GET /api/v1/sessions/{id}/exhibits`."""

from __future__ import annotations

import msgspec

from hearing.exhibit_events import ExhibitState, FileKind, View
from signaling.bodies import Answer


class OpinionRow(msgspec.Struct, frozen=True, kw_only=True):
    """What `participant` says of an exhibit."""

    participant: str
    authenticity: View
    legality: View
    relevance: View
    text: str


class ExhibitRow(msgspec.Struct, frozen=True, kw_only=True):
    """`participant` submits it. `shown`: the room sees it now. `pages` as in `ExhibitSubmitted`."""

    number: int
    name: str
    source: str
    purpose: str
    participant: str
    kind: FileKind
    size_bytes: int
    sha256: str
    pages: int
    state: ExhibitState
    public: bool
    shown: bool
    opinions: tuple[OpinionRow, ...]


class ExhibitList(Answer, frozen=True, kw_only=True):
    """What this person may see of them, by number; `changes` as in `HearingView.exhibit_changes`. `next_number` is
    for the court, who gives the numbers."""

    changes: int
    next_number: int | None
    exhibits: tuple[ExhibitRow, ...]


class FileTaken(Answer, frozen=True, kw_only=True):
    """The server has the file until the same person hands in another; `exhibit_submit` names it by its hash."""

    sha256: str
    kind: FileKind
    size_bytes: int
