"""How the seals of a session stand, for the clerk's page: `GET /api/v1/sessions/{id}/seal`."""

from __future__ import annotations

import msgspec

from hearing.seal_events import SealStep
from hearing.sealing import Unmet
from hearing.session import State
from signaling.bodies import Answer, ExportJob


class SealRow(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed package. `url` is empty where its package is not on this server."""

    step: SealStep
    package: str
    manifest_sha512: str
    key: str
    utc_ms: int
    before: str
    """Of the final seal: `manifest_sha512` of the media seal that it stands on."""
    stamped: bool
    """A time-stamping authority has signed when it existed."""
    url: str


class IncidentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A failure of the recorder; `statement` and `signed_by` are empty until somebody has written and signed."""

    incident: int
    cause: str
    cause_zh: str
    cause_en: str
    from_ms: int
    to_ms: int | None
    detail: str
    statement: str
    statement_sha256: str
    """What the presiding judge signs."""
    written_by: str
    """Participant id, as `signed_by`."""
    signed_by: str
    signed_utc_ms: int


class SealView(Answer, frozen=True, kw_only=True):
    """`unmet` is the pre-flight list, in the order in which to take it up; `job` the making of a seal that waits,
    runs or has failed. `may_seal`: the minutes are signed off and nothing blocks."""

    state: State
    may_seal: bool
    stamping: str
    """Address of the time-stamping authority, empty where none is set."""
    seals: list[SealRow]
    unmet: list[Unmet]
    incidents: list[IncidentRow]
    job: ExportJob | None
