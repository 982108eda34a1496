"""The data plane's contract: streams without routes, late viewers, hushed microphones."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from media_server.dataplane.ports import RouteId, TapPacket
from tests.contracts.dataplane_world import DELTA, KEYFRAME, PUBLISHER, SUBSCRIBER, WithWorld, World, steps
from tests.fakes.srtp_client import Rtp

LATE = {"keyframe_first": True, "rtx_ssrc": 10, "rtx_payload_types": {120: 121}}


def picture(number: int, kind: bytes = DELTA) -> Rtp:
    return Rtp(number, kind + number.to_bytes(2, "big"), number * 3000)


class Late(WithWorld):
    """`set_stream`, `replay` and `hush`."""

    async def test_a_named_stream_is_cached_and_its_keyframes_are_told_without_a_route(self, world: World) -> None:
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        world.publisher.send(picture(1), picture(2, KEYFRAME))
        await world.handled()
        assert [told.keyframe for told in world.told.received] == [False, True]

    async def test_a_late_viewer_gets_a_picture_at_once_and_goes_on(self, world: World) -> None:
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        sent = [picture(1), picture(2, KEYFRAME), picture(3), picture(4, KEYFRAME), picture(5), picture(6)]
        world.publisher.send(*sent)
        await world.handled()
        route = world.route(**LATE)
        assert world.plane.replay(route)
        assert not world.plane.replay(route), "it has sent"
        got = await world.flow()
        assert [packet.payload for packet in got] == [packet.payload for packet in sent[3:]]
        world.publisher.send(picture(7))
        got += await world.flow()
        assert set(steps(got)) == {1}
        assert {(b.timestamp - a.timestamp) for a, b in pairwise(got)} == {3000}
        world.plane.retransmit(route, [got[1].sequence])
        [repeat] = await world.flow()
        assert repeat.payload[2:] == sent[4].payload

    async def test_parameter_sets_before_the_picture_belong_to_the_keyframe(self, world: World) -> None:
        world.plane.set_stream(PUBLISHER, 1, "h264", 90_000)
        sps, pps, idr, delta = b"\x67sps", b"\x68pps", b"\x65idr", b"\x41delta"
        world.publisher.send(
            Rtp(1, delta, 10), Rtp(2, sps, 20), Rtp(3, pps, 20), Rtp(4, idr, 20, marker=True), Rtp(5, delta, 30)
        )
        await world.handled()
        assert world.plane.replay(world.route(codec="h264", **LATE))
        assert [packet.payload for packet in await world.flow()] == [sps, pps, idr, delta]

    async def test_packets_that_are_left_out_leave_no_gap_in_a_replay(self, world: World) -> None:
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        world.publisher.send(
            picture(1, KEYFRAME), Rtp(2, b"", padding=9), picture(3), Rtp(4, b"other", payload_type=97), picture(5)
        )
        await world.handled()
        assert world.plane.replay(world.route(**LATE))
        got = await world.flow()
        assert len(got) == 3
        assert steps(got) == [1, 1]

    @pytest.mark.parametrize("missing", ["everything", "keyframe", "middle", "muted"])
    async def test_a_replay_with_a_hole_is_refused(self, world: World, missing: str) -> None:
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        sent = [picture(1, KEYFRAME), picture(2), picture(3), picture(4)]
        if missing == "everything":
            sent.clear()
        elif missing == "keyframe":
            del sent[0]
        elif missing == "middle":
            del sent[2]
        world.publisher.send(*sent)
        await world.handled()
        if missing == "muted":
            world.plane.mute(PUBLISHER, 1, True)
            world.publisher.send(picture(5))
            await world.handled()
            world.plane.mute(PUBLISHER, 1, False)
        await self._refused(world, world.route(**LATE))

    async def test_a_replay_of_what_is_too_old_is_refused(self, world: World) -> None:
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        world.publisher.send(picture(1, KEYFRAME), picture(2))
        await world.handled()
        await asyncio.sleep(2.05)
        world.publisher.send(picture(3))
        await world.handled()
        await self._refused(world, world.route(**LATE))

    async def test_a_replay_of_too_much_is_refused(self, world: World) -> None:
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        world.publisher.send(Rtp(1, KEYFRAME.ljust(1300, b"k")))
        for first in range(2, 472, 47):
            world.publisher.send(*(Rtp(number, DELTA.ljust(1300, b"d")) for number in range(first, first + 47)))
            await world.handled()
        await self._refused(world, world.route(**LATE))

    async def test_a_replay_over_the_whole_cache_is_refused(self, world: World) -> None:
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        world.publisher.send(picture(1, KEYFRAME))
        for first in range(2, 502, 100):
            world.publisher.send(*(picture(number) for number in range(first, first + 100)))
            await world.handled()
        await self._refused(world, world.route(**LATE))

    @pytest.mark.parametrize("why", ["paused", "no address", "hushed"])
    async def test_nothing_is_replayed_where_nothing_may_be_sent(self, world: World, why: str) -> None:
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        world.publisher.send(picture(1, KEYFRAME), picture(2))
        await world.handled()
        route = world.route(**LATE)
        if why == "paused":
            world.plane.pause_route(route, True)
        elif why == "hushed":
            world.plane.hush(PUBLISHER, 1, True)
        else:
            world.plane.send_to_address(SUBSCRIBER, None)
        assert not world.plane.replay(route)

    async def test_a_replay_that_the_pace_would_cut_short_is_refused(self, world: World) -> None:
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        world.publisher.send(picture(1, KEYFRAME), *(Rtp(number, DELTA.ljust(1000, b"d")) for number in range(2, 30)))
        await world.handled()
        route = world.route(**LATE)
        world.plane.pace(SUBSCRIBER, 100_000)
        assert not world.plane.replay(route)
        world.plane.pace(SUBSCRIBER, 1_000_000)
        assert world.plane.replay(route)
        assert len(await world.gather(29)) == 29

    async def test_another_codec_empties_the_cache(self, world: World) -> None:
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        world.publisher.send(picture(1, KEYFRAME))
        await world.handled()
        world.plane.set_stream(PUBLISHER, 1, "h264", 90_000)
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        assert not world.plane.replay(world.route(**LATE))

    async def test_hush_stops_routes_and_repeats_but_not_taps(self, world: World) -> None:
        tapped: list[TapPacket] = []
        route = world.route(codec="opus", rtx_ssrc=10, rtx_payload_types={120: 121})
        world.plane.add_tap(PUBLISHER, 1, tapped.append)
        world.publisher.send(Rtp(1))
        got = await world.flow()
        world.plane.hush(PUBLISHER, 1, True)
        world.plane.hush(PUBLISHER, 1, True)
        world.publisher.send(Rtp(2), Rtp(3))
        assert await world.flow() == []
        assert world.plane.retransmit(route, [got[0].sequence]) == 0
        assert len(tapped) == 3
        world.plane.hush(PUBLISHER, 1, False)
        world.publisher.send(Rtp(4))
        got += await world.flow()
        assert steps(got) == [1]
        assert len(tapped) == 4

    async def test_mute_and_hush_are_independent(self, world: World) -> None:
        tapped: list[TapPacket] = []
        world.route(codec="opus")
        world.plane.add_tap(PUBLISHER, 1, tapped.append)
        world.plane.hush(PUBLISHER, 1, True)
        world.plane.mute(PUBLISHER, 1, True)
        world.plane.hush(PUBLISHER, 1, False)
        world.publisher.send(Rtp(1))
        assert await world.flow() == []
        assert tapped == []
        world.plane.hush(PUBLISHER, 1, True)
        world.plane.mute(PUBLISHER, 1, False)
        world.publisher.send(Rtp(2))
        assert await world.flow() == []
        assert len(tapped) == 1
        world.plane.hush(PUBLISHER, 1, False)
        world.publisher.send(Rtp(3))
        assert len(await world.flow()) == 1

    async def _refused(self, world: World, route: RouteId) -> None:
        """Nothing is sent, and the next keyframe begins it as if nobody had asked."""
        assert not world.plane.replay(route)
        assert await world.flow() == []
        world.publisher.send(picture(600, KEYFRAME), picture(601))
        got = await world.flow()
        assert [packet.payload for packet in got] == [picture(600, KEYFRAME).payload, picture(601).payload]
        assert steps(got) == [1]
