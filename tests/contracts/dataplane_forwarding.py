"""The data plane's contract: rewriting, pausing, muting, switching."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest

from media_server.dataplane.ports import (
    SrtpProfile,
    TapPacket,
)
from tests.contracts.dataplane_world import (
    CM,
    DELTA,
    GCM,
    KEYFRAME,
    PUBLISHER,
    SUBSCRIBER,
    WithWorld,
    World,
    one_byte,
    steps,
)
from tests.fakes.srtp_client import Rtp


class Forwarding(WithWorld):
    """What routes do to packets."""

    @pytest.mark.parametrize(("inward", "outward"), [(GCM, GCM), (CM, GCM), (GCM, CM), (CM, CM)])
    async def test_forwards_rewritten_and_sealed_for_the_subscriber(
        self, world: World, inward: SrtpProfile, outward: SrtpProfile
    ) -> None:
        world.join(world.publisher, PUBLISHER, inward)
        world.join(world.subscriber, SUBSCRIBER, outward)
        world.route()
        sent = [Rtp(100 + n, bytes((n,)) * (100 + n % 3), 3000 * n, marker=n == 4) for n in range(40)]
        world.publisher.send(*sent)
        got = await world.flow()
        assert [packet.payload for packet in got] == [packet.payload for packet in sent]
        assert [packet.timestamp for packet in got] == [packet.timestamp for packet in sent]
        assert [packet.marker for packet in got] == [packet.marker for packet in sent]
        assert {(packet.ssrc, packet.payload_type) for packet in got} == {(9, 120)}
        assert set(steps(got)) == {1}
        assert world.subscriber.failures == 0
        assert world.plane.stats().forwarded == 40

    async def test_tells_what_arrived_also_without_a_route(self, world: World) -> None:
        extension = one_byte({1: b"ab", 3: b"\x85"})
        packet = Rtp(7, b"12345", 99, ssrc=77, payload_type=111, marker=True, extension=extension)
        world.publisher.send(packet)
        await world.handled()
        [told] = world.told.received
        assert (told.peer, told.ssrc, told.payload_type, told.sequence) == (PUBLISHER, 77, 111, 7)
        assert (told.timestamp, told.marker, told.size_bytes) == (99, True, len(packet.packed()))
        assert told.extensions == {1: b"ab", 3: b"\x85"}

    async def test_maps_listed_extensions_and_removes_the_others(self, world: World) -> None:
        world.route(extensions={1: 4, 5: 2})
        world.publisher.send(
            Rtp(1, extension=one_byte({1: b"ab", 3: b"xyz", 5: b"q"})),
            Rtp(2, extension=one_byte({3: b"xyz"})),
            Rtp(3),
        )
        got = await world.flow()
        assert [packet.extension for packet in got] == [one_byte({4: b"ab", 2: b"q"}), b"", b""]

    async def test_uses_the_two_byte_form_where_the_one_byte_form_cannot_say_it(self, world: World) -> None:
        world.route(extensions={1: 1, 2: 200})
        long = struct.pack("!HHBB", 0x1000, 5, 1, 17) + b"L" * 17 + b"\0"
        world.publisher.send(Rtp(1, extension=long), Rtp(2, extension=one_byte({2: b"z"})))
        got = await world.flow()
        assert got[0].extension == long
        assert got[1].extension == struct.pack("!HHBB", 0x1000, 1, 200, 1) + b"z\0"

    @pytest.mark.parametrize(
        "extension",
        [
            struct.pack("!HH", 0xBEDE, 1) + b"\x1f\0\0\0",
            struct.pack("!HH", 0x1000, 1) + b"\x01\xff\0\0",
            struct.pack("!HH", 0x1000, 1) + b"\0\0\0\x01",
            struct.pack("!HH", 0xABAC, 1) + b"\x01\x01\x01\x01",
            struct.pack("!HH", 0xBEDE, 0),
        ],
    )
    async def test_a_malformed_extension_costs_the_extension_only(self, world: World, extension: bytes) -> None:
        world.route(extensions={1: 1})
        world.publisher.send(Rtp(1, extension=extension), Rtp(2, extension=one_byte({1: b"a"})))
        got = await world.flow()
        assert [packet.extension for packet in got] == [b"", one_byte({1: b"a"})]

    async def test_an_extension_longer_than_the_packet_is_dropped(self, world: World) -> None:
        world.route()
        sealed = bytearray(world.publisher.seal(Rtp(1, extension=one_byte({1: b"a"}))))
        sealed[14:16] = b"\xff\xff"
        world.publisher.send_raw(bytes(sealed))
        assert await world.flow() == []
        assert world.plane.stats().dropped_malformed == 1

    async def test_unlisted_payload_types_leave_no_gap(self, world: World) -> None:
        world.route()
        world.publisher.send(Rtp(1), Rtp(2, payload_type=97), Rtp(3), Rtp(4))
        got = await world.flow()
        assert len(got) == 3
        assert steps(got) == [1, 1]

    async def test_padding_goes_and_padding_alone_leaves_no_gap(self, world: World) -> None:
        world.route()
        world.publisher.send(
            Rtp(1, b"a"), Rtp(2, b"", padding=200), Rtp(3, b"b", padding=5), Rtp(4, b"", padding=9), Rtp(5, b"c")
        )
        got = await world.flow()
        assert [packet.payload for packet in got] == [b"a", b"b", b"c"]
        assert steps(got) == [1, 1]

    async def test_a_packet_that_overtook_padding_keeps_its_number(self, world: World) -> None:
        world.route()
        world.publisher.send(Rtp(1, b"1"), Rtp(3, b"", padding=9), Rtp(4, b"4"), Rtp(2, b"2"))
        got = await world.flow()
        by_number = sorted(got, key=lambda packet: packet.sequence)
        assert [packet.payload for packet in by_number] == [b"1", b"2", b"4"]
        assert steps(by_number) == [1, 1]

    async def test_reordered_packets_keep_their_numbers_and_gaps_stay(self, world: World) -> None:
        world.route()
        world.publisher.send(*(Rtp(number, bytes((number,))) for number in (10, 12, 11, 15, 13)))
        got = await world.flow()
        start = got[0].sequence
        assert [(packet.sequence - start, packet.payload[0]) for packet in got] == [
            (0, 10), (2, 12), (1, 11), (5, 15), (3, 13),
        ]  # fmt: skip

    async def test_numbers_and_rollover_counters_wrap_on_both_sides(self, world: World) -> None:
        world.route()
        sent = [Rtp(number, number.to_bytes(4, "big")) for number in range(1000, 400_000, 2_500)]
        for packet in sent:
            world.publisher.send(packet)
        got = await world.flow()
        assert [packet.payload for packet in got] == [packet.payload for packet in sent]
        assert set(steps(got)) == {2_500}
        assert world.subscriber.failures == 0

    @pytest.mark.parametrize(("before", "after"), [(2, 65_531), (10, 5_000), (60_000, 68_100)])
    async def test_a_publisher_that_jumps_ahead_loses_no_viewer(self, world: World, before: int, after: int) -> None:
        route = world.route(rtx_ssrc=10, rtx_payload_types={120: 121})
        world.publisher.send(Rtp(before, b"1", 100), Rtp(before + 1, b"2", 3100))
        got = await world.flow()
        world.publisher.send(Rtp(after, b"3", 3_000_000_000), Rtp(after + 1, b"4", 3_000_003_000))
        got += await world.flow()
        assert [packet.payload for packet in got] == [b"1", b"2", b"3", b"4"]
        assert set(steps(got)) == {1}
        waited, went_on = ((b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(got[1:]))
        assert 0 < waited < 60 * 90_000
        assert went_on == 3000
        assert world.plane.retransmit(route, [packet.sequence for packet in got]) == 4
        assert [packet.payload[2:] for packet in await world.flow()] == [b"1", b"2", b"3", b"4"]
        assert world.subscriber.failures == 0

    async def test_after_a_jump_a_picture_begins_with_a_keyframe(self, world: World) -> None:
        world.route(keyframe_first=True)
        world.publisher.send(Rtp(1, KEYFRAME), Rtp(2, DELTA), Rtp(9000, DELTA), Rtp(9001, KEYFRAME), Rtp(9002, DELTA))
        got = await world.flow()
        assert [packet.payload for packet in got] == [KEYFRAME, DELTA, KEYFRAME, DELTA]
        assert set(steps(got)) == {1}

    async def test_pause_drops_and_resumes_without_a_gap(self, world: World) -> None:
        route = world.route()
        world.publisher.send(Rtp(1), Rtp(2))
        assert len(await world.flow()) == 2
        world.plane.pause_route(route, True)
        world.plane.pause_route(route, True)
        world.publisher.send(Rtp(3), Rtp(4))
        assert await world.flow() == []
        world.plane.pause_route(route, False)
        world.publisher.send(Rtp(5, timestamp=5000), Rtp(6, timestamp=5000))
        got = await world.flow()
        assert [packet.timestamp for packet in got] == [5000, 5000]
        assert world.plane.route_stats(route).packets == 4
        world.plane.pause_route(route, True)
        world.plane.pause_route(route, False)
        world.publisher.send(Rtp(7))
        assert (await world.flow())[0].sequence == (got[-1].sequence + 1) & 0xFFFF

    async def test_mute_stops_routes_taps_and_repeats_until_unmuted(self, world: World) -> None:
        tapped: list[TapPacket] = []
        route = world.route(codec="opus")
        world.plane.add_tap(PUBLISHER, 1, tapped.append)
        world.publisher.send(Rtp(1))
        [first] = await world.flow()
        world.plane.mute(PUBLISHER, 1, True)
        world.publisher.send(Rtp(2), Rtp(3))
        assert await world.flow() == []
        assert world.plane.retransmit(route, [first.sequence]) == 0
        assert len(tapped) == 1
        world.plane.mute(PUBLISHER, 1, False)
        world.publisher.send(Rtp(4))
        [second] = await world.flow()
        assert steps([first, second]) == [1]
        assert len(tapped) == 2

    async def test_a_new_viewer_starts_with_a_keyframe(self, world: World) -> None:
        route = world.route(keyframe_first=True)
        world.publisher.send(Rtp(1, DELTA), Rtp(2, DELTA), Rtp(3, KEYFRAME), Rtp(4, DELTA))
        got = await world.flow()
        assert [packet.payload for packet in got] == [KEYFRAME, DELTA]
        assert [told.keyframe for told in world.told.received] == [False, False, True, False]
        world.plane.pause_route(route, True)
        world.plane.pause_route(route, False)
        world.publisher.send(Rtp(5, DELTA), Rtp(6, KEYFRAME))
        assert [packet.payload for packet in await world.flow()] == [KEYFRAME]

    async def test_switch_waits_for_a_keyframe_and_does_not_jump(self, world: World) -> None:
        route = world.route()
        world.publisher.send(Rtp(1, KEYFRAME, 1000), Rtp(2, DELTA, 4000))
        before = await world.flow()
        world.plane.switch_route(route, 5)
        world.publisher.send(
            Rtp(60_000, DELTA, 777_000, ssrc=5), Rtp(3, DELTA, 7000), Rtp(60_001, KEYFRAME, 780_000, ssrc=5),
            Rtp(4, DELTA, 10_000), Rtp(60_002, DELTA, 783_000, ssrc=5),
        )  # fmt: skip
        after = await world.flow()
        assert [packet.payload for packet in after] == [DELTA, KEYFRAME, DELTA]
        assert steps([*before, *after]) == [1, 1, 1, 1]
        assert 7000 < after[1].timestamp < 7000 + 90_000
        assert after[2].timestamp - after[1].timestamp == 3000
        offset = world.plane.route_stats(route).timestamp_offset
        assert (783_000 + offset) & 0xFFFFFFFF == after[2].timestamp
