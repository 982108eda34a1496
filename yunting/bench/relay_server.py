"""The server process of `yunting bench relay`: one data plane and the least control plane that keeps it busy as a
hearing does."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

import msgspec

from media_server import packets
from media_server.dataplane import make_data_plane
from media_server.dataplane.ports import (
    Address,
    DataPlane,
    HopExtensions,
    PeerId,
    Received,
    Route,
    RouteId,
    SrtpKeys,
    SrtpProfile,
    TapPacket,
)
from media_server.packets import SenderInfo
from media_server.reports import Reception, ntp_from_us
from yunting.bench.cores import pinned
from yunting.bench.load.engine import floor_us

if TYPE_CHECKING:
    from yunting.bench.relay import RelayOptions

HOST = "127.0.0.1"
FIRST_SUBSCRIBER = 1000
PAYLOAD_TYPE = 96
TRANSPORT_CC_ID = 3
ABS_SEND_TIME_ID = 2

_CLOCK_RATE_HZ = 90_000
_OUR_SSRC = 0x59554E00
_TICK_S = 0.05
_REPORT_EVERY = 20


class Measured(msgspec.Struct, frozen=True):
    """CPU time of all threads of the process, and what happened meanwhile."""

    dataplane: str
    cpu_us: float
    forwarded: int
    tapped: int
    forwarder_us: float
    """Of `cpu_us`, the forwarding thread's; 0 where the event loop forwards."""
    wall_s: float


def keys_of(peer: int, profile: str, *, ours: bool) -> SrtpKeys:
    """Keys that both processes derive from the peer's number; `ours`: as the server sees them."""
    chosen = SrtpProfile(profile)
    salt = 12 if chosen is SrtpProfile.AEAD_AES_128_GCM else 14
    source = random.Random(peer)
    up, down = (source.randbytes(16), source.randbytes(salt)), (source.randbytes(16), source.randbytes(salt))
    rx, tx = (up, down) if ours else (down, up)
    return SrtpKeys(chosen, rx[0], rx[1], tx[0], tx[1])


def ssrc_of(peer: int) -> int:
    """A peer's own SSRC."""
    return peer + 1


def serve(pipe: Connection, options: RelayOptions) -> None:
    """Body of the process. Speaks through `pipe`: addresses in, ours out; begin, begun; end, `Measured`, floor."""
    with pinned("server"), contextlib.suppress(EOFError):  # the other side gave up
        asyncio.run(_serve(pipe, options))


async def _serve(pipe: Connection, options: RelayOptions) -> None:
    loop = asyncio.get_running_loop()
    clients: list[Address] = await loop.run_in_executor(None, pipe.recv)
    plane = make_data_plane(options.dataplane or None)
    control = _Control(plane, options)
    address = await plane.start(HOST, 0, control)
    control.connect(clients)
    ticking = loop.create_task(control.tick()) if options.extras else None
    pipe.send(address)

    await loop.run_in_executor(None, pipe.recv)
    before, tapped = plane.stats(), control.tapped
    cpu_s, wall_s = time.process_time(), time.monotonic()
    pipe.send("begun")
    await loop.run_in_executor(None, pipe.recv)
    cpu_us = (time.process_time() - cpu_s) * 1e6
    after = plane.stats()
    pipe.send(
        Measured(
            dataplane=plane.name,
            cpu_us=cpu_us,
            forwarded=after.forwarded - before.forwarded,
            tapped=control.tapped - tapped,
            forwarder_us=after.busy_us - before.busy_us,
            wall_s=time.monotonic() - wall_s,
        )
    )
    if ticking:
        ticking.cancel()
    await plane.close()
    pipe.send(_floor_us(options))


def _floor_us(options: RelayOptions) -> float:
    from yunting.bench.relay import group_of

    group = group_of(options.pacing, options.pps)
    return floor_us(SrtpProfile(options.srtp_profile), options.subscribers, group, options.size)


