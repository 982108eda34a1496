"""What the court does to a finished record. `hearing.seal_rules` says yes (events) or no (Refused)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from hearing.commands import Command, Millis, Text
from hearing.line_commands import Number
from hearing.review_commands import Hex, ReviewCommand, Sha256

Statement = Annotated[str, msgspec.Meta(max_length=4_000)]


class ExplainIncident(Command, frozen=True, kw_only=True, tag="incident_explain"):
    """The clerk's: what happened, and what it means for the record."""

    incident: Number
    text: Statement


class SignIncident(Command, frozen=True, kw_only=True, tag="incident_sign"):
    """The presiding judge's own signature under the statement with this hash."""

    incident: Number
    statement_sha256: Sha256
    public_key: Hex
    signature: Hex
    signed_utc_ms: Millis


class SealRecord(Command, frozen=True, kw_only=True, tag="seal"):
    """The clerk's: the final seal. Again after one whose package could not be made: it is made now."""


class Supplement(Command, frozen=True, kw_only=True, tag="supplement"):
    """The clerk's, after the final seal: an addition that the chain shows."""

    text: Text


SealCommand = ExplainIncident | SignIncident | SealRecord | Supplement
ClosedCommand = ReviewCommand | SealCommand
"""Everything that is done to a record after 闭庭."""
