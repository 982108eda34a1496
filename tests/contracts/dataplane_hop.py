"""The data plane's contract: what is written on each packet to a peer, and what its feedback says of the path."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import time
from collections.abc import Callable, Mapping
from itertools import pairwise

import pytest

from media_server.dataplane.pacer import MAX_FILLINGS
from media_server.dataplane.ports import BandwidthLimits, HopExtensions, PeerId, RouteId
from tests.contracts.dataplane_world import (
    KEYFRAME,
    PUBLISHER,
    SUBSCRIBER,
    WithWorld,
    World,
    one_byte,
    receiver_report,
    steps,
    until,
)
from tests.fakes.srtp_client import Rtp, SrtpClient, elements, transport_feedback

HOP = HopExtensions(transport_cc=5, abs_send_time=3)
AUDIO: Mapping[str, object] = {
    "in_ssrc": 2, "out_ssrc": 19, "codec": "opus", "clock_rate_hz": 48_000, "payload_types": {111: 111},
}  # fmt: skip
RTX: Mapping[str, object] = {"rtx_ssrc": 10, "rtx_payload_types": {120: 121}}


def number(packet: Rtp) -> int:
    return int.from_bytes(elements(packet.extension)[HOP.transport_cc], "big")


def gapless(packets: list[Rtp]) -> bool:
    numbers = [number(packet) for packet in packets]
    return all((second - first) & 0xFFFF == 1 for first, second in pairwise(numbers))


async def watch(
    world: World, until_true: Callable[[], bool], delay_us: Callable[[int], int], size: int = 1000
) -> None:
    """Send 4 packets each 10 ms and tell of them each time, as if they came `delay_us(time since begin)` later."""
    begun_us, sequence = time.monotonic_ns() // 1000, 20_000
    while not until_true():
        assert time.monotonic_ns() // 1000 < begun_us + 8_000_000, "it never came"
        for _ in range(4):
            sequence += 1
            world.publisher.send(Rtp(sequence, KEYFRAME.ljust(1000, b"."), sequence * 900))
        await asyncio.sleep(0.01)
        got = await world.flow()
        if got:
            tell(world, got, lambda at_us: at_us + delay_us(at_us - begun_us))
            await world.told_by_subscriber()


def tell(world: World, got: list[Rtp], arrival_us: Callable[[int], int] = lambda at_us: at_us) -> None:
    """Feedback on these packets; numbers between them are told as lost."""
    first = number(got[0])
    arrivals: dict[int, int] = {(number(packet) - first) & 0xFFFF: arrival_us(packet.arrival_us) for packet in got}
    last = max(arrivals)
    report = transport_feedback(first, [arrivals.get(step) for step in range(last + 1)])
    world.subscriber.send_rtcp(receiver_report(9) + report)


class Hop(WithWorld):
    """Transport-wide numbers, send times, and the estimate made of the feedback."""

    async def test_everything_is_numbered_in_order_of_leaving(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        route = world.route(**RTX)
        world.route(**AUDIO)
        for start in range(1, 21, 5):
            world.publisher.send(
                *(Rtp(start + step, bytes(900), ssrc=1) for step in range(4)), Rtp(start, ssrc=2, payload_type=111)
            )
        got = await world.flow()
        assert world.plane.retransmit(route, [got[2].sequence, got[0].sequence]) == 2
        got += await world.flow()
        world.publisher.send(Rtp(30, ssrc=1), Rtp(30, ssrc=2, payload_type=111))
        got += await world.flow()
        assert {packet.ssrc for packet in got} == {9, 10, 19}
        assert len(got) == 24
        assert gapless(got)

    async def test_mapped_elements_come_first_then_send_time_then_number(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        world.route(extensions={1: 4, 2: 1})
        world.publisher.send(Rtp(1, extension=one_byte({1: b"ab", 7: b"x", 2: b"q"})), Rtp(2))
        first, second = await world.flow()
        found = elements(first.extension)
        assert list(found) == [4, 1, 3, 5]
        assert (found[4], found[1], len(found[3]), len(found[5])) == (b"ab", b"q", 3, 2)
        assert first.extension[:2] == b"\xbe\xde"
        assert list(elements(second.extension)) == [3, 5]

    async def test_an_id_over_14_makes_the_two_byte_form_and_the_hop_wins(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HopExtensions(transport_cc=200))
        world.route(extensions={1: 4, 2: 200})
        world.publisher.send(Rtp(1, extension=one_byte({2: b"not mine", 1: b"ab"})))
        [got] = await world.flow()
        assert got.extension[:2] == b"\x10\x00"
        assert list(elements(got.extension)) == [4, 200]
        assert len(elements(got.extension)[200]) == 2

    @pytest.mark.parametrize("hop", [HopExtensions(), HOP])
    async def test_who_takes_one_byte_extensions_only_gets_no_others(self, world: World, hop: HopExtensions) -> None:
        world.plane.set_hop(SUBSCRIBER, hop)
        ids = {1: 4, 2: 200, 3: 1, 4: 2, 5: 6}
        mixing = world.route(extensions=ids, **RTX)
        plain = world.route(
            extensions=ids, one_byte_extensions=True, out_ssrc=11, rtx_ssrc=12, rtx_payload_types={120: 121}
        )
        told = {1: b"ab", 2: b"high id", 3: b"", 4: bytes(17), 5: bytes(16)}
        body = b"".join(bytes((number, len(value))) + value for number, value in told.items())
        body += bytes(-len(body) % 4)
        world.publisher.send(Rtp(1, extension=struct.pack("!HH", 0x1000, len(body) // 4) + body))
        got = {packet.ssrc: packet for packet in await world.flow()}
        assert got[9].extension[:2] == b"\x10\x00"
        assert {4, 200, 1, 2, 6} <= set(elements(got[9].extension))
        assert got[11].extension[:2] == b"\xbe\xde"
        kept = {number: value for number, value in elements(got[11].extension).items() if number in ids.values()}
        assert kept == {4: b"ab", 6: bytes(16)}
        assert (
            world.plane.retransmit(mixing, [got[9].sequence]) + world.plane.retransmit(plain, [got[11].sequence]) == 2
        )
        repeats = {packet.ssrc: packet for packet in await world.flow()}
        assert repeats[10].extension[:2] == b"\x10\x00"
        assert repeats[12].extension[:2] == b"\xbe\xde"

    async def test_send_times_run_with_the_clock(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        world.route()
        begun = time.monotonic()
        world.publisher.send(Rtp(1))
        got = await world.flow()
        await asyncio.sleep(0.05)
        world.publisher.send(Rtp(2))
        got += await world.flow()
        first, second = (int.from_bytes(elements(packet.extension)[3], "big") for packet in got)
        passed = ((second - first) & 0xFFFFFF) / (1 << 18)
        assert 0.04 < passed < time.monotonic() - begun

    async def test_a_hop_can_be_ended(self, world: World) -> None:
        world.route()
        world.plane.set_hop(SUBSCRIBER, HOP)
        world.publisher.send(Rtp(1))
        world.publisher.send(Rtp(2))
        before = await world.flow()
        world.plane.set_hop(SUBSCRIBER, HopExtensions())
        world.publisher.send(Rtp(3))
        [after] = await world.flow()
        assert gapless(before)
        assert after.extension == b""
        assert steps([*before, after]) == [1, 1]

    async def test_no_number_is_sealed_twice_with_different_extensions(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        route = world.route()
        world.publisher.send(Rtp(1))
        [got] = await world.flow()
        assert world.plane.retransmit(route, [got.sequence]) == 0
        world.plane.set_hop(SUBSCRIBER, HopExtensions())
        assert world.plane.retransmit(route, [got.sequence]) == 0

    async def test_feedback_stays_below_and_the_rest_goes_up(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        report = transport_feedback(0, [1_000_000])
        world.subscriber.send_rtcp(report)
        world.subscriber.send_rtcp(receiver_report(5) + report + receiver_report(6))
        await until(lambda: world.told.rtcp)
        assert world.told.rtcp == [(SUBSCRIBER, receiver_report(5) + receiver_report(6))]

    async def test_before_feedback_it_is_the_start(self, world: World) -> None:
        known = world.plane.bandwidth(SUBSCRIBER)
        assert (known.estimate_bps, known.feedback_us, known.probed_bps) == (BandwidthLimits().start_bps, 0, 0)
        world.plane.set_hop(SUBSCRIBER, HOP)
        world.plane.limit_bandwidth(SUBSCRIBER, BandwidthLimits(start_bps=400_000))
        assert world.plane.bandwidth(SUBSCRIBER).estimate_bps == 400_000
        world.plane.limit_bandwidth(SUBSCRIBER, BandwidthLimits(start_bps=400_000, most_bps=300_000))
        assert world.plane.bandwidth(SUBSCRIBER).estimate_bps == 300_000
        with pytest.raises(KeyError):
            world.plane.bandwidth(PeerId(99))

    async def test_the_estimate_rises_while_all_arrives(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        world.plane.limit_bandwidth(SUBSCRIBER, BandwidthLimits(start_bps=500_000))
        world.route()
        await watch(world, lambda: world.plane.bandwidth(SUBSCRIBER).estimate_bps > 530_000, lambda _: 0)
        known = world.plane.bandwidth(SUBSCRIBER)
        assert list(world.plane.strained({SUBSCRIBER: 400_000})) == []
        assert known.acknowledged_bps > 100_000
        assert known.loss == 0
        assert known.feedback_us > 0
        assert 0 < known.round_trip_us < 2_000_000

    async def test_the_estimate_falls_when_delays_grow(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        world.plane.limit_bandwidth(SUBSCRIBER, BandwidthLimits(start_bps=8_000_000))
        world.route()
        estimate = lambda: world.plane.bandwidth(SUBSCRIBER).estimate_bps  # noqa: E731
        await watch(world, lambda: estimate() < 6_000_000, lambda passed_us: passed_us)
        assert list(world.plane.strained({SUBSCRIBER: 6_000_000})) == [SUBSCRIBER]

    async def test_a_long_queue_on_the_way_is_told(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        world.plane.limit_bandwidth(SUBSCRIBER, BandwidthLimits(start_bps=8_000_000))
        world.route()
        slowed_us = 300_000
        await watch(
            world,
            lambda: world.plane.bandwidth(SUBSCRIBER).jammed,
            lambda passed_us: 4 * max(0, passed_us - slowed_us),
        )
        assert world.plane.bandwidth(SUBSCRIBER).estimate_bps < 4_000_000

    async def test_what_is_still_on_its_way_is_not_repeated(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        route = world.route(**RTX)
        world.publisher.send(Rtp(1, b"one"), Rtp(2, b"two"))
        got = await world.flow()
        await until(lambda: time.monotonic_ns() // 1000 - got[-1].arrival_us > 100_000)
        tell(world, got)
        await world.told_by_subscriber()
        trip_us = world.plane.bandwidth(SUBSCRIBER).round_trip_us
        assert trip_us > 100_000
        repeats: list[Rtp] = []
        while len(repeats) < 2:
            assert world.plane.retransmit(route, [got[0].sequence]) == 1
            repeats += await world.flow()
        # A busy machine may be late with the first.
        assert repeats[1].arrival_us - repeats[0].arrival_us > min(trip_us, 200_000) // 2
        assert world.plane.route_stats(route).retransmitted == 2

    async def test_loss_is_told(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        world.route()
        world.publisher.send(*(Rtp(step) for step in range(1, 31)))
        got = await world.flow()
        tell(world, [packet for place, packet in enumerate(got) if place % 3 != 1])
        await until(lambda: world.plane.bandwidth(SUBSCRIBER).loss)
        assert world.plane.bandwidth(SUBSCRIBER).loss == pytest.approx(1 / 3, abs=0.01)
        assert list(world.plane.strained({SUBSCRIBER: 0})) == [SUBSCRIBER]

    async def test_one_question_tells_who_has_too_narrow_a_path(self, world: World) -> None:
        start_bps = BandwidthLimits().start_bps
        assert list(world.plane.strained({})) == []
        assert list(world.plane.strained({SUBSCRIBER: start_bps + 1})) == [], "nothing is known of its path"
        world.plane.set_hop(SUBSCRIBER, HOP)
        asked = {SUBSCRIBER: start_bps + 1, PUBLISHER: start_bps + 1, PeerId(99): start_bps + 1}
        assert list(world.plane.strained(asked)) == [SUBSCRIBER]
        assert list(world.plane.strained({SUBSCRIBER: start_bps})) == []

    @pytest.mark.parametrize(
        "garbage",
        [
            b"",
            b"\0" * 16,
            b"\xff" * 40,
            struct.pack("!IIHHI", 1, 2, 0, 65_535, 0) + b"\x20\xff" * 8,
            struct.pack("!IIHHI", 1, 2, 0, 3, 0) + b"\x20\x03\1\1",
            struct.pack("!IIHHI", 1, 2, 30_000, 7, 0xFFFFFFFF) + b"\xea\xaa" + b"\x7f\xff" * 7,
        ],
    )
    async def test_garbage_feedback_harms_nothing(self, world: World, garbage: bytes) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        world.route()
        for kind in (205, 205, 206):
            head = struct.pack("!BBH", 0x8F, kind, len(garbage) // 4)
            world.subscriber.send_rtcp(receiver_report(4) + head + garbage)
        await world.told_by_subscriber()
        known = world.plane.bandwidth(SUBSCRIBER)
        assert (known.estimate_bps, known.feedback_us) == (BandwidthLimits().start_bps, 0)
        world.publisher.send(Rtp(1, b"alive"))
        assert [packet.payload for packet in await world.flow()] == [b"alive"]


class Probing(WithWorld):
    """Trying out what the path carries."""

    async def test_a_probe_is_made_of_repeats_and_lifts_the_estimate(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        world.plane.limit_bandwidth(SUBSCRIBER, BandwidthLimits(start_bps=300_000))
        world.route(**RTX)
        world.publisher.send(*(Rtp(step, bytes((step,)) * 1000, step) for step in range(1, 6)))
        media = await world.flow()
        originals = {packet.sequence: packet for packet in media}
        assert world.plane.probe(SUBSCRIBER, 2_000_000, 100)
        assert not world.plane.probe(SUBSCRIBER, 2_000_000, 100), "one is under way"
        await until(lambda: world.plane.probe(SUBSCRIBER, 1, 1))
        got = await world.flow()
        assert {(packet.ssrc, packet.payload_type) for packet in got} == {(10, 121)}
        for packet in got:
            original = originals[int.from_bytes(packet.payload[:2], "big")]
            assert packet.payload[2:] == original.payload
            assert packet.timestamp == original.timestamp
        assert set(steps(got)) == {1}
        assert gapless([*media, *got])
        sent = sum(len(packet.payload) for packet in got) * 8
        assert 0.08 * 2_000_000 < sent < 0.25 * 2_000_000

    async def test_the_result_of_a_probe_is_told(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        world.plane.limit_bandwidth(SUBSCRIBER, BandwidthLimits(start_bps=300_000))
        world.route(**RTX)
        world.publisher.send(*(Rtp(step, bytes(1000), step) for step in range(1, 6)))
        await world.flow()
        assert world.plane.probe(SUBSCRIBER, 2_000_000, 100)
        got: list[Rtp] = []
        begun = time.monotonic()
        while time.monotonic() < begun + 0.25:
            got += await world.flow()
            await asyncio.sleep(0.005)
        tell(world, got)
        await until(lambda: world.plane.bandwidth(SUBSCRIBER).probed_bps)
        known = world.plane.bandwidth(SUBSCRIBER)
        assert 600_000 < known.probed_bps < 4_000_000
        assert known.estimate_bps >= known.probed_bps

    async def test_a_probe_is_bounded_in_packets_too(self, world: World) -> None:
        world.plane.set_hop(SUBSCRIBER, HOP)
        world.route(**RTX)
        world.publisher.send(Rtp(1))
        [media] = await world.flow()
        with contextlib.closing(SrtpClient()) as nobody:  # the subscriber's socket would overflow
            world.plane.bind_address(SUBSCRIBER, nobody.address)
            world.plane.send_to_address(SUBSCRIBER, nobody.address)
            assert world.plane.probe(SUBSCRIBER, 1_000_000_000, 20)
            await until(lambda: world.plane.probe(SUBSCRIBER, 1, 1))
            world.plane.send_to_address(SUBSCRIBER, world.subscriber.address)
        world.publisher.send(Rtp(2))
        between = number((await world.flow())[-1]) - number(media) & 0xFFFF
        # Five steps at most, 100 times fewer than the rate would take.
        assert MAX_FILLINGS < between < 6 * MAX_FILLINGS

    async def test_a_probe_needs_numbers_rtx_and_a_packet(self, world: World) -> None:
        def probe() -> bool:
            return world.plane.probe(SUBSCRIBER, 1_000_000, 50)

        def fresh(route: RouteId, **changes: object) -> RouteId:
            world.plane.remove_route(route)
            return world.route(**changes)

        route = world.route(**RTX)
        world.publisher.send(Rtp(1))
        await world.flow()
        assert not probe(), "no transport-wide numbers"
        world.plane.set_hop(SUBSCRIBER, HOP)
        route = fresh(route)
        world.publisher.send(Rtp(2))
        await world.flow()
        assert not probe(), "no RTX"
        route = fresh(route, **RTX)
        assert not probe(), "nothing sent on it yet"
        world.publisher.send(Rtp(3))
        await world.flow()
        world.plane.send_to_address(SUBSCRIBER, None)
        assert not probe(), "no address"
        world.plane.send_to_address(SUBSCRIBER, world.subscriber.address)
        world.publisher.send(Rtp(4))
        await world.flow()
        assert probe()
