"""The data plane's contract: answers to NACK, publishers' RTX, taps."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from media_server.dataplane.ports import (
    TapPacket,
)
from tests.contracts.dataplane_world import (
    GCM,
    KEYFRAME,
    PUBLISHER,
    WithWorld,
    World,
    one_byte,
    steps,
    until,
)
from tests.fakes.srtp_client import Rtp, keys


class Repair(WithWorld):
    """What is done about lost packets."""

    async def test_a_repeat_without_rtx_is_the_same_packet(self, world: World) -> None:
        route = world.route()
        world.publisher.send(*(Rtp(number, bytes((number,)), 10 * number) for number in range(1, 6)))
        got = await world.flow()
        assert world.plane.retransmit(route, [got[1].sequence, got[3].sequence, (got[4].sequence + 1) & 0xFFFF]) == 2
        # libsrtp refuses a number it has seen: the datagram arrives as a replay.
        before = world.subscriber.failures
        assert await world.flow() == []
        assert world.subscriber.failures == before + 2
        assert world.plane.route_stats(route).retransmitted == 2

    async def test_a_lost_packet_is_repeated_as_rtx_once_in_20_ms(self, world: World) -> None:
        route = world.route(rtx_ssrc=10, rtx_payload_types={120: 121})
        world.publisher.send(Rtp(1, b"one", 10), Rtp(2, b"two", 20, marker=True), Rtp(3, b"three", 30))
        got = await world.flow()
        lost = got[1].sequence
        assert world.plane.retransmit(route, [lost]) == 1
        assert world.plane.retransmit(route, [lost]) == 1
        [repeat] = await world.flow()
        assert (repeat.ssrc, repeat.payload_type, repeat.timestamp, repeat.marker) == (10, 121, 20, True)
        assert repeat.payload == lost.to_bytes(2, "big") + b"two"

    async def test_repeats_reach_back_over_pauses_and_padding(self, world: World) -> None:
        route = world.route(rtx_ssrc=10, rtx_payload_types={120: 121})
        world.publisher.send(Rtp(1, b"one"), Rtp(2, b"", padding=9), Rtp(3, b"three"))
        got = await world.flow()
        world.plane.pause_route(route, True)
        world.publisher.send(Rtp(4, b"hidden"))
        await world.handled()
        assert world.plane.retransmit(route, [got[0].sequence]) == 0
        world.plane.pause_route(route, False)
        world.publisher.send(Rtp(5, b"five"))
        got += await world.flow()
        assert world.plane.retransmit(route, [packet.sequence for packet in got]) == 3
        assert [packet.payload[2:] for packet in await world.flow()] == [b"one", b"three", b"five"]

    @pytest.mark.parametrize("how", ["pause", "mute"])
    async def test_what_was_held_back_is_never_sent_afterwards(self, world: World, how: str) -> None:
        route = world.route(rtx_ssrc=10, rtx_payload_types={120: 121})

        def hold(held: bool) -> None:
            if how == "pause":
                world.plane.pause_route(route, held)
            else:
                world.plane.mute(PUBLISHER, 1, held)

        late = [world.publisher.seal(Rtp(number, b"secret")) for number in (3, 5)]
        world.publisher.send(Rtp(1, b"one"))
        got = await world.flow()
        hold(True)
        world.publisher.send(Rtp(2, b"secret"), Rtp(4, b"secret"), Rtp(6, b"secret"))
        assert await world.flow() == []
        hold(False)
        for datagram in late:
            world.publisher.send_raw(datagram)
        world.publisher.send(Rtp(7, b"seven"))
        got += await world.flow()
        assert [packet.payload for packet in got] == [b"one", b"seven"]
        assert steps(got) == [1]
        start = got[0].sequence
        world.plane.retransmit(route, [(start + step) & 0xFFFF for step in range(-8, 9)])
        assert [packet.payload[2:] for packet in await world.flow()] == [b"one", b"seven"]

    @pytest.mark.parametrize("how", ["repeat", "late"])
    async def test_a_stream_that_was_forgotten_and_comes_back_takes_no_number_twice(
        self, world: World, how: str
    ) -> None:
        route = world.route()
        world.publisher.send(*(Rtp(number, KEYFRAME, 10 * number) for number in range(1, 6)))
        got = await world.flow()
        world.plane.switch_route(route, 2)
        world.publisher.send(Rtp(1, KEYFRAME, ssrc=2))
        assert len(await world.flow()) == 1
        # So many newer streams that somebody named that the idle first one goes.
        for ssrc in range(100, 200):
            world.plane.set_stream(PUBLISHER, ssrc, "vp8", 90_000)
            world.publisher.send(Rtp(1, KEYFRAME, ssrc=ssrc))
            await world.handled()
        world.plane.set_stream(PUBLISHER, 1, "vp8", 90_000)
        world.publisher.set_keys(keys(16 * int(PUBLISHER), GCM))
        again = [world.publisher.seal(Rtp(number, b"other bytes", 10 * number)) for number in range(1, 6)]
        if how == "repeat":
            for datagram in again:
                world.publisher.send_raw(datagram)
            await world.handled()
        else:
            world.plane.switch_route(route, 1)
            world.publisher.send(Rtp(9, KEYFRAME, 90))
            assert len(await world.flow()) == 1
            for datagram in again:
                world.publisher.send_raw(datagram)
        world.plane.retransmit(route, [packet.sequence for packet in got])
        # libsrtp would count a number that it has seen.
        before = world.subscriber.failures
        assert await world.flow() == []
        assert world.subscriber.failures == before

    async def test_the_cache_holds_500_video_packets(self, world: World) -> None:
        route = world.route(rtx_ssrc=10, rtx_payload_types={120: 121})
        got: list[Rtp] = []
        for start in range(1, 601, 100):
            world.publisher.send(*(Rtp(number, bytes(2)) for number in range(start, start + 100)))
            got += await world.flow()
        assert world.plane.retransmit(route, [got[99].sequence]) == 0
        assert world.plane.retransmit(route, [got[101].sequence]) == 1

    async def test_a_publishers_rtx_fills_the_gap_once(self, world: World) -> None:
        world.plane.set_rtx(PUBLISHER, 2, 1, {97: 96})
        tapped: list[TapPacket] = []
        world.plane.add_tap(PUBLISHER, 1, tapped.append)
        world.route()
        late = world.publisher.seal(Rtp(2, b"two", 20))
        world.publisher.send(Rtp(1, b"one", 10), Rtp(3, b"three", 30))
        repeat = Rtp(500, (2).to_bytes(2, "big") + b"two", 20, ssrc=2, payload_type=97, marker=True)
        world.publisher.send(repeat, replace(repeat, sequence=501), Rtp(502, b"", ssrc=2, payload_type=97, padding=9))
        world.publisher.send_raw(late)
        got = await world.flow()
        assert [packet.payload for packet in got] == [b"one", b"three", b"two"]
        assert steps(sorted(got, key=lambda packet: packet.sequence)) == [1, 1]
        assert tapped[2].rtp == Rtp(2, b"two", 20, marker=True).packed()
        media = [(told.ssrc, told.sequence) for told in world.told.received]
        assert media == [(1, 1), (1, 3), (2, 500), (1, 2), (2, 501), (2, 502)]

    async def test_a_tap_gets_the_publishers_bytes_until_removed(self, world: World) -> None:
        tapped: list[TapPacket] = []
        stop = world.plane.add_tap(PUBLISHER, 1, tapped.append)
        sent = [Rtp(1, extension=one_byte({3: b"x"})), Rtp(3), Rtp(2)]
        world.publisher.send(*sent, Rtp(9, ssrc=8))
        await world.handled()
        assert [packet.rtp for packet in tapped] == [packet.packed() for packet in sent]
        stop()
        stop()
        world.publisher.send(Rtp(4))
        await world.handled()
        assert len(tapped) == 3

    async def test_nothing_seems_to_have_arrived_before_it_was_sent(self, world: World) -> None:
        tapped: list[TapPacket] = []
        sent_us = 0

        def slow_sink(packet: TapPacket) -> None:
            nonlocal sent_us
            tapped.append(packet)
            if len(tapped) == 1:
                # Busy, not asleep: the loop has other packets in hand when the next one is sent.
                begun_us = time.monotonic_ns() // 1000
                while sent_us < begun_us + 20_000:
                    sent_us = time.monotonic_ns() // 1000
                world.publisher.send(Rtp(2))

        world.plane.add_tap(PUBLISHER, 1, slow_sink)
        world.publisher.send(Rtp(1))
        await world.handled()
        await until(lambda: len(tapped) == 2)
        assert tapped[1].arrival_us >= sent_us
