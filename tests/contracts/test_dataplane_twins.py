"""The compiled data plane and the Python one do the same: same datagrams and verbs in, same packets out.

What may differ is taken out: random first numbers (counted from the first of each SSRC), transport-wide numbers (also
from the first), send times. Verbs whose effect hangs on the clock (paces, probes, switches by time of arrival) are
left to the contract suite.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as replace_struct

from media_server.dataplane import make_data_plane, why_not_native
from media_server.dataplane.ports import HopExtensions, InnerLayer, Received, Route, RouteId, RouteStats, TapPacket
from tests.contracts.dataplane_world import PUBLISHER, ROUTE, SUBSCRIBER, Recorded, World, one_byte
from tests.fakes.srtp_client import Rtp, SrtpClient, elements

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(why_not_native() is not None, reason=f"no compiled data plane: {why_not_native()}"),
]

HOP = HopExtensions(transport_cc=5, abs_send_time=3)
HOPS = (HopExtensions(), HOP, HopExtensions(transport_cc=200), HopExtensions(abs_send_time=7))
_TIMELESS = b"\0\0\0"
VIDEO, OTHER_VIDEO, AUDIO, PUBLISHER_RTX, UNKNOWN = 1, 5, 2, 3, 77
CODECS = ("vp8", "vp9", "av1", "h264")
AV1_STRUCTURE = bytes.fromhex("c00001") + int("1000000000000010010111101010000110000001" + "0" * 0, 2).to_bytes(
    5, "big"
)


@dataclass(frozen=True)
class Outcome:
    """Everything that must be alike."""

    packets: list[Rtp]
    unreadable: int
    tapped: list[bytes]
    answers: list[bool | int]
    told: list[Received]
    routes: list[RouteStats]
    inner_layers: list[InnerLayer]
    forwarded: int
    dropped: tuple[int, int, int]
    """Not authentic, malformed, from nobody known."""


class Packet(NamedTuple):
    """A media packet of the publisher. `kind`: see `payload`; 3 has padding, 4 an unmapped type, 5 padding alone."""

    ssrc: int
    step: int
    kind: int
    temporal: int
    shape: int


class Verb(NamedTuple):
    """Something that is asked of the plane."""

    name: str
    first: int
    second: int


class Repair(NamedTuple):
    """The publisher's RTX of the packet so many before its newest."""

    back: int


class Datagram(NamedTuple):
    """Bytes from the publisher's address."""

    data: bytes


class Body(NamedTuple):
    """A packet with this payload."""

    payload: bytes
    ssrc: int


Action = Packet | Verb | Repair | Datagram | Body
Step = Rtp | bytes | Verb


