"""One creditor's socket as the meeting sees it: whole text frames, written at once.

A receipt is written from within the sequencer's group, for hundreds of sockets in a row; a coroutine for each would
cost more than the ballot. Each frame is one write: nothing else (pongs, close frames) can come between.
"""

from __future__ import annotations

import asyncio

from signaling.socket.frames import frame

MOST_UNSENT_BYTES = 256 * 1024
"""Bound of what waits in a socket's buffer: whoever does not read is hung up on, and comes back for the newest."""
IDLE_UNSENT_BYTES = 16 * 1024
"""Broadcasts pass over a socket that has so much to read: only the newest of them matters."""


class Wire:
    """Sends to one page."""

    __slots__ = ("_transport", "person", "read")

    def __init__(self, person: str, transport: asyncio.Transport, read: tuple[str, ...] = ()) -> None:
        self.person = person
        self.read = read
        """Documents that the person has opened."""
        self._transport = transport

    def send(self, payload: bytes) -> None:
        """A text frame. Hangs up on a page that does not read."""
        transport = self._transport
        if transport.is_closing():
            return
        transport.write(frame(payload))
        if transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            transport.abort()

    def offer(self, payload: bytes) -> bool:
        """`send`, unless the page still has to read what came before; whether it was sent."""
        if self._transport.get_write_buffer_size() > IDLE_UNSENT_BYTES:
            return False
        self.send(payload)
        return True

    def hang_up(self) -> None:
        """Close the connection. Idempotent."""
        self._transport.close()
