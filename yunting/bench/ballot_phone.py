"""A creditor's phone of `yunting bench ballots`: as little of a WebSocket or HTTP client as costs little CPU.

The bench shares two cores with the server that it measures. A client library would take as much as the server; this
one masks (RFC 6455 5.3), reads whole frames and compares the first bytes of what comes with what it waits for.
"""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Callable
from typing import cast

ENTERED = b'{"type":"entered"'
RECEIPT = b'{"type":"receipt"'
NOT_CAST = b'{"type":"not_cast"'
FAREWELL = b'{"type":"farewell"'

Answered = Callable[[bool, bytes], None]
"""(accepted, the answer's text)."""


def text_frame(payload: bytes) -> bytes:
    """A masked text frame of at most 65,535 bytes."""
    mask = os.urandom(4)
    size = len(payload)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + struct.pack(">H", size)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


class SocketPhone(asyncio.Protocol):
    """One WebSocket. `entered` is done when the meeting has let it in; then one `cast` at a time."""

    def __init__(self, path: str, enter: bytes) -> None:
        self._path = path
        self._enter = enter
        self._buffer = bytearray()
        self._upgraded = False
        self._answered: Answered | None = None
        self._transport: asyncio.Transport | None = None
        self.entered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self._buffer.startswith(b"HTTP/1.1 101"):
                self._fail(bytes(self._buffer[:end]))
                return
            del self._buffer[: end + 4]
            self._upgraded = True
            self._write(text_frame(self._enter))
        while (frame := self._next_frame()) is not None:
            self._take(frame)

    def connection_lost(self, problem: Exception | None) -> None:
        self._fail(str(problem or "closed").encode())

    def cast(self, frame: bytes, answered: Answered) -> None:
        """Send a ballot (a whole frame); `answered` is called once."""
        self._answered = answered
        if self._transport is None or self._transport.is_closing():
            self._answer(False, b"the connection was lost before the ballot")
        else:
            self._transport.write(frame)

    def close(self) -> None:
        """Hang up. Idempotent."""
        if self._transport is not None:
            self._transport.abort()

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _next_frame(self) -> bytes | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, at = buffer[1] & 0x7F, 2
        if size == 126:
            size, at = int.from_bytes(buffer[2:4], "big"), 4
        elif size == 127:
            size, at = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < at + size:
            return None
        payload = bytes(buffer[at : at + size])
        del buffer[: at + size]
        return payload

    def _take(self, payload: bytes) -> None:
        if payload.startswith((RECEIPT, NOT_CAST)):
            self._answer(payload.startswith(RECEIPT), payload)
        elif payload.startswith(ENTERED):
            if not self.entered.done():
                self.entered.set_result(None)
        elif payload.startswith(FAREWELL):
            self._fail(payload)

    def _answer(self, accepted: bool, payload: bytes) -> None:
        answered, self._answered = self._answered, None
        if answered is not None:
            answered(accepted, payload)

    def _fail(self, why: bytes) -> None:
        if not self.entered.done():
            self.entered.set_exception(ConnectionError(why.decode("utf-8", "replace")))
        self._answer(False, why)


class HttpPhone(asyncio.Protocol):
    """One kept-alive HTTP connection; one request at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._answered: Answered | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        at = head.find(b"content-length:")
        size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < end + 4 + size:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + size])
        self._buffer.clear()
        self._answer(head.startswith((b"http/1.1 201", b"http/1.1 200")), body)

    def connection_lost(self, problem: Exception | None) -> None:
        self._answer(False, str(problem or "closed").encode())

    def cast(self, request: bytes, answered: Answered) -> None:
        """Send a whole request; `answered` is called once."""
        self._answered = answered
        if self._transport is None or self._transport.is_closing():
            self._answer(False, b"the connection was lost before the ballot")
        else:
            self._transport.write(request)

    def close(self) -> None:
        """Hang up. Idempotent."""
        if self._transport is not None:
            self._transport.abort()

    def _answer(self, accepted: bool, body: bytes) -> None:
        answered, self._answered = self._answered, None
        if answered is not None:
            answered(accepted, body)


def http_request(path: str, token: str, body: bytes) -> bytes:
    """A whole `POST` with a Bearer pass."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
