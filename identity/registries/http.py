"""An official real-name service behind one HTTP request (`docs/registry.md` is what the service must do).

An outage is `unknown`, so that a clerk checks. Names and numbers are never logged.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Literal

import aiohttp

from hearing.documents import Document
from hearing.ids import new_ulid
from identity.breaker import Breaker
from identity.images import MAX_BYTES
from identity.ports import RegistryAnswer
from identity.service_client import Answer, Outage, Question, ServiceClient

TIMEOUT_S = 3.0
_SOURCE = "registry"
_MOST_BYTES = MAX_BYTES * 3 // 2


class _Question(Question, frozen=True, kw_only=True):
    name: str
    kind: str
    number: str


class _Told(Answer, frozen=True, kw_only=True):
    match: Literal["yes", "no", "unknown"]
    source: str = _SOURCE
    photo: str | None = None


class HttpRegistry:
    """Implements `identity.ports.Registry`. The session is the caller's to close. ValueError: as
    `identity.signed.checked_service`."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        secret: str,
        utc_ms: Callable[[], int],
        *,
        timeout_s: float = TIMEOUT_S,
        breaker: Breaker | None = None,
    ) -> None:
        self._service = ServiceClient(http, url, secret, name="registry", timeout_s=timeout_s, breaker=breaker)
        self._utc_ms = utc_ms

    async def verify(self, name: str, document: Document) -> RegistryAnswer:
        """What the service says; `unknown` for an outage."""
        now_ms = self._utc_ms()
        question = _Question(
            request=new_ulid(now_ms), utc_ms=now_ms, name=name, kind=document.kind, number=document.number
        )
        try:
            return await self._service.ask(question, _Told, _answer, most_bytes=_MOST_BYTES)
        except Outage:
            return RegistryAnswer("unknown", _SOURCE)


def _answer(told: _Told) -> RegistryAnswer:
    return RegistryAnswer(told.match, told.source[:40], _photo(told.photo))


def _photo(text: str | None) -> bytes | None:
    """The photo, where it is one of a size that can be looked at."""
    if not text:
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if 0 < len(data) <= MAX_BYTES else None
