"""The listening TCP port: strangers may hold connections open only briefly, and only so many from one address.

aiohttp and asyncio bound requests, not sockets: by themselves they leave a silent connection open for an hour.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections import Counter
from dataclasses import dataclass
from typing import cast

import structlog
from aiohttp import web

from signaling.limits import address_prefix

_log = structlog.get_logger("signaling")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how many. Many phones share one carrier address, so `per_address` is wide."""

    handshake_s: float = 10.0
    """TLS handshake."""
    first_byte_s: float = 15.0
    """From the handshake to the first byte of a request."""
    request_s: float = 75.0
    """For a whole request head, and between two requests (`aiohttp`'s keep-alive): longer than a reverse proxy
    keeps its own idle connections."""
    per_address: int = 2_000
    """Connections open at once from one IPv4 address or IPv6 /64. Trusted proxies are not counted."""


class Doorman:
    """Counts open connections by address prefix."""

    def __init__(self, patience: Patience, trusted_proxies: tuple[str, ...] = ()) -> None:
        self.patience = patience
        self._trusted = frozenset(address_prefix(str(ipaddress.ip_address(text))) for text in trusted_proxies)
        self._open: Counter[str] = Counter()
        self._full: set[str] = set()

    def enter(self, prefix: str) -> bool:
        """Count one more connection; False, and nothing is counted, when there are too many."""
        if prefix not in self._trusted and self._open[prefix] >= self.patience.per_address:
            if prefix not in self._full:
                # Once, or whoever is refused could fill the log.
                self._full.add(prefix)
                _log.warning("too many connections from one address", open=self._open[prefix])
            return False
        self._open[prefix] += 1
        return True

    def leave(self, prefix: str) -> None:
        """One connection that had entered is gone."""
        self._open[prefix] -= 1
        self._full.discard(prefix)
        if self._open[prefix] <= 0:
            del self._open[prefix]


class _Doorway(asyncio.Protocol):
    """Between a transport and aiohttp's protocol: hands everything on once the doorman lets the connection in."""

    def __init__(self, doorman: Doorman, inner: asyncio.Protocol) -> None:
        self._doorman = doorman
        self._inner = inner
        self._prefix: str | None = None
        self._silence: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        prefix = address_prefix(str(peer[0])) if isinstance(peer, tuple) else "unknown"
        stream = cast(asyncio.Transport, transport)
        if not self._doorman.enter(prefix):
            stream.abort()
            return
        self._prefix = prefix
        self._silence = asyncio.get_running_loop().call_later(self._doorman.patience.first_byte_s, stream.abort)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._prefix is None:
            return
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._prefix is not None else None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._prefix is None:
            return
        if self._silence is not None:
            self._silence.cancel()
        self._doorman.leave(self._prefix)
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()


class GuardedSite(web.BaseSite):
    """`web.SockSite` with a doorman. Give its `web.AppRunner` `keepalive_timeout=patience.request_s`."""

    __slots__ = ("_doorman", "_sock")

    def __init__(
        self,
        runner: web.AppRunner,
        sock: socket.socket,
        doorman: Doorman,
        *,
        ssl_context: ssl.SSLContext | None = None,
        backlog: int = 1024,
    ) -> None:
        super().__init__(runner, ssl_context=ssl_context, backlog=backlog)
        self._sock = sock
        self._doorman = doorman

    @property
    def name(self) -> str:
        """Where it listens, for logs."""
        host, port = self._sock.getsockname()[:2]
        return f"{'https' if self._ssl_context else 'http'}://{host}:{port}"

    async def start(self) -> None:
        """Listen."""
        await super().start()
        server = self._runner.server
        assert server is not None
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Doorway(self._doorman, server()),
            sock=self._sock,
            ssl=self._ssl_context,
            backlog=self._backlog,
            ssl_handshake_timeout=self._doorman.patience.handshake_s if self._ssl_context else None,
        )
