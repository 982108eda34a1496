"""A UDP relay in user space between one client and one server, with a `Path` each way.

The server's candidate is replaced by ours in what the client reads, and the client's candidates are taken out of what
the server reads: both sides know only the relay.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable

from yunting.bench.impair.path import Impairment, Path

Address = tuple[str, int]
_BUFFER_BYTES = 4 << 20
_OPUS = 111
"""Payload type of audio in Chromium's offers and in Janus's."""
_CANDIDATE = re.compile(r"(?mi)^(a=candidate:\S+ 1 udp \d+) (\S+) (\d+) (typ host.*)$")


class UdpRelay:
    """Follows the client's newest address. `up` is towards the server."""

    def __init__(self, seed: int) -> None:
        self.up = Path(Impairment(), seed)
        self.down = Path(Impairment(), seed + 1)
        self._host = ""
        self._server: Address | None = None
        self._client: Address | None = None
        self._front: asyncio.DatagramTransport | None = None
        self._back: asyncio.DatagramTransport | None = None
        self._heard_s = -1.0
        self._longest_s = 0.0

    def audio_gap_s(self, now_s: float) -> float:
        """The longest time between two audio packets' arrivals at the client since the last call."""
        gap_s = max(self._longest_s, now_s - self._heard_s if self._heard_s >= 0 else 0.0)
        self._longest_s = 0.0
        return gap_s

    async def start(self, host: str) -> None:
        """Listen on two free ports of `host`."""
        self._host = host
        self._front = await _open(host, self._from_client)
        self._back = await _open(host, self._from_server)

    def impair(self, impairment: Impairment) -> None:
        """Do so both ways from now on."""
        self.up.impairment = self.down.impairment = impairment

    def for_client(self, sdp: str) -> str:
        """The server's SDP with our address in the place of its first UDP candidate, and no other."""
        assert self._front is not None
        port = self._front.get_extra_info("sockname")[1]
        kept: list[str] = []
        for line in sdp.splitlines():
            found = _CANDIDATE.match(line)
            if found and (self._server is None or self._server == (found[2], int(found[3]))):
                self._server = (found[2], int(found[3]))
                kept.append(f"{found[1]} {self._host} {port} {found[4]}")
            elif not line.startswith("a=candidate:"):
                kept.append(line)
        if self._server is None:
            raise ValueError("the server's SDP has no UDP host candidate")
        return "\r\n".join(kept) + "\r\n"

    def for_server(self, sdp: str) -> str:
        """The client's SDP without candidates."""
        kept = [line for line in sdp.splitlines() if not line.startswith("a=candidate:")]
        return "\r\n".join(kept) + "\r\n"

    def close(self) -> None:
        """Stop. Idempotent."""
        for transport in (self._front, self._back):
            if transport is not None:
                transport.close()

    def _from_client(self, data: bytes, client: Address) -> None:
        self._client = client
        if self._server is not None and self._back is not None:
            _pass(self.up, self._back, data, self._server)

    def _from_server(self, data: bytes, server: Address) -> None:
        if self._client is None or self._front is None:
            return
        arrival_s = _pass(self.down, self._front, data, self._client)
        if arrival_s is not None and len(data) > 12 and 128 <= data[0] < 192 and data[1] & 0x7F == _OPUS:
            if self._heard_s >= 0:
                self._longest_s = max(self._longest_s, arrival_s - self._heard_s)
            self._heard_s = arrival_s


def _pass(path: Path, transport: asyncio.DatagramTransport, data: bytes, target: Address) -> float | None:
    """When it arrives (the loop's clock), None if never."""
    loop = asyncio.get_running_loop()
    now_s = loop.time()
    arrival_s = path.arrival_s(now_s, len(data))
    if arrival_s is None:
        return None
    if arrival_s <= now_s:
        transport.sendto(data, target)
        return now_s

    def send() -> None:
        if not transport.is_closing():
            transport.sendto(data, target)

    loop.call_at(arrival_s, send)
    return arrival_s


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes, Address], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._take(data, addr)


async def _open(host: str, take: Callable[[bytes, Address], None]) -> asyncio.DatagramTransport:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Protocol(take), local_addr=(host, 0))
    made: socket.socket = transport.get_extra_info("socket")
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    return transport
