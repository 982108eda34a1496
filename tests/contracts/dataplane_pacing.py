"""The data plane's contract: a peer is sent to at its pace."""

from __future__ import annotations

import pytest

from media_server.dataplane.ports import BandwidthLimits, RouteId
from tests.contracts.dataplane_hop import AUDIO, HOP, RTX, gapless, tell
from tests.contracts.dataplane_world import DELTA, PUBLISHER, SUBSCRIBER, WithWorld, World, steps, until
from tests.fakes.srtp_client import Rtp

SIZE = 1000


def burst(first: int, count: int) -> list[Rtp]:
    return [Rtp(number, bytes((number & 0xFF,)) * SIZE, number * 100) for number in range(first, first + count)]


class Pacing(WithWorld):
    """What waits, what does not, what is dropped."""

    async def test_a_burst_is_spread(self, world: World) -> None:
        world.route()
        world.plane.pace(SUBSCRIBER, 500_000)
        sent = burst(1, 20)
        world.publisher.send(*sent)
        got = await world.gather(20)
        assert [packet.payload for packet in got] == [packet.payload for packet in sent]
        assert set(steps(got)) == {1}
        # 20 kB at 500 kbit/s are 320 ms.
        assert got[-1].arrival_us - got[0].arrival_us > 200_000
        assert world.plane.stats().forwarded == 20

    async def test_slower_than_the_pace_nothing_waits(self, world: World) -> None:
        route = world.route()
        world.plane.pace(SUBSCRIBER, 50_000_000)
        for number in range(1, 6):
            world.publisher.send(*burst(number, 1))
            assert len(await world.flow()) == 1
            assert world.plane.route_stats(route).queued == 0

    async def test_audio_never_waits_and_numbers_are_given_when_leaving(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        world.route()
        world.route(**AUDIO)
        world.plane.pace(SUBSCRIBER, 300_000)
        world.publisher.send(*burst(1, 10), Rtp(1, b"sound", ssrc=2, payload_type=111))
        got = await world.gather(11)
        assert [packet.payload for packet in got].index(b"sound") < 5
        assert gapless(got)

    async def test_the_queue_holds_a_second_and_drops_the_newest(self, world: World) -> None:
        route = world.route()
        world.plane.pace(SUBSCRIBER, 80_000)
        sent = burst(1, 60)
        world.publisher.send(*sent)
        await world.handled()
        waiting = world.plane.route_stats(route).queued
        assert 5 <= waiting <= 10
        dropped = world.plane.stats().paced_out
        assert 60 - 5 - waiting <= dropped < 60 - waiting
        world.plane.pace(SUBSCRIBER, None)
        got = await world.gather(60 - dropped)
        assert [packet.payload for packet in got] == [packet.payload for packet in sent[: len(got)]]
        assert world.plane.route_stats(route).queued == 0
        assert world.plane.route_stats(route).packets == len(got)

    async def test_the_queue_holds_1000_packets(self, world: World) -> None:
        route = world.route()
        world.plane.pace(SUBSCRIBER, 50_000)
        for first in range(0, 1400, 100):
            world.publisher.send(*(Rtp(number, b"tiny") for number in range(first, first + 100)))
            await world.handled()
        assert world.plane.route_stats(route).queued <= 1000
        assert world.plane.stats().paced_out > 0

    async def test_without_a_pace_all_that_waits_leaves(self, world: World) -> None:
        world.route()
        world.plane.pace(SUBSCRIBER, 100_000)
        world.publisher.send(*burst(1, 10))
        begun = len(await world.flow())
        assert begun < 5
        world.plane.pace(SUBSCRIBER, None)
        assert begun + len(await world.flow()) == 10

    @pytest.mark.parametrize("how", ["pause", "mute", "hush"])
    async def test_what_waits_is_not_sent_once_held_back_and_leaves_no_gap(self, world: World, how: str) -> None:
        route = world.route(**RTX)

        def hold(held: bool) -> None:
            if how == "pause":
                world.plane.pause_route(route, held)
            elif how == "mute":
                world.plane.mute(PUBLISHER, 1, held)
            else:
                world.plane.hush(PUBLISHER, 1, held)

        world.plane.pace(SUBSCRIBER, 100_000)
        world.publisher.send(*burst(1, 10))
        got = await world.flow()
        hold(True)
        world.plane.pace(SUBSCRIBER, None)
        got += await world.flow()
        assert len(got) < 5
        hold(False)
        world.publisher.send(Rtp(11, b"after"), Rtp(12, b"that"))
        got += await world.flow()
        assert [packet.payload for packet in got[-2:]] == [b"after", b"that"]
        assert set(steps(got)) == {1}
        world.plane.retransmit(route, [packet.sequence for packet in got])
        assert [packet.payload[2:] for packet in await world.flow()] == [packet.payload for packet in got]

    async def test_a_removed_route_takes_its_queue_along(self, world: World) -> None:
        route = world.route()
        world.plane.pace(SUBSCRIBER, 100_000)
        world.publisher.send(*burst(1, 10))
        before = len(await world.flow())
        world.plane.remove_route(route)
        world.plane.pace(SUBSCRIBER, None)
        assert before + len(await world.flow()) < 5

    async def test_repeats_wait_too(self, world: World) -> None:
        route = world.route(**RTX)
        world.publisher.send(*burst(1, 10))
        got = await world.flow()
        world.plane.pace(SUBSCRIBER, 100_000)
        assert world.plane.retransmit(route, [packet.sequence for packet in got]) == 10
        assert len(await world.flow()) < 5
        world.plane.pace(SUBSCRIBER, None)
        await self._all_left(world, route)
        assert world.plane.route_stats(route).retransmitted == 10

    async def test_repeats_leave_before_what_waits(self, world: World) -> None:
        route = world.route(**RTX)
        world.publisher.send(*burst(1, 3))
        first = await world.flow()
        world.plane.pace(SUBSCRIBER, 100_000)
        world.publisher.send(*burst(4, 10))
        begun = await world.flow()
        assert len(begun) < 5
        assert world.plane.retransmit(route, [packet.sequence for packet in first]) == 3
        world.plane.pace(SUBSCRIBER, None)
        left = await world.gather(13 - len(begun))
        repeats = [at for at, packet in enumerate(left) if packet.ssrc == RTX["rtx_ssrc"]]
        assert [left[at].payload[2:] for at in repeats] == [packet.payload for packet in first]
        # One or two may have left before the repeats were asked for, and between them none.
        assert repeats[-1] < len(left) - 5
        media = [packet for packet in begun + left if packet.ssrc != RTX["rtx_ssrc"]]
        assert set(steps(media)) == {1}

    async def test_a_switch_leaves_behind_what_waits_and_no_gap(self, world: World) -> None:
        route = world.route(codec="vp8")
        world.plane.pace(SUBSCRIBER, 100_000)
        keyframe = b"\x10\0\0\0".ljust(SIZE, b"k")
        world.publisher.send(
            Rtp(1, keyframe, 1000), *(Rtp(number, DELTA.ljust(SIZE, b"d")) for number in range(2, 12))
        )
        world.plane.switch_route(route, 5)
        got = await world.flow()
        assert 1 <= len(got) < 6
        world.publisher.send(Rtp(700, keyframe, 9000, ssrc=5))
        await world.handled()
        assert world.plane.route_stats(route).queued <= 1
        world.plane.pace(SUBSCRIBER, None)
        got += await world.flow()
        assert got[-1].payload == keyframe
        assert len(got) < 8
        assert set(steps(got)) == {1}

    async def test_what_is_under_way_is_bounded_once_feedback_comes(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        world.plane.limit_bandwidth(SUBSCRIBER, BandwidthLimits(start_bps=100_000, most_bps=100_000))
        route = world.route()
        world.route(**AUDIO)
        world.plane.pace(SUBSCRIBER, 50_000_000)
        world.publisher.send(*burst(1, 20))
        got = await world.gather(20)
        tell(world, got)
        await world.told_by_subscriber()
        world.publisher.send(*burst(21, 40), Rtp(1, b"sound", ssrc=2, payload_type=111))
        got = await world.flow()
        assert b"sound" in [packet.payload for packet in got]
        held = world.plane.route_stats(route).queued
        assert held > 20
        assert world.plane.stats().paced_out == 0
        tell(world, got)
        await until(lambda: world.plane.route_stats(route).queued < held)

    async def _all_left(self, world: World, route: RouteId) -> None:
        await until(lambda: world.plane.route_stats(route).queued == 0)
