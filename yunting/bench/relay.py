"""`yunting bench relay`: CPU per forwarded packet of a data plane, with real SRTP in and out over loopback UDP.

The server runs in a process of its own and reports its own user+system CPU time. Publishers and subscribers live
in another process; subscribers authenticate and decrypt every 16th packet, which carries the time it was sent.
`floor_us` is measured in the server process afterwards: sealing and sending the same packets, nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import platform
import random
import selectors
import socket
import struct
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

import msgspec
from cryptography.exceptions import InvalidTag

from media_server.dataplane import make_data_plane
from media_server.dataplane.ports import Address, PeerId, Received, Route, SrtpKeys, SrtpProfile
from media_server.dataplane.srtp import Direction, Window, directions
from media_server.dataplane.wire import Sender, open_socket

_HOST = "127.0.0.1"
_FIRST_SUBSCRIBER = 1000
_PAYLOAD_TYPE = 96
_SAMPLE_EVERY = 16
_SLOT_S = 0.005
_SLOT_PACKETS = 4
_FRAMES_PER_S = 30
_HEADER = struct.Struct("!BBHII")
_SENT = struct.Struct("!q")
_VP8_INTER_FRAME = b"\x10\x01"
"""Payload descriptor with S=1 and a frame header with the inter-frame bit: no keyframe, as most packets."""


class RelayOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What to run. `pps` is per publisher; `size` is the whole RTP packet in bytes before encryption."""

    publishers: int = 1
    subscribers: int = 10
    pps: int = 500
    size: int = 1100
    pacing: str = "browser"
    """browser: 4 packets every 5 ms; burst: a whole frame at once, 30 frames a second."""
    seconds: float = 8.0
    dataplane: str = "plain"
    srtp_profile: str = "AEAD_AES_128_GCM"


