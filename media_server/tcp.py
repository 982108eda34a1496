"""ICE over TCP (RFC 6544, framed as RFC 4571): for networks that let no UDP through.

Every connection gets a UDP socket of its own towards the media port, so that the data plane meets an ordinary address
and nothing below this file knows of TCP. Media over TCP is the second best way: what a slow connection does not take
is dropped here, as a full socket would, instead of coming late.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections import Counter
from dataclasses import dataclass
from typing import cast

import structlog

from hearing.tasks import TaskSet
from media_server.dataplane.ports import Address

_log = structlog.get_logger(__name__)

MAX_FRAME_BYTES = 1500
"""What a path carries: a longer frame is no media packet of a browser."""
MAX_BUFFERED_BYTES = 256 * 1024
"""Waiting to be written to one connection; what comes then is dropped."""
MAX_EARLY_BYTES = 256 * 1024
"""Of one connection, before it has a UDP socket: more than the loop reads at once is no beginning of a client."""
_LENGTH_BYTES = 2
_CHECK_PASSED = b"\x01\x01"
"""How a Binding success response begins (RFC 8489 5). Only to an authentic check does the media port answer so, and
nothing else that it sends begins like this (RFC 7983)."""
_ANYWHERE = {"::", "0.0.0.0"}


@dataclass(frozen=True, slots=True)
class TcpLimits:
    """What strangers may hold."""

    connections: int = 300
    per_host: int = 40
    """A courthouse or a phone carrier stands behind one address."""
    first_check_s: float = 5.0
    """A connection none of whose STUN checks was found authentic by then is closed, whatever else it sent."""
    idle_s: float = 60.0
    """Without an authentic check for so long it is closed: an ICE agent checks every few seconds (RFC 7675)."""


@dataclass(slots=True)
class TcpCounters:
    """Since the start."""

    accepted: int = 0
    refused: int = 0
    dropped: int = 0
    """Packets that a slow connection did not take."""


class Frames:
    """Cuts a byte stream into frames: a length of two bytes, then the packet. Holds at most one unfinished frame."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole now, empty ones left out. ValueError for one that is too long."""
        data = self._rest + data
        frames, at = [], 0
        while len(data) - at >= _LENGTH_BYTES:
            length = int.from_bytes(data[at : at + _LENGTH_BYTES], "big")
            if length > MAX_FRAME_BYTES:
                raise ValueError(f"a frame of {length} bytes")
            end = at + _LENGTH_BYTES + length
            if end > len(data):
                break
            if length:
                frames.append(data[at + _LENGTH_BYTES : end])
            at = end
        self._rest = data[at:]
        return frames


