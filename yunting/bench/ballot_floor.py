"""What a ballot costs before anybody looks at it: a server that answers each frame at once with as many bytes as a
receipt has, and neither reads, decides nor keeps anything.

A process of its own (`python -m yunting.bench.ballot_floor BYTES`); its first line names its port. With the same load
it costs what the system's TCP and the event loop cost on this machine, the receiving side of loopback included.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

from signaling.socket.frames import frame
from yunting.bench.ballot_phone import ENTERED, RECEIPT

_HANDSHAKE = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


class _Connection(asyncio.Protocol):
    """Takes it that each read is one message of the load, which never sends two at once."""

    def __init__(self, receipt: bytes) -> None:
        self._answers = [_HANDSHAKE, frame(ENTERED + b"}")]
        self._receipt = receipt

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        self._transport.write(self._answers.pop(0) if self._answers else self._receipt)


async def _main(answer_bytes: int) -> None:
    receipt = frame(RECEIPT.ljust(answer_bytes, b" "))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(receipt), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_main(int(sys.argv[1])))