@dataclass
class Side:
    """One plane with its clients, and what came out of it."""

    world: World
    codec: str
    routes: list[RouteId | None] = field(default_factory=list)
    tapped: list[bytes] = field(default_factory=list)
    got: list[Rtp] = field(default_factory=list)
    answers: list[bool | int] = field(default_factory=list)
    first: dict[int, int] = field(default_factory=dict)
    first_number: int | None = None
    asked: set[int] = field(default_factory=set)

    def prepare(self) -> None:
        plane = self.world.plane
        plane.set_rtx(PUBLISHER, PUBLISHER_RTX, VIDEO, {97: 96})
        plane.add_tap(PUBLISHER, VIDEO, self._tap)
        plane.set_stream(
            PUBLISHER, OTHER_VIDEO, self.codec, 90_000, dependency_descriptor=6 if self.codec == "av1" else 0
        )
        audio = replace(
            ROUTE, in_ssrc=AUDIO, out_ssrc=19, codec="opus", clock_rate_hz=48_000, payload_types={111: 100}
        )
        self.routes = [plane.add_route(self.video()), plane.add_route(audio)]

    def video(self, *, one_byte: bool = False) -> Route:
        return replace(
            ROUTE, codec=self.codec, rtx_ssrc=10, rtx_payload_types={120: 121}, extensions={1: 4, 2: 200, 6: 6},
            dependency_descriptor=6 if self.codec == "av1" else 0, one_byte_extensions=one_byte,
        )  # fmt: skip

    def _tap(self, packet: TapPacket) -> None:
        self.tapped.append(packet.rtp)

    async def settle(self) -> None:
        """Everything sent has come out."""
        for packet in await self.world.flow():
            self.first.setdefault(packet.ssrc, packet.sequence)
            self.got.append(self._comparable(packet))

    def _comparable(self, packet: Rtp) -> Rtp:
        found = dict(elements(packet.extension))
        for number, value in found.items():
            if number in (5, 200) and len(value) == 2:
                whole = int.from_bytes(value, "big")
                self.first_number = whole if self.first_number is None else self.first_number
                found[number] = ((whole - self.first_number) & 0xFFFF).to_bytes(2, "big")
            elif number in (3, 7) and len(value) == 3:
                found[number] = _TIMELESS
        payload = packet.payload
        if packet.ssrc == 10:
            original = (int.from_bytes(payload[:2], "big") - self.first[9]) & 0xFFFF
            payload = original.to_bytes(2, "big") + payload[2:]
        extension = packet.extension[:4] + repr(list(found.items())).encode() if packet.extension else b""
        sequence = (packet.sequence - self.first[packet.ssrc]) & 0xFFFF
        return replace(packet, sequence=sequence, payload=payload, extension=extension)

    def verb(self, name: str, first: int, second: int) -> None:
        """One call downward; its answer is noted."""
        plane, video = self.world.plane, self.routes[0]
        if name == "hop":
            plane.set_hop(SUBSCRIBER, HOPS[first % len(HOPS)])
        elif name == "address":
            plane.send_to_address(SUBSCRIBER, self.world.subscriber.address if first & 1 else None)
        elif name == "mute":
            plane.mute(PUBLISHER, (VIDEO, AUDIO, OTHER_VIDEO)[second % 3], bool(first & 1))
        elif name == "hush":
            plane.hush(PUBLISHER, (VIDEO, AUDIO, OTHER_VIDEO)[second % 3], bool(first & 1))
        elif name == "route" and video is None:
            self.routes[0] = plane.add_route(self.video(one_byte=bool(second & 1)))
        elif name == "route" and video is not None and first == 0:
            plane.remove_route(video)
            self.routes[0] = None
        elif video is None:
            return
        elif name == "pause":
            plane.pause_route(video, bool(first & 1))
        elif name == "layers":
            plane.limit_layers(video, first % 3, second % 3)
        elif name == "all layers":
            plane.limit_layers(video, 7, 7)
        elif name == "switch":
            plane.switch_route(
                video, (VIDEO, OTHER_VIDEO)[first & 1], timestamp_shift=1000 * second, stop=bool(first & 2)
            )
        elif name == "replay":
            self.answers.append(plane.replay(video))
        elif name == "repeat":
            self._repeat(video, range(first, first + second))

    def _repeat(self, route: RouteId, wanted: Sequence[int]) -> None:
        # Never the same twice: whether that is repeated hangs on the clock.
        wanted = [step for step in wanted if step not in self.asked]
        self.asked.update(wanted)
        if 9 in self.first:
            numbers = [(self.first[9] + step) & 0xFFFF for step in wanted]
            self.answers.append(self.world.plane.retransmit(route, numbers))

    def outcome(self) -> Outcome:
        plane, told = self.world.plane, self.world.told
        stats = plane.stats()
        routes = [plane.route_stats(route) for route in self.routes if route is not None]
        return Outcome(
            packets=self.got,
            unreadable=self.world.subscriber.failures,
            tapped=self.tapped,
            answers=self.answers,
            told=[replace_struct(one, arrival_us=0, extensions=dict(one.extensions)) for one in told.received],
            # The first number that goes out is random.
            routes=[replace(route, sequence_offset=0) for route in routes],
            inner_layers=[
                layer
                for ssrc in (VIDEO, OTHER_VIDEO, AUDIO, UNKNOWN)
                for layer in plane.inner_layers(PUBLISHER, ssrc)
            ],
            forwarded=stats.forwarded,
            dropped=(stats.dropped_auth, stats.dropped_malformed, stats.dropped_unbound),
        )


