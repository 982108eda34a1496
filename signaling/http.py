"""What every route shares: bodies in, structs out, errors as JSON, headers, the sender's address."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
import structlog
from aiohttp import web

from hearing.errors import UserError
from signaling.errors import error_message
from signaling.limits import TooMany, address_prefix

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = structlog.get_logger("signaling")
_encoder = msgspec.json.Encoder()

BODY_TIMEOUT_S = 30.0

STATUS: dict[str, int] = {
    "too-slow": 408,
    "bad-login": 401,
    "not-signed-in": 401,
    "ticket-invalid": 401,
    "ticket-expired": 401,
    "ticket-used": 401,
    "credential-invalid": 401,
    "device-unknown": 401,
    "no-right": 403,
    "password-change-needed": 403,
    "not-public": 403,
    "not-your-seat": 403,
    "csrf": 403,
    "consent-needed": 403,
    "ticket-wrong-session": 403,
    "media-forbidden": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "unknown-session": 404,
    "unknown-participant": 404,
    "unknown-account": 404,
    "unknown-device": 404,
    "unknown-job": 404,
    "unknown-resource": 404,
    "code-unknown": 404,
    "number-wrong": 403,
    "revoked": 403,
    "not-publishing": 409,
    "move-not-allowed": 409,
    "account-exists": 409,
    "session-exists": 409,
    "session-over": 409,
    "not-open": 409,
    "not-over": 409,
    "parts-closed": 409,
    "record-closed": 403,
    "look-first": 403,
    "motion-opened": 409,
    "no-cram-down": 409,
    "entered-elsewhere": 409,
    "visitor-changed": 409,
    "notice-changed": 409,
    "not-ready": 409,
    "etag-mismatch": 412,
    "too-large": 413,
    "sdp-too-large": 413,
    "wrong-content-type": 415,
    "etag-needed": 428,
    "gate-first": 403,
    "not-verified": 403,
    "gate-refused": 403,
    "no-picture": 404,
    "no-sound": 404,
    "no-file": 404,
    "unknown-exhibit": 404,
    "exhibit-page": 404,
    "exhibit-kind": 415,
    "no-package": 404,
    "face-consent-needed": 409,
    "document-needed": 409,
    "guardian-needed": 409,
    "challenge-needed": 409,
    "code-needed": 409,
    "clerk-decides": 409,
    "gate-passed": 409,
    "no-camera": 409,
    "no-phone": 409,
    "not-here": 409,
    "challenge-unknown": 409,
    "picture-too-large": 413,
    "gate-locked": 429,
    "face-engine-busy": 503,
    "face-engine-unavailable": 503,
    "search-unavailable": 503,
    "code-not-sent": 503,
    "vault-locked": 503,
    "unknown-meeting": 404,
    "unknown-document": 404,
    "unknown-motion": 404,
    "no-notice": 404,
    "no-draw": 404,
    "no-pool": 409,
    "drawn": 409,
    "not-counted": 409,
    "not-announced": 409,
    "document-removed": 410,
    "document-kind": 415,
    "document-twice": 409,
    "too-many-documents": 409,
    "no-log": 404,
    "no-proof": 404,
    "already-voted": 409,
    "idem-taken": 409,
    "no-roll": 409,
    "motion-open": 409,
    "doors-closed": 409,
    "late": 410,
    "too-many-tries": 429,
    "too-many": 429,
    "busy": 503,
    "disk-full": 507,
    "record-unavailable": 503,
    "media-busy": 503,
    "media-full": 503,
    "internal": 500,
}
"""HTTP status by stable code; 400 for every other UserError."""

CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob: mediastream:",
        "connect-src 'self' {others}",
        "font-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,260}\Z")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), screen-wake-lock=(self), "
        "geolocation=(), payment=(), usb=()"
    ),
    "X-Frame-Options": "DENY",
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Body of every refused request."""

    error: str
    message: str
    message_en: str
    incident: str | None = None


def reply(value: Any, status: int = 200) -> web.Response:
    """A struct (or a list of them) as JSON."""
    return web.Response(body=_encoder.encode(value), status=status, content_type="application/json")


