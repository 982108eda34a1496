"""Asks a service beside this one (registry, SMS, faces) over one signed HTTP request.

No answer in time, an answer that is none, or a refusal is an outage: asked once more under the same id, then the
caller is told. After several outages running the service is left alone for a while (`identity.breaker`). A service
that finds fault with this one request works: it is not asked again, and others are not kept from it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

import aiohttp
import msgspec
import structlog

from identity.breaker import Breaker
from identity.signed import SIGNATURE, checked_service, sign

TRIES = 2
_CHUNK_BYTES = 65_536
_DECLINED = frozenset({400, 422})
_RESTS = "it has failed several times and is left alone for a while"

_log = structlog.get_logger()


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent. `request` is the same when it is asked again, so that a service that charges can tell."""

    request: str
    utc_ms: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What comes back: `request` is the question's."""

    request: str


class Outage(Exception):
    """The service gave no answer that counts. The text is for the operator and has no personal data."""


class Declined(Outage):
    """The service is there and does not take this request: status 400 or 422 (RFC 9110 15.5)."""


A = TypeVar("A", bound=Answer)
T = TypeVar("T")


def monotonic_ms() -> int:
    """The breaker's clock: a wall clock set back would leave a service alone for as long."""
    return time.monotonic_ns() // 1_000_000


class ServiceClient:
    """Takes at most `TRIES` times the timeout, which includes waiting for a connection of `http`. The session is the
    caller's to close. What is asked is never logged.

    `name` begins the log's events. Not safe for several threads at once. ValueError: as
    `identity.signed.checked_service`.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        secret: str,
        *,
        name: str,
        timeout_s: float,
        breaker: Breaker | None = None,
        now_ms: Callable[[], int] = monotonic_ms,
    ) -> None:
        self._url, self._secret = checked_service(url, secret)
        self._http = http
        self._name = name
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._breaker = breaker or Breaker()
        self._now_ms = now_ms

    async def tell(self, message: Question) -> None:
        """Hand it over; any 2xx will do, and the body is not read. Raises Outage."""

        async def once(body: bytes) -> None:
            async with self._post(body) as answer:
                if not 200 <= answer.status < 300:
                    raise _refusal(answer.status)

        await self._tries(message, once)

    async def ask(self, question: Question, answer: type[A], read: Callable[[A], T], *, most_bytes: int) -> T:
        """What `read` makes of the answer: status 200, JSON of at most `most_bytes`, to this request. `read` raises
        Outage for one that does not count. Raises Outage."""

        async def once(body: bytes) -> T:
            async with self._post(body) as response:
                if response.status != 200:
                    raise _refusal(response.status)
                raw = bytearray()
                async for part in response.content.iter_chunked(_CHUNK_BYTES):
                    raw += part
                    if len(raw) > most_bytes:
                        raise Outage("too long an answer")
            try:
                told = msgspec.json.decode(raw, type=answer)
            except (msgspec.MsgspecError, RecursionError, UnicodeError):
                raise Outage("not an answer") from None
            if told.request != question.request:
                raise Outage("the answer to another request")
            return read(told)

        return await self._tries(question, once)

    async def _tries(self, question: Question, once: Callable[[bytes], Awaitable[T]]) -> T:
        body = msgspec.json.encode(question)
        why = _RESTS
        for attempt in range(TRIES):
            if not self._breaker.allows(self._now_ms()):
                break
            try:
                result = await once(body)
            except Declined as problem:
                self._breaker.succeeded()
                _log.warning(f"{self._name}.declined", request=question.request, problem=str(problem))
                raise
            except (Outage, aiohttp.ClientError, TimeoutError, OSError) as problem:
                self._breaker.failed(self._now_ms())
                # Exceptions of the client name addresses, never what was asked.
                why = str(problem) if isinstance(problem, Outage) else type(problem).__name__
                _log.warning(f"{self._name}.outage", request=question.request, attempt=attempt, problem=why)
                continue
            self._breaker.succeeded()
            return result
        raise Outage(why)

    def _post(self, body: bytes) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        headers = {"Content-Type": "application/json", SIGNATURE: sign(self._secret, body)}
        # A redirect would carry a number, a code or a face to somewhere nobody has chosen.
        return self._http.post(self._url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False)


def _refusal(status: int) -> Outage:
    return (Declined if status in _DECLINED else Outage)(f"status {status}")
