"""An official real-name service behind one HTTP request (`docs/registry.md` is what the service must do).

Each request carries an id that stays the same when it is repeated, so that a service that charges or counts can
tell; it is signed with HMAC-SHA256 over the whole body, which holds the time. No answer within three seconds, an
answer that is none, or a 5xx is an outage: asked once more, then `unknown`, so that a clerk checks. After five
outages running the service rests for thirty seconds.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Literal

import aiohttp
import msgspec
import structlog

from hearing.ids import new_ulid
from identity.breaker import Breaker
from identity.documents import Document
from identity.images import MAX_BYTES
from identity.ports import RegistryAnswer
from identity.signed import SIGNATURE, checked_service, sign

TIMEOUT_S = 3.0
TRIES = 2
_MOST_BYTES = MAX_BYTES * 3 // 2

_log = structlog.get_logger()


class _Question(msgspec.Struct, frozen=True, kw_only=True):
    request: str
    utc_ms: int
    name: str
    kind: str
    number: str


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    request: str
    match: Literal["yes", "no", "unknown"]
    source: str = "registry"
    photo: str | None = None


class _Outage(Exception):
    """The service gave no answer that counts; the text has no personal data."""


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
        self._url, self._secret = checked_service(url, secret)
        self._http = http
        self._utc_ms = utc_ms
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._breaker = breaker or Breaker()

    async def verify(self, name: str, document: Document) -> RegistryAnswer:
        """What the service says; `unknown` for an outage. Takes at most `TRIES` times the timeout."""
        request = new_ulid(self._utc_ms())
        question = _Question(
            request=request, utc_ms=self._utc_ms(), name=name, kind=document.kind, number=document.number
        )
        body = msgspec.json.encode(question)
        for attempt in range(TRIES):
            if not self._breaker.allows(self._utc_ms()):
                break
            try:
                told = await self._ask(body, request)
            except (_Outage, aiohttp.ClientError, TimeoutError, OSError) as problem:
                self._breaker.failed(self._utc_ms())
                # Exceptions of the client name addresses, never what was asked.
                _log.warning("registry.outage", request=request, attempt=attempt, problem=type(problem).__name__)
                continue
            self._breaker.succeeded()
            return RegistryAnswer(told.match, told.source[:40], _photo(told.photo))
        return RegistryAnswer("unknown", "registry")

    async def _ask(self, body: bytes, request: str) -> _Told:
        headers = {"Content-Type": "application/json", SIGNATURE: sign(self._secret, body)}
        # A redirect would carry a number to somewhere nobody has chosen.
        async with self._http.post(
            self._url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
        ) as answer:
            if answer.status != 200:
                raise _Outage(f"status {answer.status}")
            raw = bytearray()
            async for part in answer.content.iter_chunked(65_536):
                raw += part
                if len(raw) > _MOST_BYTES:
                    raise _Outage("too long an answer")
        try:
            told = msgspec.json.decode(raw, type=_Told)
        except msgspec.MsgspecError:
            raise _Outage("not an answer") from None
        if told.request != request:
            raise _Outage("the answer to another request")
        return told


def _photo(text: str | None) -> bytes | None:
    """The photo, where it is one of a size that can be looked at."""
    if not text:
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if 0 < len(data) <= MAX_BYTES else None