def problem_reply(problem: BaseException, where: str) -> web.Response:
    """The JSON answer for a refused request or a fault of ours."""
    error = error_message(None, problem, where)
    status = STATUS.get(error.code, 400)
    body = Problem(error=error.code, message=error.zh, message_en=error.en, incident=error.incident)
    response = reply(body, status)
    if status in {429, 503}:
        response.headers["Retry-After"] = str(problem.retry_after_s if isinstance(problem, TooMany) else 5)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def read_body(request: web.Request) -> bytes:
    """The whole body, at most aiohttp's `client_max_size`. Raises UserError `too-slow`: aiohttp itself would wait for
    ever for a body that does not come."""
    if request.content.is_eof():
        return await request.read()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await request.read()
    except TimeoutError:
        raise UserError("too-slow", "请求内容接收超时", "the body did not arrive in time") from None


async def body_of(request: web.Request, kind: type[T]) -> T:
    """The body as a struct; an empty body counts as `{}`. Raises UserError `bad-body` naming the field, and as
    `read_body`."""
    raw = await read_body(request)
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as problem:
        raise UserError("bad-body", f"请求内容有误：{problem}", f"bad body: {problem}") from None


def bearer_of(request: web.Request) -> str | None:
    """The token of `Authorization: Bearer`, or None."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


class Senders:
    """Where requests come from, behind proxies on the trusted list."""

    def __init__(self, trusted_proxies: tuple[str, ...]) -> None:
        self._trusted = frozenset(ipaddress.ip_address(text) for text in trusted_proxies)

    def prefix(self, request: web.Request) -> str:
        """The sender's address prefix: the last address in X-Forwarded-For that no trusted proxy wrote."""
        hops = [request.remote or ""]
        hops += [h.strip() for h in reversed(request.headers.get("X-Forwarded-For", "").split(",")) if h.strip()]
        return address_prefix(next((hop for hop in hops if not self._is_trusted(hop)), hops[-1]))

    def _is_trusted(self, hop: str) -> bool:
        try:
            return ipaddress.ip_address(hop) in self._trusted
        except ValueError:
            return False


@web.middleware
async def errors_to_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal as the same JSON; faults of ours get an incident id."""
    try:
        return await handler(request)
    except web.HTTPException as problem:
        if problem.status < 400:
            raise
        return problem_reply(_of_http(problem), "http")
    except (ConnectionResetError, TimeoutError) as problem:
        return problem_reply(UserError("cut-off", "连接中断", f"cut off: {type(problem).__name__}"), "http")
    except Exception as problem:
        return problem_reply(problem, f"{request.method} {_route_of(request)}")


@web.middleware
async def security_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Headers on every answer, also on refusals."""
    response = await handler(request)
    if not response.prepared:
        secure(request, response)
    return response


def secure(request: web.Request, response: web.StreamResponse) -> None:
    """The headers that every answer has; for a handler that sends its answer itself."""
    for name, value in _headers(request.host).items():
        response.headers.setdefault(name, value)
    if request.path.startswith(("/whip/", "/whep/")):
        # WHIP clients are web pages of anybody who holds a ticket (RFC 9725 4.2).
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"


@lru_cache(maxsize=64)
def _headers(host: str) -> dict[str, str]:
    return _HEADERS | {"Content-Security-Policy": _policy(host, ""), "Cache-Control": "no-store"}


def content_policy(request: web.Request, also_connects_to: str = "") -> str:
    """The Content-Security-Policy of a page, which may talk to one more origin if need be."""
    return _policy(request.host, also_connects_to)


def _policy(host: str, also_connects_to: str) -> str:
    # Older Safari does not count wss: of the same host as 'self'.
    socket = f"wss://{host}" if _HOST.match(host) else ""
    return CSP.format(others=f"{socket} {also_connects_to}".strip())


def _of_http(problem: web.HTTPException) -> UserError:
    match problem.status:
        case 404:
            return UserError("not-found", "没有这个页面", "there is nothing here")
        case 405:
            return UserError("method-not-allowed", "不支持的请求方式", "method not allowed here")
        case 413:
            return UserError("too-large", "请求内容过大", "the body is too large")
        case _:
            return UserError("bad-request", "请求有误", problem.reason)


def _route_of(request: web.Request) -> str:
    """The route's pattern: a path itself may hold an invitation code, which does not belong into a log."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "?"
