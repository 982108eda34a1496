"""WebSocket frames from a page (RFC 6455, section 5), out of whatever pieces TCP brings. Pure.

aiohttp's own reader puts each message into a queue and wakes a task for it, which costs more than the ballot that is
in it. This one gives what it finds to whoever fed it.
"""

from __future__ import annotations

from typing import TypeAlias

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_CONTINUATION = 0x0
_FIN, _RESERVED, _OPCODE = 0x80, 0x70, 0x0F
_MASKED = 0x80
_MOST_CONTROL_BYTES = 125

PROTOCOL_ERROR, TOO_BIG = 1002, 1009

Message: TypeAlias = tuple[int, bytes]
"""(TEXT, BINARY, CLOSE, PING or PONG; payload, unmasked). A fragmented message is one."""


class BadFrame(Exception):
    """The page breaks the protocol. `code` is for the close frame (section 7.4.1)."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


class FrameReader:
    """Of one connection. Holds at most a message of `most_bytes` and one unfinished frame."""

    __slots__ = ("_held", "_most_bytes", "_opcode", "_parts", "_parts_bytes")

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._held = b""
        self._opcode = _CONTINUATION
        """Of the message whose fragments are gathered; a continuation: none is."""
        self._parts: list[bytes] = []
        self._parts_bytes = 0

    def feed(self, data: bytes) -> list[Message]:
        """The messages that end in `data`, in order; what is unfinished is kept. Raises BadFrame: nothing that comes
        after has a meaning."""
        if self._held:
            data = self._held + data
            self._held = b""
        found: list[Message] = []
        at, end = 0, len(data)
        while end - at >= 2:
            first, size = data[at], data[at + 1] ^ _MASKED
            if size & _MASKED:
                raise BadFrame(PROTOCOL_ERROR, "a page's frames are masked")
            start = at + 6
            if size == 126:
                start = at + 8
                size = int.from_bytes(data[at + 2 : at + 4], "big") if end >= start else 0
            elif size == 127:
                start = at + 14
                size = int.from_bytes(data[at + 2 : at + 10], "big") if end >= start else 0
            if size > self._most_bytes:
                raise BadFrame(TOO_BIG, f"a frame of {size} bytes")
            stop = start + size
            if end < stop:
                break
            payload = _unmasked(data, start, stop)
            if first == _FIN | TEXT and self._opcode == _CONTINUATION:
                found.append((TEXT, payload))
            else:
                self._take(first, payload, found)
            at = stop
        self._held = data[at:]
        return found

    def _take(self, first: int, payload: bytes, found: list[Message]) -> None:
        opcode = first & _OPCODE
        if first & _RESERVED:
            raise BadFrame(PROTOCOL_ERROR, "no extension was agreed on")
        if opcode in {CLOSE, PING, PONG}:
            if not first & _FIN or len(payload) > _MOST_CONTROL_BYTES:
                raise BadFrame(PROTOCOL_ERROR, "a control frame is short and whole")
            found.append((opcode, payload))
            return
        if opcode not in {_CONTINUATION, TEXT, BINARY}:
            raise BadFrame(PROTOCOL_ERROR, f"no such opcode: {opcode}")
        if (opcode == _CONTINUATION) == (self._opcode == _CONTINUATION):
            raise BadFrame(PROTOCOL_ERROR, "a fragment out of its place")
        self._opcode = self._opcode or opcode
        self._parts_bytes += len(payload)
        if self._parts_bytes > self._most_bytes:
            raise BadFrame(TOO_BIG, f"a message of more than {self._most_bytes} bytes")
        if payload:
            # Empty fragments are allowed without end.
            self._parts.append(payload)
        if first & _FIN:
            found.append((self._opcode, b"".join(self._parts)))
            self._opcode, self._parts, self._parts_bytes = _CONTINUATION, [], 0


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A whole frame of the server, unmasked."""
    size = len(payload)
    if size < 126:
        return bytes((_FIN | opcode, size)) + payload
    if size < 1 << 16:
        return bytes((_FIN | opcode, 126, size >> 8, size & 0xFF)) + payload
    return bytes((_FIN | opcode, 127)) + size.to_bytes(8, "big") + payload


def _unmasked(data: bytes, start: int, stop: int) -> bytes:
    """Section 5.3; the mask stands directly before the payload."""
    size = stop - start
    mask = (data[start - 4 : start] * ((size + 3) // 4))[:size]
    return (int.from_bytes(data[start:stop], "little") ^ int.from_bytes(mask, "little")).to_bytes(size, "little")
