"""The data plane's contract: layers inside a stream."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest

from media_server.dataplane.ports import PeerId
from tests.contracts.dataplane_world import PUBLISHER, WithWorld, World, one_byte, steps
from tests.fakes.srtp_client import Rtp


def vp8(
    picture: int, tl0: int = 0, key: int = 0, *, temporal: int = 0, sync: bool = False, kind: str = "delta"
) -> bytes:
    """A whole VP8 frame in one packet: 15-bit PictureID, TL0PICIDX, TID, KEYIDX. kind: key, delta, or rest."""
    begins = 0x00 if kind == "rest" else 0x10
    flags = struct.pack("!BBHB", 0x80 | begins, 0xF0, 0x8000 | picture & 0x7FFF, tl0 & 0xFF)
    return flags + bytes((temporal << 6 | sync << 5 | key & 31, kind != "key")) + b"coded"


def picture_id(packet: Rtp, at: int = 0) -> int:
    return int.from_bytes(packet.payload[at + 2 : at + 4], "big") & 0x7FFF


def tl0_index(packet: Rtp) -> int:
    return packet.payload[4]


def key_index(packet: Rtp) -> int:
    return packet.payload[5] & 31


def ids(packets: list[Rtp]) -> list[int]:
    return [(picture_id(b) - picture_id(a)) & 0x7FFF for a, b in pairwise(packets)]


def vp9(
    spatial: int, temporal: int, *, begins: bool = True, ends: bool = True, key: bool = False, up: bool = False
) -> bytes:
    """Flexible mode off, with layer indices."""
    first = 0xA0 | (0 if key else 0x40) | begins << 3 | ends << 2
    return struct.pack("!BHBB", first, 0x8001, temporal << 5 | up << 4 | spatial << 1, 0) + b"coded"


def av1(template: int, *, structure: bool = False, first: int = 0) -> bytes:
    """A dependency descriptor of three temporal layers: templates `first` and the two after it; T0 and T1 are
    switching points."""
    head = struct.pack("!BH", 0xC0 | template, 1)
    if not structure:
        return head
    bits = "10000" + f"{first:06b}" + "00010" + "010111" + "101010" + "000110" + "000001"
    bits += "0" * (-len(bits) % 8)
    return head + int(bits, 2).to_bytes(len(bits) // 8, "big")


class LayersInside(WithWorld):
    """`limit_layers`."""

    async def test_an_upper_temporal_layer_goes_without_a_gap(self, world: World) -> None:
        route = world.route()
        world.plane.limit_layers(route, 7, 0)
        sent = [Rtp(1, vp8(10, 1, kind="key"), 0)]
        for step in range(1, 9):
            upper = step % 2
            sent += [
                Rtp(2 * step, vp8(10 + step, 1 + step // 2, temporal=upper), 3000 * step),
                Rtp(
                    2 * step + 1, vp8(10 + step, 1 + step // 2, temporal=upper, kind="rest"), 3000 * step, marker=True
                ),
            ]
        world.publisher.send(*sent)
        got = await world.flow()
        assert len(got) == 9
        assert set(steps(got)) == {1}
        assert ids(got) == [1, 0, 1, 0, 1, 0, 1, 0]
        assert [tl0_index(packet) for packet in got] == [1, 2, 2, 3, 3, 4, 4, 5, 5]
        assert {packet.payload[5] >> 6 for packet in got} == {0}

    async def test_more_comes_at_a_switching_point_and_less_at_the_next_picture(self, world: World) -> None:
        route = world.route()
        world.publisher.send(
            Rtp(1, vp8(1, kind="key"), 1), Rtp(2, vp8(2, temporal=2), 2), Rtp(3, vp8(3, temporal=1), 3)
        )
        got = await world.flow()
        assert len(got) == 3
        world.plane.limit_layers(route, 0, 0)
        world.publisher.send(Rtp(4, vp8(3, temporal=1, kind="rest"), 3))
        got += await world.flow()
        assert len(got) == 4, "the picture in progress is finished"
        world.publisher.send(Rtp(5, vp8(4, temporal=2), 4), Rtp(6, vp8(5), 5))
        got += await world.flow()
        world.plane.limit_layers(route, 7, 7)
        world.publisher.send(
            Rtp(7, vp8(6, temporal=2), 6), Rtp(8, vp8(7, temporal=1, sync=True), 7), Rtp(9, vp8(8, temporal=2), 8),
            Rtp(10, vp8(9, temporal=1), 9), Rtp(11, vp8(10, temporal=2, sync=True), 10),
            Rtp(12, vp8(11, temporal=2), 11),
        )  # fmt: skip
        got += await world.flow()
        assert [packet.timestamp for packet in got] == [1, 2, 3, 3, 5, 7, 9, 10, 11]
        assert set(steps(got)) == {1}
        assert ids(got) == [1, 1, 0, 1, 1, 1, 1, 1]

    async def test_at_a_keyframe_everything_wanted_comes(self, world: World) -> None:
        route = world.route()
        world.plane.limit_layers(route, 0, 0)
        world.publisher.send(Rtp(1, vp8(1, kind="key"), 1), Rtp(2, vp8(2, temporal=1), 2))
        await world.flow()
        world.plane.limit_layers(route, 0, 1)
        world.publisher.send(
            Rtp(3, vp8(3, temporal=1), 3), Rtp(4, vp8(4, kind="key"), 4), Rtp(5, vp8(5, temporal=1), 5)
        )
        assert [packet.timestamp for packet in await world.flow()] == [4, 5]

    async def test_a_late_packet_of_a_layer_left_out_does_no_harm(self, world: World) -> None:
        route = world.route(rtx_ssrc=10, rtx_payload_types={120: 121})
        world.plane.limit_layers(route, 0, 0)
        world.publisher.send(
            Rtp(1, vp8(1, kind="key"), 1), Rtp(3, vp8(3), 3), Rtp(2, vp8(2, temporal=1), 2), Rtp(4, vp8(4), 4)
        )
        got = sorted(await world.flow(), key=lambda packet: packet.timestamp)
        assert set(steps(got)) == {1}
        assert set(ids(got)) == {1}

    async def test_spatial_layers_end_with_a_marker_and_come_back_at_a_keyframe(self, world: World) -> None:
        route = world.route(codec="vp9", rtx_ssrc=10, rtx_payload_types={120: 121})
        world.plane.limit_layers(route, 0, 7)

        def picture(first: int, at: int, key: bool) -> list[Rtp]:
            return [
                Rtp(first, vp9(0, 0, ends=False, key=key), at),
                Rtp(first + 1, vp9(0, 0, begins=False, key=key), at),
                Rtp(first + 2, vp9(1, 0, key=key), at, marker=True),
            ]

        world.publisher.send(*picture(1, 10, True), *picture(4, 20, False))
        got = await world.flow()
        assert [(packet.timestamp, packet.marker) for packet in got] == [
            (10, False), (10, True), (20, False), (20, True),
        ]  # fmt: skip
        assert world.plane.retransmit(route, [got[1].sequence]) == 1
        [repeat] = await world.flow()
        assert repeat.marker
        world.plane.limit_layers(route, 1, 7)
        world.publisher.send(*picture(7, 30, False))
        more = await world.flow()
        assert world.plane.route_stats(route).spatial == 0, "less than asked for until the keyframe"
        world.publisher.send(*picture(10, 40, True))
        more += await world.flow()
        assert world.plane.route_stats(route).spatial == 1
        assert [(packet.timestamp, packet.marker) for packet in more] == [
            (30, False), (30, True), (40, False), (40, False), (40, True),
        ]  # fmt: skip
        assert set(steps(got + more)) == {1}

    async def test_a_keyframe_that_begins_late_does_not_raise_the_layer(self, world: World) -> None:
        route = world.route(codec="vp9")
        world.plane.limit_layers(route, 0, 7)
        world.publisher.send(Rtp(1, vp9(0, 0, key=True), 1), Rtp(2, vp9(1, 0, key=True), 1))
        got = await world.flow()
        world.plane.limit_layers(route, 1, 7)
        world.publisher.send(Rtp(4, vp9(1, 0, key=True), 2), Rtp(3, vp9(0, 0, key=True), 2), Rtp(5, vp9(0, 0), 3))
        got += await world.flow()
        assert [packet.timestamp for packet in got] == [1, 2, 3]
        assert world.plane.route_stats(route).spatial == 0
        world.publisher.send(Rtp(6, vp9(0, 0, key=True), 4), Rtp(7, vp9(1, 0, key=True), 4))
        assert [packet.timestamp for packet in await world.flow()] == [4, 4]
        assert world.plane.route_stats(route).spatial == 1

    async def test_a_stream_that_leaves_off_telling_its_layers_passes_whole_with_its_keyframe(
        self, world: World
    ) -> None:
        route = world.route(codec="vp9")
        world.plane.limit_layers(route, 0, 0)
        world.publisher.send(Rtp(1, vp9(0, 0, key=True), 1), Rtp(2, vp9(1, 0, key=True), 1), Rtp(3, vp9(0, 1), 2))
        got = await world.flow()
        assert len(got) == 1
        world.plane.limit_layers(route, 7, 7)
        world.publisher.send(Rtp(4, b"\x8c\x05key", 3), Rtp(5, b"\xcc\x06delta", 4))
        got += await world.flow()
        assert [packet.timestamp for packet in got] == [1, 3, 4]
        assert world.plane.route_stats(route).spatial == 7, "nothing more is awaited"
        assert set(steps(got)) == {1}

    async def test_vp9_goes_up_after_a_switching_up_point(self, world: World) -> None:
        route = world.route(codec="vp9")
        world.plane.limit_layers(route, 7, 0)
        world.publisher.send(Rtp(1, vp9(0, 0, key=True), 1), Rtp(2, vp9(0, 1), 2))
        assert len(await world.flow()) == 1
        world.plane.limit_layers(route, 7, 7)
        world.publisher.send(
            Rtp(3, vp9(0, 1), 3), Rtp(4, vp9(0, 0), 4), Rtp(5, vp9(0, 1), 5), Rtp(6, vp9(0, 0, up=True), 6),
            Rtp(7, vp9(0, 1), 7),
        )  # fmt: skip
        assert [packet.timestamp for packet in await world.flow()] == [4, 6, 7]

    async def test_av1_layers_are_read_from_the_dependency_descriptor(self, world: World) -> None:
        route = world.route(codec="av1", dependency_descriptor=6, extensions={6: 6})
        world.plane.limit_layers(route, 7, 1)

        def frame(number: int, template: int, *, key: bool = False) -> Rtp:
            extension = two_byte({6: av1(template, structure=key)}) if key else one_byte({6: av1(template)})
            return Rtp(number, b"\x18obus" if key else b"\x10obus", number, extension=extension)

        world.publisher.send(
            frame(1, 0, key=True), frame(2, 2), frame(3, 1), frame(4, 2), frame(5, 0), frame(6, 2), frame(7, 1)
        )
        got = await world.flow()
        assert [packet.timestamp for packet in got] == [1, 3, 5, 7]
        world.plane.limit_layers(route, 7, 7)
        world.publisher.send(frame(8, 2), frame(9, 0), frame(10, 2))
        got += await world.flow()
        assert [packet.timestamp for packet in got[4:]] == [9, 10]
        assert set(steps(got)) == {1}

    async def test_an_av1_structure_that_changes_at_a_keyframe_is_followed(self, world: World) -> None:
        route = world.route(codec="av1", dependency_descriptor=6, extensions={6: 6})
        world.plane.limit_layers(route, 7, 0)

        def frame(number: int, template: int, *, key: bool = False, first: int = 0) -> Rtp:
            element = av1(template, structure=key, first=first)
            extension = two_byte({6: element}) if key else one_byte({6: element})
            return Rtp(number, b"\x18obus" if key else b"\x10obus", number, extension=extension)

        world.publisher.send(
            frame(1, 0, key=True), frame(2, 2), frame(3, 0), Rtp(4, b"\x10without", 4),
            frame(6, 3, key=True, first=3), frame(5, 0, key=True), frame(7, 5), frame(8, 3), frame(9, 0),
        )  # fmt: skip
        got = await world.flow()
        # 4 tells nothing, 5 repairs the structure before, late, and 9 names a template that is none: all pass.
        assert sorted(packet.timestamp for packet in got) == [1, 3, 4, 5, 6, 8, 9]

    async def test_what_came_of_each_layer_is_counted_with_or_without_routes(self, world: World) -> None:
        def counted() -> list[tuple[int, int, int]]:
            return [(one.spatial, one.temporal, one.payload_bytes) for one in world.plane.inner_layers(PUBLISHER, 1)]

        assert counted() == []
        world.publisher.send(Rtp(1, vp8(1, kind="key"), 1))
        await world.handled()
        assert counted() == [], "nobody has said what it carries"
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        size = len(vp8(1))
        world.publisher.send(
            Rtp(2, vp8(2, temporal=2), 2), Rtp(3, vp8(3, temporal=1), 3, padding=5), Rtp(4, vp8(4, temporal=2), 4),
            Rtp(5, b"", 5),
        )  # fmt: skip
        await world.handled()
        assert counted() == [(0, 1, size), (0, 2, 2 * size)]
        world.plane.limit_layers(world.route(), 0, 0)
        world.plane.set_rtx(PUBLISHER, 3, 1, {97: 96})
        world.publisher.send(
            Rtp(8, vp8(8, kind="key"), 8), Rtp(1, b"\0\7" + vp8(7, temporal=1), 7, ssrc=3, payload_type=97)
        )
        assert len(await world.flow()) == 1
        assert counted() == [(0, 0, size), (0, 1, 2 * size), (0, 2, 2 * size)], "repairs and what is left out count"
        world.plane.mute(PUBLISHER, 1, True)
        world.publisher.send(Rtp(9, vp8(9), 9))
        await world.handled()
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        assert sum(size for _, _, size in counted()) == 5 * size
        world.plane.set_stream(PUBLISHER, 1, "vp9", 90_000)
        assert counted() == []
        with pytest.raises(KeyError):
            world.plane.inner_layers(PeerId(77), 1)

    async def test_av1_layers_are_counted_before_there_is_a_route(self, world: World) -> None:
        world.plane.set_stream(PUBLISHER, 1, "av1", 90_000, dependency_descriptor=6)
        structure = two_byte({6: av1(0, structure=True)})
        world.publisher.send(Rtp(1, b"\x18obus", 1, extension=structure))
        world.publisher.send(Rtp(2, b"\x10obus", 2, extension=one_byte({6: av1(2)})), Rtp(3, b"\x10obus", 3))
        await world.handled()
        counted = world.plane.inner_layers(PUBLISHER, 1)
        assert [(one.spatial, one.temporal, one.payload_bytes) for one in counted] == [(0, 0, 5), (0, 2, 5)]

    @pytest.mark.parametrize(
        ("codec", "payload"),
        [
            ("h264", b"\x65idr"),
            ("vp8", b"\x10\0\0\0plain"),
            ("vp8", b"\x80"),
            ("vp9", b"\x8c\x05x"),
            ("av1", b"\x18x"),
        ],
    )
    async def test_streams_that_do_not_say_their_layers_pass_whole(
        self, world: World, codec: str, payload: bytes
    ) -> None:
        world.plane.limit_layers(world.route(codec=codec), 0, 0)
        world.publisher.send(Rtp(1, payload, 1), Rtp(2, payload, 2))
        assert [packet.payload for packet in await world.flow()] == [payload, payload]


def two_byte(elements: dict[int, bytes]) -> bytes:
    body = b"".join(bytes((number, len(value))) + value for number, value in elements.items())
    body += bytes(-len(body) % 4)
    return struct.pack("!HH", 0x1000, len(body) // 4) + body
