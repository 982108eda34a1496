"""Reading, correcting and signing the minutes, as the log keeps it.

Sources: 民诉法 150; 法释〔2017〕5号 art 6-8; 电子签名法 13.
"""

from __future__ import annotations

from hearing.event import Event


class ReviewOpened(Event, frozen=True, kw_only=True, tag="review.opened"):
    """The minutes lie open to the parties until `until_utc_ms` (five days unless the court says otherwise)."""

    minutes_sha256: str
    until_utc_ms: int


class CorrectionRequested(Event, frozen=True, kw_only=True, tag="review.correction"):
    """A party asks that a line read otherwise. `was` is what it read then."""

    correction: str
    participant: str
    line: str
    was: str
    wanted: str
    reason: str


class CorrectionDecided(Event, frozen=True, kw_only=True, tag="review.decided"):
    """The clerk has listened to the span and decided; an accepted one is followed by the line's edit."""

    correction: str
    accepted: bool
    reason: str
    listened: bool
    """The server had given the clerk the sound of the whole line before the decision."""


class MinutesSigned(Event, frozen=True, kw_only=True, tag="review.signed"):
    """A person's reliable electronic signature: of these minutes, by this picture, with this key, as who the gate
    said they are. `signature` is over `hearing.signing.statement`; all bytes are lower-case hex."""

    participant: str
    minutes_sha256: str
    image_sha256: str
    public_key: str
    """DER SubjectPublicKeyInfo of a P-256 key, made on the signer's device for this signature."""
    signature: str
    """ECDSA with SHA-256, r and s of 32 bytes each (IEEE P1363)."""
    verdict: str
    """Id of the identity verdict; empty where the session has no gate."""
    signed_utc_ms: int


class SigningRefused(Event, frozen=True, kw_only=True, tag="review.refused"):
    """A person does not sign; with the reason it stands for their signature in the file (民诉法 150)."""

    participant: str
    minutes_sha256: str
    reason: str


ReviewEvent = ReviewOpened | CorrectionRequested | CorrectionDecided | MinutesSigned | SigningRefused
