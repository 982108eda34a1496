"""A connection that was upgraded to WebSocket and whose messages are taken as they come, without a task for each.

For doors through which thousands of small messages come in a second. aiohttp's connection stays as it is (limits,
TLS, shutdown); only what parses its bytes is ours.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from aiohttp import web

from signaling.socket.frames import BINARY, CLOSE, PING, PONG, TEXT, BadFrame, FrameReader, frame

_KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_NORMAL, _NO_BINARY = 1000, 1003
GOODBYE_S = 3.0
"""How long a page that is sent away may take to answer the close frame."""

MOST_UNSENT_BYTES = 64 * 1024
"""Bound of the buffer: whoever pings and does not read the answers is hung up on."""

Slow: TypeAlias = Callable[[], Awaitable[None]]
Take: TypeAlias = Callable[[bytes], Slow | None]


class Upgraded:
    """Made by `upgrade`. What comes while nobody takes it waits, and the connection is not read meanwhile."""

    __slots__ = ("_early", "_gone", "_paused", "_reader", "_take", "_wanted", "response", "transport")

    def __init__(self, transport: asyncio.Transport, response: web.StreamResponse, most_bytes: int) -> None:
        self.transport = transport
        self.response = response
        """What the handler returns when all is over."""
        self._reader = FrameReader(most_bytes)
        self._early: deque[bytes] = deque()
        """Messages that wait: at most what one read of the socket brought."""
        self._take: Take | None = None
        """None: nobody takes a message now."""
        self._wanted: asyncio.Future[Slow | None] | None = None
        self._paused = False
        self._gone = False

    async def first(self) -> bytes:
        """The first text message. Raises ConnectionResetError when the page goes without one."""
        if not self._early and not self._gone:
            self._wanted = asyncio.get_running_loop().create_future()
            await self._wanted
        if not self._early:
            raise ConnectionResetError
        return self._early.popleft()

    async def serve(self, take: Take) -> None:
        """Give every text message to `take`, from within the event that brought it, until the page is gone. What
        `take` returns is awaited before the next message."""
        loop = asyncio.get_running_loop()
        while True:
            slow = self._hand_out(take)
            if slow is None:
                if self._gone:
                    return
                self._wanted, self._take = loop.create_future(), take
                self._read_on()
                slow = await self._wanted
            if slow is not None:
                await slow()

    async def say_goodbye(self) -> None:
        """Close as the protocol asks for: after the page has answered, or soon."""
        self._close(_NORMAL)
        if not self._gone:
            self._take, self._wanted = None, asyncio.get_running_loop().create_future()
            self._read_on()
            await asyncio.wait((self._wanted,), timeout=GOODBYE_S)
        self.transport.close()

    # --- what aiohttp calls ----------------------------------------------------------------------------------

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Bytes of the page."""
        try:
            messages = self._reader.feed(data)
        except BadFrame as problem:
            self._close(problem.code)
            self.transport.close()
            return False, b""
        for opcode, payload in messages:
            if opcode == TEXT:
                take = self._take
                if take is None:
                    self._keep(payload)
                elif (slow := take(payload)) is not None:
                    self._wake(slow)
            elif opcode == PING:
                self._write(frame(payload, opcode=PONG))
            elif opcode == CLOSE:
                self._write(frame(payload[:2], opcode=CLOSE))
                self.transport.close()
                break
            elif opcode == BINARY:
                self._close(_NO_BINARY)
                self.transport.close()
                break
        return False, b""

    def feed_eof(self) -> None:
        """The connection is lost."""
        self._gone = True
        self._wake(None)

    # ---------------------------------------------------------------------------------------------------------

    def _hand_out(self, take: Take) -> Slow | None:
        while self._early:
            if (slow := take(self._early.popleft())) is not None:
                return slow
        return None

    def _keep(self, payload: bytes) -> None:
        self._early.append(payload)
        if not self._paused and not self.transport.is_closing():
            self._paused = True
            self.transport.pause_reading()
        self._wake(None)

    def _read_on(self) -> None:
        if self._paused and not self.transport.is_closing():
            self._paused = False
            self.transport.resume_reading()

    def _wake(self, slow: Slow | None) -> None:
        self._take = None
        wanted, self._wanted = self._wanted, None
        if wanted is not None and not wanted.done():
            wanted.set_result(slow)

    def _close(self, code: int) -> None:
        self._write(frame(code.to_bytes(2, "big"), opcode=CLOSE))

    def _write(self, data: bytes) -> None:
        transport = self.transport
        if transport.is_closing():
            return
        transport.write(data)
        if transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            transport.abort()


async def upgrade(request: web.Request, most_bytes: int) -> Upgraded:
    """Answer the handshake (RFC 6455 4.2); messages have at most `most_bytes`. Raises web.HTTPBadRequest for another
    request, ConnectionResetError when the page is gone."""
    response = web.StreamResponse(status=101, headers=_agreed(request))
    response.force_close()
    transport = request.transport
    if transport is None:
        raise ConnectionResetError
    upgraded = Upgraded(transport, response, most_bytes)
    await response.prepare(request)
    # Its type names aiohttp's own reader, of which it calls these two methods.
    request.protocol.set_parser(upgraded)  # type: ignore[arg-type]
    request.protocol.keep_alive(False)
    return upgraded


def _agreed(request: web.Request) -> dict[str, str]:
    headers = request.headers
    tokens = {token.strip().lower() for token in headers.get("Connection", "").split(",")}
    if headers.get("Upgrade", "").strip().lower() != "websocket" or "upgrade" not in tokens:
        raise web.HTTPBadRequest(text="this is a WebSocket's door")
    if headers.get("Sec-WebSocket-Version", "") != "13":
        raise web.HTTPBadRequest(text="version 13 of the WebSocket protocol is spoken here")
    key = headers.get("Sec-WebSocket-Key", "")
    try:
        known = len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        known = False
    if not known:
        raise web.HTTPBadRequest(text="the handshake's key is wrong")
    accept = base64.b64encode(hashlib.sha1(key.encode() + _KEY).digest()).decode()  # RFC 6455 asks for this hash
    return {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}
