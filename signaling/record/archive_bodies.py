"""Bodies of `/api/v1/archive` (`docs/protocol.md`, "HTTP")."""

from __future__ import annotations

from signaling.bodies import Answer, ExportJob, SessionSummary
from signaling.record.copies import PackageCopy


class ArchivedPackage(Answer, frozen=True, kw_only=True):
    """A finished package and where its copies lie."""

    package: ExportJob
    made_utc_ms: int
    copies: tuple[PackageCopy, ...]
    safe: bool
    """Every place that the settings name has read it back whole; false where they name none."""


class ArchivedSession(Answer, frozen=True, kw_only=True):
    """A session that is over, with its packages, the newest first."""

    session: SessionSummary
    opened_utc_ms: int | None
    judge: str
    packages: tuple[ArchivedPackage, ...]


class ArchivePage(Answer, frozen=True, kw_only=True):
    """Sessions that are over, the newest first. `next` is the `after` of the rest, empty when this is all."""

    rows: tuple[ArchivedSession, ...]
    next: str
    places: tuple[str, ...]
    """Where copies go, as the settings say; none: there is no second copy anywhere."""


class CopiesRetried(Answer, frozen=True, kw_only=True):
    """How many failed copies go again."""

    copies: int