class _Control:
    """Upcalls and timers: reports and feedback as the media server's peers send and read them."""

    def __init__(self, plane: DataPlane, options: RelayOptions) -> None:
        self.tapped = 0
        self._plane = plane
        self._options = options
        self._routes: dict[PeerId, list[RouteId]] = {}
        self._receptions: dict[PeerId, Reception] = {}

    def connect(self, clients: Sequence[Address]) -> None:
        """Make every peer known and route each publisher to each subscriber."""
        options = self._options
        publishers = [PeerId(number) for number in range(options.publishers)]
        subscribers = [PeerId(FIRST_SUBSCRIBER + number) for number in range(options.subscribers)]
        for peer, client in zip([*publishers, *subscribers], clients, strict=True):
            self._plane.add_peer(peer)
            self._plane.bind_address(peer, client)
            self._plane.send_to_address(peer, client)
            self._plane.set_keys(peer, keys_of(peer, options.srtp_profile, ours=True))
        if options.extras:
            for peer in subscribers:
                self._plane.set_hop(peer, HopExtensions(TRANSPORT_CC_ID, ABS_SEND_TIME_ID))
            for peer in publishers:
                self._receptions[peer] = Reception(ssrc_of(peer), _CLOCK_RATE_HZ)
                self._plane.report_arrivals(peer, _OUR_SSRC, TRANSPORT_CC_ID)
                self._plane.set_stream(peer, ssrc_of(peer), "vp8", _CLOCK_RATE_HZ)
                self._plane.add_tap(peer, ssrc_of(peer), self._tap)
        for subscriber in subscribers:
            self._routes[subscriber] = [self._plane.add_route(_route(peer, subscriber)) for peer in publishers]

    async def tick(self) -> None:
        """Reports each second."""
        turn = 0
        while True:
            await asyncio.sleep(_TICK_S)
            turn += 1
            # Each peer has a turn of its own within the second.
            now_us = time.monotonic_ns() // 1000
            for peer, reception in self._receptions.items():
                block = reception.block(now_us) if (turn + peer) % _REPORT_EVERY == 0 else None
                if block:
                    self._plane.send_rtcp(peer, packets.receiver_reports(_OUR_SSRC, [block]))
            for peer, routes in self._routes.items():
                if (turn + peer) % _REPORT_EVERY == 0:
                    self._plane.send_rtcp(peer, self._sender_reports(peer, routes, now_us))

    def _sender_reports(self, peer: PeerId, routes: Sequence[RouteId], now_us: int) -> bytes:
        out = b""
        for publisher, route in enumerate(routes):
            stats = self._plane.route_stats(route)
            rtp = now_us * 9 // 100 + stats.timestamp_offset & 0xFFFFFFFF
            ssrc = ssrc_of(publisher)
            info = SenderInfo(ssrc, ntp_from_us(now_us), rtp, stats.packets, stats.payload_bytes & 0xFFFFFFFF)
            out += packets.sender_report(info) + packets.description(ssrc, "bench")
        return out

    def _tap(self, packet: TapPacket) -> None:
        self.tapped += 1

    def on_stun(self, data: bytes, source: Address) -> None:
        """Nothing: the clients do not check here."""

    def on_consent(self, peer: PeerId, transaction: bytes, source: Address) -> None:
        """Nothing."""

    def on_dtls(self, peer: PeerId, data: bytes) -> None:
        """Nothing."""

    def on_rtcp(self, peer: PeerId, data: bytes, arrival_us: int) -> None:
        """Read it, as a peer does."""
        packets.parse(data)

    def on_received(self, batch: Sequence[Received]) -> None:
        """Note arrivals, as an upstream peer does."""
        if not self._options.extras:
            return
        for packet in batch:
            self._receptions[packet.peer].received(packet.sequence, packet.timestamp, packet.arrival_us)


def _route(publisher: PeerId, subscriber: PeerId) -> Route:
    return Route(
        in_peer=publisher,
        in_ssrc=ssrc_of(publisher),
        out_peer=subscriber,
        out_ssrc=ssrc_of(publisher),
        clock_rate_hz=_CLOCK_RATE_HZ,
        payload_types={PAYLOAD_TYPE: PAYLOAD_TYPE},
        codec="vp8",
    )