def neighbourhood(host: str) -> str:
    """What counts as one host: an IPv4 address, or the /64 of an IPv6 one, which a stranger has as a whole."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False))


def framed(packet: bytes) -> bytes:
    """A packet as it goes into the stream."""
    return len(packet).to_bytes(_LENGTH_BYTES, "big") + packet


class TcpDoor:
    """Listens on one port and relays each connection to the media port."""

    def __init__(self, limits: TcpLimits | None = None) -> None:
        self.limits = limits or TcpLimits()
        self.counters = TcpCounters()
        self.tasks = TaskSet()
        self.target: Address = ("127.0.0.1", 0)
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._hosts: Counter[str] = Counter()

    async def start(self, host: str, port: int, media: Address) -> Address:
        """Listen ("::" takes IPv4 too; port 0 = any); `media` is the data plane's bound address. OSError if taken."""
        self.target = ("127.0.0.1" if media[0] in _ANYWHERE else media[0], media[1])
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, dualstack_ipv6=host == "::", backlog=256)
        self._server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), sock=listening)
        bound: Address = listening.getsockname()[:2]
        return bound

    async def close(self) -> None:
        """Close the port and every connection. Idempotent."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.abort()
        await self.tasks.close()

    def admit(self, connection: _Connection) -> bool:
        """Whether there is room for it; True counts it until `release`."""
        host = connection.host
        if len(self._connections) >= self.limits.connections or self._hosts[host] >= self.limits.per_host:
            self.counters.refused += 1
            return False
        self.counters.accepted += 1
        self._connections.add(connection)
        self._hosts[host] += 1
        return True

    def release(self, connection: _Connection) -> None:
        """It has ended. Idempotent."""
        if connection in self._connections:
            self._connections.discard(connection)
            self._hosts[connection.host] -= 1
            if not self._hosts[connection.host]:
                del self._hosts[connection.host]


class _Connection(asyncio.Protocol):
    """One client's TCP connection with its UDP socket."""

    def __init__(self, door: TcpDoor) -> None:
        self.host = ""
        self._door = door
        self._frames = Frames()
        self._early = b""
        """What came before the UDP socket was there: uvloop pauses only after it has read once."""
        self._begun = False
        self._tcp: asyncio.Transport | None = None
        self._udp: asyncio.DatagramTransport | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._checked_s: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods of asyncio's and none of its classes.
        tcp = self._tcp = cast(asyncio.Transport, transport)
        self.host = neighbourhood(str((tcp.get_extra_info("peername") or ("",))[0]))
        if not self._door.admit(self):
            tcp.abort()
            return
        # Nothing more is read than the loop has begun to before there is a place to send it to.
        tcp.pause_reading()
        self._wait(self._door.limits.first_check_s)
        self._door.tasks.spawn(self._open(), "open a UDP socket for a TCP client")

    def data_received(self, data: bytes) -> None:
        if self._udp is None:
            self._early += data
            if len(self._early) > MAX_EARLY_BYTES:
                self.abort()
            return
        try:
            frames = self._frames.feed(data)
        except ValueError as fault:
            _log.info("ICE-TCP client sent what is no frame", fault=str(fault))
            self.abort()
            return
        for frame in frames:
            if not self._begun and frame[0] > 3:
                # Only an ICE agent gets in, and it begins with a check (RFC 7983).
                self.abort()
                return
            self._begun = True
            self._udp.sendto(frame)

    def packet(self, data: bytes) -> None:
        """From the media port to the client."""
        if self._tcp is None or self._tcp.is_closing():
            return
        if data.startswith(_CHECK_PASSED):
            self._checked_s = asyncio.get_running_loop().time()
        if self._tcp.get_write_buffer_size() > MAX_BUFFERED_BYTES:
            self._door.counters.dropped += 1
            return
        self._tcp.write(framed(data))

    def connection_lost(self, _exc: Exception | None) -> None:
        self._end()

    def abort(self) -> None:
        """Close at once. Idempotent."""
        if self._tcp is not None:
            self._tcp.abort()
        self._end()

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            udp, _ = await loop.create_datagram_endpoint(lambda: _Inner(self), remote_addr=self._door.target)
        except OSError as fault:
            _log.warning("no UDP socket for an ICE-TCP client", fault=str(fault))
            self.abort()
            return
        if self._tcp is None or self._tcp.is_closing():
            udp.close()
            return
        self._udp = udp
        self._tcp.resume_reading()
        early, self._early = self._early, b""
        if early:
            self.data_received(early)

    def _wait(self, seconds: float) -> None:
        self._limit = asyncio.get_running_loop().call_later(seconds, self._check)

    def _check(self) -> None:
        now_s = asyncio.get_running_loop().time()
        left_s = 0.0 if self._checked_s is None else self._checked_s + self._door.limits.idle_s - now_s
        if left_s <= 0:
            self.abort()
        else:
            self._wait(left_s)

    def _end(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
        if self._udp is not None:
            self._udp.close()
            self._udp = None
        self._door.release(self)


class _Inner(asyncio.DatagramProtocol):
    """The UDP side of a connection. Errors are those of a media port that closes: the client finds out by itself."""

    def __init__(self, owner: _Connection) -> None:
        self._owner = owner

    def datagram_received(self, data: bytes, _source: tuple[str | object, int]) -> None:
        self._owner.packet(data)
