"""The world of the data plane's contract: a started plane, a publisher and a subscriber.

The clients are libsrtp over real UDP sockets. `World.flow` is a barrier in both directions: what it returns is all
that the subscriber got for what the publisher had sent, and nothing else is under way.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest

from media_server.dataplane.ports import (
    Address,
    DataPlane,
    PeerId,
    Received,
    Route,
    RouteId,
    SrtpProfile,
)
from tests.fakes.srtp_client import Rtp, SrtpClient, keys

PUBLISHER, SUBSCRIBER = PeerId(1), PeerId(2)
GCM, CM = SrtpProfile.AEAD_AES_128_GCM, SrtpProfile.AES_CM_128_HMAC_SHA1_80
KEYFRAME = b"\x10\x00\x00\x00keyframe"
"""VP8: start of partition 0, P bit clear."""
DELTA = b"\x10\x01\x00\x00delta"
STUN = struct.pack("!HHI", 1, 0, 0x2112A442) + bytes(12)


def receiver_report(ssrc: int = 1) -> bytes:
    return struct.pack("!BBHI", 0x80, 201, 1, ssrc)


def barrier(number: int) -> bytes:
    """An RTCP packet (APP, RFC 3550 6.7) that is told at once, unlike a report."""
    return struct.pack("!BBHI4s", 0x80, 204, 2, number, b"test")


@dataclass
class Recorded:
    """Upcalls as they came."""

    stun: list[tuple[bytes, Address]] = field(default_factory=list)
    consent: list[tuple[PeerId, bytes, Address]] = field(default_factory=list)
    dtls: list[tuple[PeerId, bytes]] = field(default_factory=list)
    rtcp: list[tuple[PeerId, bytes]] = field(default_factory=list)
    arrivals_us: list[int] = field(default_factory=list)
    """Of each of `rtcp`."""
    received: list[Received] = field(default_factory=list)

    def on_stun(self, data: bytes, source: Address) -> None:
        self.stun.append((data, source))

    def on_consent(self, peer: PeerId, transaction: bytes, source: Address) -> None:
        self.consent.append((peer, transaction, source))

    def on_dtls(self, peer: PeerId, data: bytes) -> None:
        self.dtls.append((peer, data))

    def on_rtcp(self, peer: PeerId, data: bytes, arrival_us: int) -> None:
        self.rtcp.append((peer, data))
        self.arrivals_us.append(arrival_us)

    def on_received(self, batch: Sequence[Received]) -> None:
        self.received += batch


@dataclass
class World:
    """A started data plane with a publisher and a subscriber."""

    plane: DataPlane
    told: Recorded
    address: Address
    publisher: SrtpClient
    subscriber: SrtpClient
    _barriers: int = 0x10000

    def join(self, client: SrtpClient, peer: PeerId, profile: SrtpProfile = GCM) -> None:
        client.server = self.address
        seed = 16 * int(peer)
        client.set_keys(keys(seed, profile))
        self.plane.add_peer(peer)
        self.plane.bind_address(peer, client.address)
        self.plane.send_to_address(peer, client.address)
        self.plane.set_keys(peer, keys(seed, profile))

    def route(self, **changes: object) -> RouteId:
        return self.plane.add_route(replace(ROUTE, **changes))  # type: ignore[arg-type]

    async def handled(self) -> None:
        """Everything the publisher sent has been handled."""
        self._barriers += 1
        self.publisher.send_rtcp(barrier(self._barriers))
        expected = (PUBLISHER, barrier(self._barriers))
        await until(lambda: expected in self.told.rtcp)
        await asyncio.sleep(0)

    async def told_by_subscriber(self) -> None:
        """Everything the subscriber sent has been handled."""
        self._barriers += 1
        self.subscriber.send_rtcp(barrier(self._barriers))
        expected = (SUBSCRIBER, barrier(self._barriers))
        await until(lambda: expected in self.told.rtcp)

    async def gather(self, count: int) -> list[Rtp]:
        """Wait until the subscriber has got so many packets since the last call; returns all it got."""
        while len(self.subscriber.received) < count:
            await self.subscriber.read()
        packets, self.subscriber.received = self.subscriber.received, []
        return packets

    async def flow(self) -> list[Rtp]:
        """What the subscriber got since the last call."""
        await self.handled()
        before = len(self.subscriber.received_rtcp)
        self.plane.send_rtcp(SUBSCRIBER, receiver_report())
        while len(self.subscriber.received_rtcp) == before:
            await self.subscriber.read()
        packets, self.subscriber.received = self.subscriber.received, []
        return packets


ROUTE = Route(
    in_peer=PUBLISHER,
    in_ssrc=1,
    out_peer=SUBSCRIBER,
    out_ssrc=9,
    clock_rate_hz=90_000,
    payload_types={96: 120},
    codec="vp8",
)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


def one_byte(elements: Mapping[int, bytes]) -> bytes:
    body = b"".join(bytes((number << 4 | len(value) - 1,)) + value for number, value in elements.items())
    body += bytes(-len(body) % 4)
    return struct.pack("!HH", 0xBEDE, len(body) // 4) + body


def steps(packets: Sequence[Rtp]) -> list[int]:
    """Differences of neighbouring sequence numbers."""
    return [(b.sequence - a.sequence) & 0xFFFF for a, b in pairwise(packets)]


class WithWorld:
    """Gives the tests a world; subclasses give `plane`, not started."""

    @pytest.fixture
    async def world(self, plane: DataPlane) -> AsyncIterator[World]:
        told = Recorded()
        address = await plane.start("127.0.0.1", 0, told)
        world = World(plane, told, address, SrtpClient(), SrtpClient())
        world.join(world.publisher, PUBLISHER)
        world.join(world.subscriber, SUBSCRIBER)
        yield world
        await plane.close()
        await plane.close()
        world.publisher.close()
        world.subscriber.close()
