"""Hands one-time codes to the court's SMS service (`docs/registry.md`, "One-time codes").

Signed as questions to the registry are, and repeated once under the same id, so that nobody gets two messages. A
telephone number and a code are never logged.
"""

from __future__ import annotations

from collections.abc import Callable

import aiohttp
import msgspec
import structlog

from hearing.errors import UserError
from identity.breaker import Breaker
from identity.signed import SIGNATURE, checked_service, sign

TIMEOUT_S = 5.0
TRIES = 2

_log = structlog.get_logger()


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    request: str
    utc_ms: int
    phone: str
    code: str


class HttpCodeSender:
    """Implements `identity.ports.CodeSender`. The session is the caller's to close. ValueError: as
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

    async def send(self, phone: str, code: str, request: str) -> None:
        """See `CodeSender`. Takes at most `TRIES` times the timeout."""
        body = msgspec.json.encode(_Message(request=request, utc_ms=self._utc_ms(), phone=phone, code=code))
        for attempt in range(TRIES):
            if not self._breaker.allows(self._utc_ms()):
                break
            try:
                status = await self._post(body)
            except (aiohttp.ClientError, TimeoutError, OSError) as problem:
                told = type(problem).__name__
            else:
                if 200 <= status < 300:
                    self._breaker.succeeded()
                    return
                told = f"status {status}"
            self._breaker.failed(self._utc_ms())
            _log.warning("codes.outage", request=request, attempt=attempt, problem=told)
        raise UserError(
            "code-not-sent",
            "验证码未能发出，请稍后再试，或联系书记员",
            "the code could not be sent: try again in a while, or ask the clerk",
        )

    async def _post(self, body: bytes) -> int:
        headers = {"Content-Type": "application/json", SIGNATURE: sign(self._secret, body)}
        # A redirect would carry a telephone number to somewhere nobody has chosen.
        async with self._http.post(
            self._url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
        ) as answer:
            return answer.status
