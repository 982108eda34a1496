"""The media socket: opening it with large buffers, addresses as keys, and sending runs of packets with GSO."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Sequence
from typing import Any

from media_server.dataplane.ports import Address

RawAddress = tuple[Any, ...]
"""What recvfrom gives and sendmsg takes: (host, port) or (host, port, flow, scope)."""

MAX_DATAGRAM_BYTES = 2048
BUFFER_BYTES = 8 * 1024 * 1024

_UDP_SEGMENT = 103
_SO_SNDBUFFORCE = 32
_SO_RCVBUFFORCE = 33
_MAX_SEGMENTS = 48
_MAX_SEGMENT_BYTES = 1400
"""Above a path's MTU the kernel refuses a segmented send, so that long packets go alone."""
_MAX_RUN_BYTES = 60_000
_NO_GSO = frozenset({errno.EINVAL, errno.EIO, errno.ENOPROTOOPT, errno.EOPNOTSUPP})
_MAPPED = "::ffff:"


def open_socket(host: str, port: int) -> socket.socket:
    """A bound, non-blocking UDP socket with large buffers; "::" takes IPv4 too. OSError if it cannot be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        for forced, plain in ((_SO_RCVBUFFORCE, socket.SO_RCVBUF), (_SO_SNDBUFFORCE, socket.SO_SNDBUF)):
            try:
                sock.setsockopt(socket.SOL_SOCKET, forced, BUFFER_BYTES)
            except PermissionError:
                sock.setsockopt(socket.SOL_SOCKET, plain, BUFFER_BYTES)
        sock.bind((host, port))
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def shown(raw: RawAddress) -> Address:
    """A raw address as the ports write it: IPv4 unmapped, no scope."""
    host: str = raw[0]
    return (host[7:] if host.startswith(_MAPPED) else host.partition("%")[0]), raw[1]


class Sender:
    """Sends through one socket. A full socket drops and counts; nothing here raises for the network's reasons."""

    __slots__ = ("_ancillary", "_ipv6", "_sock", "blocked", "gso")

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._ipv6 = sock.family == socket.AF_INET6
        self._ancillary: dict[int, list[tuple[int, int, bytes]]] = {}
        self.gso = True
        """Whether UDP_SEGMENT is used; goes off for good when the kernel or device refuses it."""
        self.blocked = 0
        """Packets the socket did not take."""

    def raw(self, address: Address) -> RawAddress:
        """The socket's form of a shown address."""
        if not self._ipv6:
            return address
        host, port = address
        return (host if ":" in host else _MAPPED + host, port, 0, 0)

    def send(self, data: bytes, target: RawAddress) -> None:
        """One datagram."""
        try:
            self._sock.sendto(data, target)
        except OSError:
            self.blocked += 1

    def send_pairs(self, pairs: Sequence[bytes], target: RawAddress) -> None:
        """Packets given as header, rest, header, rest… in order; runs of one size go in one system call."""
        count, start = len(pairs), 0
        while start < count:
            size = total = len(pairs[start]) + len(pairs[start + 1])
            end = start + 2
            if self.gso and size <= _MAX_SEGMENT_BYTES:
                limit = min(count, start + 2 * _MAX_SEGMENTS)
                while end < limit:
                    next_size = len(pairs[end]) + len(pairs[end + 1])
                    if next_size > size or total + next_size > _MAX_RUN_BYTES:
                        break
                    total += next_size
                    end += 2
                    if next_size < size:
                        break
            if end - start == 2:
                self.send(pairs[start] + pairs[start + 1], target)
            else:
                self._send_run(pairs[start:end], size, target)
            start = end

    def _send_run(self, pairs: Sequence[bytes], size: int, target: RawAddress) -> None:
        ancillary = self._ancillary.get(size)
        if ancillary is None:
            ancillary = self._ancillary[size] = [(socket.IPPROTO_UDP, _UDP_SEGMENT, struct.pack("H", size))]
        try:
            self._sock.sendmsg(pairs, ancillary, 0, target)
        except OSError as error:
            if error.errno in _NO_GSO:
                self.gso = False
                self.send_pairs(pairs, target)
            else:
                self.blocked += len(pairs) // 2
