"""What people do to finished minutes. `hearing.review_rules` says yes (events) or no (Refused)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from hearing.commands import Command, Millis, Text
from hearing.line_commands import LineId, LineText, Number

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Hex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]*$", max_length=512)]


class OpenReview(Command, frozen=True, kw_only=True, tag="review_open"):
    """Lay the minutes open to the parties; again where they have changed since they were signed. The clerk's."""


class RequestCorrection(Command, frozen=True, kw_only=True, tag="correction_ask"):
    """A party's. `revision` is of the line that the page shows."""

    line: LineId
    revision: Number
    wanted: LineText
    reason: Text = ""


class DecideCorrection(Command, frozen=True, kw_only=True, tag="correction_decide"):
    """The clerk's, after listening to the span: the server knows whom it gave which sound. `revision` is of the line
    that the page shows; only an acceptance, which rewrites it, looks at it."""

    correction: Annotated[str, msgspec.Meta(max_length=100)]
    revision: Number
    accepted: bool
    reason: Text = ""


class SignMinutes(Command, frozen=True, kw_only=True, tag="minutes_sign"):
    """One's own signature of the minutes with this hash. The picture was handed in before (`image_sha256`)."""

    minutes_sha256: Sha256
    image_sha256: Sha256
    public_key: Hex
    signature: Hex
    verdict: Annotated[str, msgspec.Meta(max_length=100)]
    signed_utc_ms: Millis


class RefuseToSign(Command, frozen=True, kw_only=True, tag="minutes_refuse"):
    """One's own refusal; or, by the clerk, that `participant` refuses or did not come within the time."""

    minutes_sha256: Sha256
    reason: Text
    participant: str | None = None


class SignOff(Command, frozen=True, kw_only=True, tag="review_close"):
    """The clerk's: everybody has signed or refused, nothing of the minutes changes any more."""


ReviewCommand = OpenReview | RequestCorrection | DecideCorrection | SignMinutes | RefuseToSign | SignOff
