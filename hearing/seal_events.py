"""Statements on incidents, the two seals, time stamps and what is added afterwards, as the log keeps it.

Sources: 法释〔2017〕5号 art 4 (a written statement, signed by the presiding judge), 5, 15; 电子签名法 13.
"""

from __future__ import annotations

from typing import Literal

from hearing.event import Event

SealStep = Literal["media", "final"]
"""`media`: tracks, composite, log and draft transcript, right after 闭庭. `final`: with the minutes as signed."""


class IncidentExplained(Event, frozen=True, kw_only=True, tag="incident.explained"):
    """The clerk's written statement; a later one takes its place until the judge has signed."""

    incident: int
    """`seq` of the entry that first told of the incident."""
    participant: str
    text: str


class IncidentSigned(Event, frozen=True, kw_only=True, tag="incident.signed"):
    """The presiding judge's reliable electronic signature under a statement. `signature` is over
    `hearing.signing.incident_statement`; all bytes are lower-case hex."""

    incident: int
    participant: str
    statement_sha256: str
    """Of the statement's text in UTF-8."""
    public_key: str
    """DER SubjectPublicKeyInfo of a P-256 key, made on the signer's device for this signature."""
    signature: str
    """ECDSA with SHA-256, r and s of 32 bytes each (IEEE P1363)."""
    signed_utc_ms: int


class SealOrdered(Event, frozen=True, kw_only=True, tag="seal.ordered"):
    """The clerk had the record sealed for good; nothing but additions follows. It is inside the final package."""

    participant: str
    media_manifest_sha512: str
    """Of the media seal's `manifest-sha512.txt`: the final seal stands on it."""


class SealMade(Event, frozen=True, kw_only=True, tag="seal.made"):
    """A sealed package is durable. Kept in the log after its own head, so not inside that package."""

    step: SealStep
    package: str
    manifest_sha512: str
    key: str
    """Fingerprint of the court's key that signs it."""
    before: str = ""
    """Of the final seal: `manifest_sha512` of the media seal that it stands on."""


class StampMade(Event, frozen=True, kw_only=True, tag="stamp.made"):
    """A time-stamping authority (RFC 3161) has signed when something existed."""

    of: Literal["head", "media", "final"]
    """A signed head of this log (at a recess, at 闭庭), or the tag manifest of a seal's package."""
    seq: int
    """The head's; 0 for a package."""
    package: str
    imprint_sha256: str
    """SHA-256 of the bytes that were stamped."""
    token_sha256: str
    where: str
    """Address of the authority, without secrets."""


class StampMissed(Event, frozen=True, kw_only=True, tag="stamp.missed"):
    """The authority did not answer in time. Nothing waits for it; it is asked again. Told once for each."""

    of: Literal["head", "media", "final"]
    seq: int
    package: str
    where: str
    reason: str


class RecordSupplemented(Event, frozen=True, kw_only=True, tag="record.supplement"):
    """Something was added in writing after the final seal (民诉法: 补正)."""

    participant: str
    text: str


SealEvent = IncidentExplained | IncidentSigned | SealOrdered | SealMade | StampMade | StampMissed | RecordSupplemented
