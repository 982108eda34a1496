"""The data plane's contract: VP8's running numbers and time over a switch."""

from __future__ import annotations

from itertools import pairwise

from tests.contracts.dataplane_layers import ids, key_index, picture_id, tl0_index, vp8
from tests.contracts.dataplane_world import SUBSCRIBER, WithWorld, World, steps
from tests.fakes.srtp_client import Rtp


class Continuity(WithWorld):
    """Nothing jumps when a route changes its stream."""

    async def test_vp8_numbers_go_on_over_a_switch(self, world: World) -> None:
        route = world.route(rtx_ssrc=10, rtx_payload_types={120: 121})
        world.publisher.send(Rtp(1, vp8(0x7FFD, 254, 30, kind="key"), 1), Rtp(2, vp8(0x7FFE, 255, 30), 2))
        got = await world.flow()
        assert [picture_id(packet) for packet in got] == [0x7FFD, 0x7FFE]
        for ssrc, first in ((5, 77), (1, 0x7FFF), (5, 300)):
            world.plane.switch_route(route, ssrc)
            world.publisher.send(
                Rtp(first, vp8(first, first, 3, kind="key"), 10 * first, ssrc=ssrc),
                Rtp(first + 1, vp8(first + 1, first + 1, 3), 10 * first + 1, ssrc=ssrc),
            )
            got += await world.flow()
        assert set(ids(got)) == {1}
        assert {(tl0_index(b) - tl0_index(a)) & 0xFF for a, b in pairwise(got)} == {1}
        assert [(key_index(packet) - 30) & 31 for packet in got] == [0, 0, 1, 1, 2, 2, 3, 3]
        assert set(steps(got)) == {1}
        assert all(packet.payload.endswith(b"coded") for packet in got)
        assert world.plane.retransmit(route, [packet.sequence for packet in got]) == 8
        assert [packet.payload[2:] for packet in await world.flow()] == [packet.payload for packet in got]

    async def test_a_stopped_stream_ends_at_once_and_is_not_repeated(self, world: World) -> None:
        route = world.route(rtx_ssrc=10, rtx_payload_types={120: 121})
        world.publisher.send(Rtp(1, vp8(1, kind="key"), 1), Rtp(2, vp8(2), 2))
        got = await world.flow()
        world.plane.switch_route(route, 5, stop=True)
        world.publisher.send(Rtp(3, vp8(3), 3), Rtp(4, vp8(4, kind="key"), 4), Rtp(8, vp8(8), 8, ssrc=5))
        assert world.plane.retransmit(route, [packet.sequence for packet in got]) == 0
        assert await world.flow() == []
        world.publisher.send(Rtp(9, vp8(900, kind="key"), 4000, ssrc=5), Rtp(10, vp8(901), 4001, ssrc=5))
        after = await world.flow()
        assert set(steps([*got, *after])) == {1}
        assert world.plane.retransmit(route, [packet.sequence for packet in got]) == 0
        assert world.plane.retransmit(route, [packet.sequence for packet in after]) == 2

    async def test_a_stopped_stream_that_is_taken_again_begins_at_a_keyframe(self, world: World) -> None:
        route = world.route(keyframe_first=True)
        world.publisher.send(Rtp(1, vp8(1, kind="key"), 1))
        got = await world.flow()
        world.plane.switch_route(route, 5, stop=True)
        world.publisher.send(Rtp(2, vp8(2), 2))
        assert await world.flow() == []
        world.plane.switch_route(route, 1, stop=True)
        world.publisher.send(Rtp(3, vp8(3), 3), Rtp(4, vp8(4, kind="key"), 4), Rtp(5, vp8(5), 5))
        got += await world.flow()
        assert len(got) == 3
        assert set(steps(got)) == {1}

    async def test_a_frame_left_out_before_a_switch_moves_no_number(self, world: World) -> None:
        route = world.route()
        world.plane.limit_layers(route, 7, 0)
        world.publisher.send(Rtp(1, vp8(1, kind="key"), 1), Rtp(2, vp8(2), 2), Rtp(3, vp8(3, temporal=1), 3))
        got = await world.flow()
        world.plane.switch_route(route, 5)
        world.publisher.send(Rtp(9, vp8(900, kind="key"), 4000, ssrc=5), Rtp(10, vp8(901), 4001, ssrc=5))
        got += await world.flow()
        assert [picture_id(packet) for packet in got] == [1, 2, 3, 4]

    async def test_a_late_packet_from_before_a_switch_keeps_its_numbers(self, world: World) -> None:
        route = world.route()
        world.publisher.send(Rtp(1, vp8(1, kind="key"), 1), Rtp(2, vp8(2), 2), Rtp(4, vp8(4), 4))
        got = await world.flow()
        world.plane.switch_route(route, 5)
        world.publisher.send(Rtp(9, vp8(900, 9, kind="key"), 4000, ssrc=5))
        got += await world.flow()
        world.plane.switch_route(route, 1)
        world.publisher.send(Rtp(5, vp8(5, kind="key"), 5), Rtp(3, vp8(3), 3))
        got += await world.flow()
        assert [picture_id(packet) for packet in got] == [1, 2, 4, 5, 6, 3]
        assert steps(got) == [1, 2, 1, 1, 0xFFFD]

    async def test_vp8_numbers_go_on_over_a_pause(self, world: World) -> None:
        route = world.route()
        world.publisher.send(Rtp(1, vp8(1, 1, kind="key"), 1))
        got = await world.flow()
        world.plane.pause_route(route, True)
        world.publisher.send(Rtp(2, vp8(2, 2), 2), Rtp(3, vp8(3, 3), 3))
        await world.handled()
        world.plane.pause_route(route, False)
        world.publisher.send(Rtp(4, vp8(4, 4), 4))
        got += await world.flow()
        assert ids(got) == [1]
        assert [tl0_index(packet) for packet in got] == [1, 2]

    async def test_a_known_shift_puts_the_new_stream_at_its_time(self, world: World) -> None:
        route = world.route()
        world.publisher.send(Rtp(1, vp8(1, kind="key"), 1000), Rtp(2, vp8(2), 4000))
        got = await world.flow()
        world.plane.switch_route(route, 5, timestamp_shift=0xFFFF0000)
        world.publisher.send(Rtp(3, vp8(3, kind="key"), (7000 + 0xFFFF0000) & 0xFFFFFFFF, ssrc=5))
        got += await world.flow()
        assert [packet.timestamp for packet in got] == [1000, 4000, 7000]
        world.plane.switch_route(route, 1, timestamp_shift=-0xFFFF0000)
        world.publisher.send(Rtp(3, vp8(4, kind="key"), 10_000))
        got += await world.flow()
        assert got[-1].timestamp == 10_000

    async def test_timestamps_never_go_back(self, world: World) -> None:
        route = world.route()
        world.publisher.send(Rtp(1, vp8(1, kind="key"), 50_000))
        got = await world.flow()
        world.plane.switch_route(route, 5, timestamp_shift=0)
        world.publisher.send(
            Rtp(3, vp8(3, kind="key"), 40_000, ssrc=5), Rtp(4, vp8(4), 43_000, ssrc=5), Rtp(5, vp8(5), 46_000, ssrc=5)
        )
        got += await world.flow()
        times = [packet.timestamp for packet in got]
        assert all(0 < b - a < 10_000 for a, b in pairwise(times))
        assert times[-1] - times[-2] == 3000

    async def test_stats_name_the_stream_until_the_switch_happens(self, world: World) -> None:
        route = world.route()
        world.publisher.send(Rtp(1, vp8(1, kind="key")))
        await world.flow()
        world.plane.switch_route(route, 5)
        world.publisher.send(Rtp(1, vp8(1), ssrc=5))
        await world.flow()
        assert world.plane.route_stats(route).in_ssrc == 1
        world.plane.switch_route(route, 1)
        world.publisher.send(Rtp(2, vp8(2, kind="key"), ssrc=5))
        assert await world.flow() == []
        world.plane.switch_route(route, 5)
        world.publisher.send(Rtp(3, vp8(3, kind="key"), ssrc=5))
        assert len(await world.flow()) == 1
        assert world.plane.route_stats(route).in_ssrc == 5
        assert world.plane.bandwidth(SUBSCRIBER).feedback_us == 0