def payload(codec: str, kind: int, temporal: int, number: int) -> bytes:
    """A frame of a codec; kind 0 begins a keyframe, 1 a picture, 2 is the rest of one."""
    key, begins, body = kind == 0, kind < 2, b"coded %d" % number
    if codec == "vp8":
        picture = 0x8000 | (number // 2 & 0x7FFF)
        head = struct.pack("!BBHB", 0x80 | begins << 4, 0xF0, picture, number // 4 & 0xFF)
        return head + bytes((temporal << 6 | (number % 3 == 0) << 5 | number // 32 & 31, not key)) + body
    if codec == "vp9":
        layer = temporal << 5 | (number % 3 == 0) << 4 | (number & 1) << 1
        return (
            struct.pack("!BHBB", 0xA0 | (not key) << 6 | begins << 3 | 4, 0x8000 | number & 0x7FFF, layer, 0) + body
        )
    if codec == "av1":
        return bytes((0x18 if key else 0x10,)) + body
    return (b"\x65" if key else b"\x41") + body


def extension(codec: str, shape: int, kind: int, temporal: int) -> bytes:
    if codec == "av1" and shape < 3:
        return one_byte({6: AV1_STRUCTURE if kind == 0 else bytes((0xC0 | temporal, 0, 1)), 1: b"ab"})
    shapes = (b"", one_byte({1: b"ab", 3: b"x"}), one_byte({2: b"q", 1: b"level"}), b"\xbe\xde\0\1\x1f\0\0\0")
    return shapes[shape]


PACKETS = st.builds(
    Packet,
    st.sampled_from([VIDEO, VIDEO, VIDEO, OTHER_VIDEO, OTHER_VIDEO, AUDIO, UNKNOWN]),
    st.sampled_from([1, 1, 1, 1, 2, 3, 0, -1, -2, -5]),
    st.sampled_from([0, 1, 1, 1, 2, 2, 3, 4, 5]),
    st.integers(0, 2),
    st.integers(0, 3),
)
VERBS = st.builds(
    Verb,
    st.sampled_from([
        "hop", "hop", "address", "mute", "hush", "pause", "layers", "layers", "all layers", "switch", "switch",
        "replay",
        "repeat", "repeat", "repeat", "route",
    ]),
    st.integers(0, 9),
    st.integers(0, 9),
)  # fmt: skip
OTHERS = st.one_of(
    st.builds(Repair, st.integers(0, 6)),
    st.builds(Datagram, st.binary(max_size=40)),
    st.builds(Body, st.binary(max_size=16), st.sampled_from([VIDEO, OTHER_VIDEO])),
)
ACTIONS = st.lists(st.one_of(PACKETS, PACKETS, PACKETS, PACKETS, VERBS, OTHERS), min_size=15, max_size=60)


def steps_of(actions: Sequence[Action], codec: str) -> list[Step]:
    """The same steps for both planes: packets to seal, datagrams as they are, verbs."""
    heads = {VIDEO: 65_520, OTHER_VIDEO: 200, AUDIO: 30_000, UNKNOWN: 1}
    times = {VIDEO: 4_294_960_000, OTHER_VIDEO: 5_000, AUDIO: 0, UNKNOWN: 0}
    steps: list[Step] = []
    for number, action in enumerate(actions):
        if isinstance(action, Packet):
            ssrc, step, kind, temporal, shape = action
            at = heads[ssrc] + step
            heads[ssrc] = max(heads[ssrc], at)
            if kind < 2:
                times[ssrc] += 3000
            body = b"" if kind == 5 else payload(codec, kind, temporal, at)
            media = 111 if ssrc == AUDIO else 98 if kind == 4 else 96
            steps.append(Rtp(
                at, body, times[ssrc], ssrc, media, marker=kind == 2, padding=4 if kind in (3, 5) else 0,
                extension=extension(codec, shape, kind, temporal),
            ))  # fmt: skip
        elif isinstance(action, Repair):
            original = (heads[VIDEO] - action.back) & 0xFFFF
            body = original.to_bytes(2, "big") + payload(codec, 1, 0, original)
            steps.append(Rtp(1000 + number, body, times[VIDEO], PUBLISHER_RTX, 97))
        elif isinstance(action, Body):
            heads[action.ssrc] += 1
            steps.append(Rtp(heads[action.ssrc], action.payload, times[action.ssrc], action.ssrc))
        elif isinstance(action, Datagram):
            # STUN and DTLS are not this test's business, and SRTCP that fails is counted elsewhere.
            steps.append(b"\x80\x60" + action.data)
        else:
            steps.append(action)
    return steps


async def outcome(name: str, codec: str, steps: Sequence[Step]) -> Outcome:
    async with AsyncExitStack() as stack:
        plane, told = make_data_plane(name), Recorded()
        publisher, subscriber = SrtpClient(), SrtpClient()
        stack.callback(publisher.close)
        stack.callback(subscriber.close)
        address = await plane.start("127.0.0.1", 0, told)
        stack.push_async_callback(plane.close)
        world = World(plane, told, address, publisher, subscriber)
        world.join(publisher, PUBLISHER)
        world.join(subscriber, SUBSCRIBER)
        side = Side(world, codec)
        side.prepare()
        reachable = True
        for step in steps:
            if isinstance(step, Rtp):
                world.publisher.send(step)
            elif isinstance(step, bytes):
                world.publisher.send_raw(step)
            else:
                await (side.settle() if reachable else world.handled())
                side.verb(*step)
                if step.name == "address":
                    reachable = bool(step.first & 1)
        await world.handled()
        plane.send_to_address(SUBSCRIBER, subscriber.address)
        await side.settle()
        return side.outcome()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.sampled_from(CODECS), ACTIONS)
def test_both_planes_do_the_same(codec: str, actions: list[Action]) -> None:
    steps = steps_of(actions, codec)
    plain = asyncio.run(outcome("plain", codec, steps))
    native = asyncio.run(outcome("native", codec, steps))
    for part in fields(Outcome):
        assert getattr(native, part.name) == getattr(plain, part.name), part.name


def test_the_comparison_is_of_something() -> None:
    """A fixed course in which everything happens, so that an empty comparison cannot pass for an equal one."""
    actions: list[Action] = [Verb("hop", 1, 0)]
    for number in range(40):
        actions.append(Packet(VIDEO, 1, 0 if number == 0 else 1 + number % 2, number % 3, number % 4))
        actions.append(Packet(AUDIO, 1, 1, 0, 1))
    actions += [
        Verb("layers", 0, 0),
        *actions[1:9],
        Verb("repeat", 0, 9),
        Verb("switch", 1, 3),
        Packet(OTHER_VIDEO, 1, 0, 0, 1),
    ]
    steps = steps_of(actions, "vp8")
    plain = asyncio.run(outcome("plain", "vp8", steps))
    native = asyncio.run(outcome("native", "vp8", steps))
    assert native == plain
    assert {packet.ssrc for packet in plain.packets} == {9, 10, 19}
    assert len(plain.packets) > 80
    assert plain.answers == [9]
    assert {layer.temporal for layer in plain.inner_layers} == {0, 1, 2}