class RelayResult(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of `yunting bench relay --json`."""

    cpu_us_per_packet: float
    forwarded: int
    lost: int
    """Packets the subscribers should have got and did not."""
    auth_failures: int
    """Of the sample that was decrypted; anything but 0 is a fault."""
    added_latency_ms_p50: float
    added_latency_ms_p99: float
    dataplane: str
    srtp_profile: str
    floor_us: float
    cpus: int
    python: str
    seconds: float
    """Length of the measured window."""
    parameters: RelayOptions


class _Measured(msgspec.Struct, frozen=True):
    cpu_us: float
    forwarded: int
    wall_s: float


def run(options: RelayOptions) -> RelayResult:
    """Run the benchmark once. Raises ValueError for options that make no sense."""
    if min(options.publishers, options.subscribers, options.pps) < 1 or not 64 <= options.size <= 1400:
        raise ValueError("publishers, subscribers and pps must be positive, size 64 to 1400 bytes")
    if options.pacing not in ("browser", "burst"):
        raise ValueError(f"pacing is browser or burst, not {options.pacing!r}")
    SrtpProfile(options.srtp_profile)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs, options), daemon=True)
    server.start()
    theirs.close()
    try:
        clients = _Clients(options)
        ours.send(clients.addresses)
        clients.server = ours.recv()
        clients.play(1.0)
        clients.settle()
        ours.send("begin")
        ours.recv()
        clients.begin()
        clients.play(options.seconds)
        clients.settle()
        ours.send("end")
        measured: _Measured = ours.recv()
        floor_us: float = ours.recv()
    finally:
        ours.close()
        server.join(5)
        if server.is_alive():
            server.terminate()
    latencies = sorted(clients.latencies_ms) or [float("nan")]
    return RelayResult(
        cpu_us_per_packet=round(measured.cpu_us / max(1, measured.forwarded), 2),
        forwarded=measured.forwarded,
        lost=clients.sent * options.subscribers - clients.received,
        auth_failures=clients.auth_failures,
        added_latency_ms_p50=round(latencies[len(latencies) // 2], 3),
        added_latency_ms_p99=round(latencies[int(len(latencies) * 0.99)], 3),
        dataplane=options.dataplane,
        srtp_profile=options.srtp_profile,
        floor_us=round(floor_us, 2),
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
        seconds=round(measured.wall_s, 2),
        parameters=options,
    )


def _keys(peer: int, profile: str, *, ours: bool) -> SrtpKeys:
    """Keys that both processes derive from the peer's number; `ours`: as the server sees them."""
    chosen = SrtpProfile(profile)
    salt = 12 if chosen is SrtpProfile.AEAD_AES_128_GCM else 14
    source = random.Random(peer)
    up, down = (source.randbytes(16), source.randbytes(salt)), (source.randbytes(16), source.randbytes(salt))
    rx, tx = (up, down) if ours else (down, up)
    return SrtpKeys(chosen, rx[0], rx[1], tx[0], tx[1])


class _Clients:
    """Publishers that send paced SRTP and subscribers that count and sample, in one thread and one selector."""

    def __init__(self, options: RelayOptions) -> None:
        self.options = options
        self.server: Address = (_HOST, 0)
        self.sent = self.received = self.auth_failures = 0
        self.latencies_ms: list[float] = []
        self._selector = selectors.DefaultSelector()
        self._publishers = [open_socket(_HOST, 0) for _ in range(options.publishers)]
        self._senders = [
            directions(_keys(number, options.srtp_profile, ours=False))[1] for number in range(options.publishers)
        ]
        self._subscribers = [open_socket(_HOST, 0) for _ in range(options.subscribers)]
        for number, sock in enumerate(self._subscribers):
            inbound = directions(_keys(_FIRST_SUBSCRIBER + number, options.srtp_profile, ours=False))[0]
            windows: dict[int, Window] = {}
            self._selector.register(sock, selectors.EVENT_READ, (inbound, windows))
        self._sequence = 0
        self._filler = random.Random(0).randbytes(options.size)
        self.addresses = (
            [sock.getsockname() for sock in self._publishers],
            [sock.getsockname() for sock in self._subscribers],
        )

    def begin(self) -> None:
        """Count from now on."""
        self.sent = self.received = 0
        self.latencies_ms.clear()

    def play(self, seconds: float) -> None:
        """Send at the asked rate for so long and receive meanwhile."""
        browser = self.options.pacing == "browser"
        per_slot = _SLOT_PACKETS if browser else max(1, round(self.options.pps / _FRAMES_PER_S))
        slot_s = max(per_slot / self.options.pps, _SLOT_S if browser else 0.0)
        if browser and per_slot / self.options.pps < _SLOT_S:
            per_slot = max(1, round(self.options.pps * _SLOT_S))
        start = time.monotonic()
        for slot in range(round(seconds / slot_s)):
            for number in range(self.options.publishers):
                # Publishers are spread over the slot, as independent browsers are.
                self._receive_until(start + (slot + number / self.options.publishers) * slot_s)
                self._send(number, per_slot)
            self._sequence += per_slot

    def settle(self) -> None:
        """Take what is still under way."""
        self._receive_until(time.monotonic() + 0.3)

    def _send(self, number: int, count: int) -> None:
        seal, salt = self._senders[number].seal, self._senders[number].salt
        ssrc = number + 1
        for index in range(self._sequence, self._sequence + count):
            header = _HEADER.pack(0x80, _PAYLOAD_TYPE, index & 0xFFFF, index * 3000 & 0xFFFFFFFF, ssrc)
            sent = _SENT.pack(time.monotonic_ns())
            payload = _VP8_INTER_FRAME + sent + self._filler[: self.options.size - 12 - 10]
            sealed = seal((salt ^ (ssrc << 48) ^ index).to_bytes(12, "big"), payload, header)
            self._publishers[number].sendto(header + sealed, self.server)
        self.sent += count

    def _receive_until(self, deadline: float) -> None:
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        self._received(sock.recv(2048), *key.data)

    def _received(self, packet: bytes, inbound: Direction, windows: dict[int, Window]) -> None:
        self.received += 1
        if packet[3] % _SAMPLE_EVERY:
            return
        now_ns = time.monotonic_ns()
        _, _, sequence, _, ssrc = _HEADER.unpack_from(packet)
        window = windows.setdefault(ssrc, Window())
        index = window.index_of(sequence)
        nonce = (inbound.salt ^ (ssrc << 48) ^ index).to_bytes(12, "big")
        try:
            payload = inbound.open(nonce, packet[12:], packet[:12])
        except InvalidTag:
            self.auth_failures += 1
            return
        window.accept(index)
        self.latencies_ms.append((now_ns - _SENT.unpack_from(payload, len(_VP8_INTER_FRAME))[0]) / 1e6)


class _Upcalls:
    """A control plane that does nothing, as the data plane is what is measured."""

    def on_stun(self, data: bytes, source: tuple[str, int]) -> None:
        """Nothing."""

    def on_dtls(self, peer: PeerId, data: bytes) -> None:
        """Nothing."""

    def on_rtcp(self, peer: PeerId, data: bytes) -> None:
        """Nothing."""

    def on_received(self, batch: Sequence[Received]) -> None:
        """Nothing."""


def _serve(pipe: Connection, options: RelayOptions) -> None:
    asyncio.run(_server(pipe, options))


async def _server(pipe: Connection, options: RelayOptions) -> None:
    loop = asyncio.get_running_loop()
    publishers, subscribers = await loop.run_in_executor(None, pipe.recv)
    plane = make_data_plane(options.dataplane)
    address = await plane.start(_HOST, 0, _Upcalls())
    numbered = [*enumerate(publishers), *enumerate(subscribers, _FIRST_SUBSCRIBER)]
    for number, source in numbered:
        peer = PeerId(number)
        plane.add_peer(peer)
        plane.bind_address(peer, source)
        plane.send_to_address(peer, source)
        plane.set_keys(peer, _keys(number, options.srtp_profile, ours=True))
    routes = [
        plane.add_route(_route(publisher, subscriber))
        for publisher in range(len(publishers))
        for subscriber in range(len(subscribers))
    ]
    pipe.send(address)

    await loop.run_in_executor(None, pipe.recv)
    before, cpu_s, wall_s = plane.stats().forwarded, time.process_time(), time.monotonic()
    pipe.send("begun")
    await loop.run_in_executor(None, pipe.recv)
    cpu_us = (time.process_time() - cpu_s) * 1e6
    pipe.send(_Measured(cpu_us, plane.stats().forwarded - before, time.monotonic() - wall_s))
    for route in routes:
        plane.remove_route(route)
    await plane.close()
    pipe.send(_floor_us(options))


def _route(publisher: int, subscriber: int) -> Route:
    return Route(
        in_peer=PeerId(publisher),
        in_ssrc=publisher + 1,
        out_peer=PeerId(_FIRST_SUBSCRIBER + subscriber),
        out_ssrc=publisher + 1,
        clock_rate_hz=90_000,
        payload_types={_PAYLOAD_TYPE: _PAYLOAD_TYPE},
        codec="vp8",
    )


def _floor_us(options: RelayOptions) -> float:
    """Seal and send alone, grouped as the pacing groups them, to sockets that nobody reads."""
    group = _SLOT_PACKETS if options.pacing == "browser" else max(1, round(options.pps / _FRAMES_PER_S))
    sinks = [open_socket(_HOST, 0) for _ in range(options.subscribers)]
    outbound = [
        directions(_keys(_FIRST_SUBSCRIBER + number, options.srtp_profile, ours=True))[1]
        for number in range(options.subscribers)
    ]
    payload = bytes(options.size - 12)
    with open_socket(_HOST, 0) as sock:
        sender = Sender(sock)
        rounds = max(1, 20_000 // (group * options.subscribers))
        cpu_s = time.process_time()
        for index in range(rounds):
            for sink, direction in zip(sinks, outbound, strict=True):
                queue: list[bytes] = []
                for position in range(group):
                    number = index * group + position
                    header = _HEADER.pack(0x80, _PAYLOAD_TYPE, number & 0xFFFF, number, 1)
                    queue += (header, direction.seal(number.to_bytes(12, "big"), payload, header))
                sender.send_pairs(queue, sink.getsockname())
        cpu_us = (time.process_time() - cpu_s) * 1e6
    for sink in sinks:
        sink.close()
    return cpu_us / (rounds * group * options.subscribers)
