"""Hands one-time codes to the court's SMS service (`docs/registry.md`, "One-time codes").

Repeated once under the same id, so that nobody gets two messages. A telephone number and a code are never logged.
"""

from __future__ import annotations

from collections.abc import Callable

import aiohttp

from hearing.errors import UserError
from identity.breaker import Breaker
from identity.service_client import Outage, Question, ServiceClient

TIMEOUT_S = 5.0


class _Message(Question, frozen=True, kw_only=True):
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
        self._service = ServiceClient(http, url, secret, name="codes", timeout_s=timeout_s, breaker=breaker)
        self._utc_ms = utc_ms

    async def send(self, phone: str, code: str, request: str) -> None:
        """See `CodeSender`."""
        try:
            await self._service.tell(_Message(request=request, utc_ms=self._utc_ms(), phone=phone, code=code))
        except Outage:
            raise UserError(
                "code-not-sent",
                "验证码未能发出，请稍后再试，或联系书记员",
                "the code could not be sent: try again in a while, or ask the clerk",
            ) from None
