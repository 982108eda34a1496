"""Bodies of the gate's REST interface, request and answer (`docs/protocol.md`, "The gate")."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from hearing.events import Entry
from signaling.bodies import Answer, Body

Written = Annotated[str, Meta(max_length=500)]
DocumentKind = Literal["resident_id", "passport", "uscc", "other"]


class FaceConsent(Body, frozen=True, kw_only=True):
    sha256: Annotated[str, Meta(max_length=64)]
    language: Literal["zh-CN", "zh", "en"] = "zh-CN"
    guardian: Literal["parent", "other"] | None = None


class DocumentNumber(Body, frozen=True, kw_only=True):
    kind: DocumentKind
    number: Annotated[str, Meta(min_length=1, max_length=64)]


class OneTimeCode(Body, frozen=True, kw_only=True):
    code: Annotated[str, Meta(pattern=r"^[0-9]{6}\Z")]


class CaseFile(Body, frozen=True, kw_only=True):
    """What the case file says; None leaves it as it is."""

    kind: DocumentKind = "resident_id"
    number: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    phone: Annotated[str, Meta(pattern=r"^\+?[0-9]{6,20}\Z")] | None = None


class Decision(Body, frozen=True, kw_only=True):
    reason: Annotated[str, Meta(max_length=40)]
    text: Written
    visit: Annotated[str, Meta(max_length=40)] | None = None
    """Of the row that was looked at; for `admit`."""


class Explained(Body, frozen=True, kw_only=True):
    text: Written


class GateMessage(Body, frozen=True, kw_only=True):
    text: Annotated[str, Meta(max_length=200)] = ""
    call: bool = False


class FaceNotice(Answer, frozen=True, kw_only=True):
    version: str
    zh: str
    en: str
    sha256: str
    retention_h: int


class CodeSent(Answer, frozen=True, kw_only=True):
    phone_masked: str


class KeptItem(Answer, frozen=True, kw_only=True):
    purpose: str
    engine_id: str
    media_type: str
    utc_ms: int
    base64: str


class IdentityData(Answer, frozen=True, kw_only=True):
    participant: str
    events: list[Entry]
    kept: list[KeptItem]
