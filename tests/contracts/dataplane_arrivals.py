"""The data plane's contract: a publisher hears when its packets arrived (transport-cc feedback)."""

from __future__ import annotations

import struct
import time

from media_server.dataplane.feedback_parser import ABSENT, read_feedback
from media_server.dataplane.ports import PeerId
from tests.contracts.dataplane_world import PUBLISHER, WithWorld, World, one_byte
from tests.fakes.srtp_client import Rtp

_OURS = 77
_NUMBER_ID = 5
_RTX = 11


def numbered(number: int, sequence: int = 0, **changes: int) -> Rtp:
    """A packet with this transport-wide number."""
    extension = one_byte({_NUMBER_ID: struct.pack("!H", number & 0xFFFF)})
    return Rtp(sequence or number, extension=extension, **changes)  # type: ignore[arg-type]


async def told(world: World, *wanted: int) -> dict[int, bool]:
    """Wait for feedback that tells of these numbers; all that was told: number -> whether it arrived."""
    known: dict[int, bool] = {}
    while not set(wanted) <= known.keys():
        while not world.publisher.received_rtcp:
            await world.publisher.read()
        for packet in world.publisher.received_rtcp:
            assert struct.unpack_from("!I", packet, 4) == (_OURS,)
            report = read_feedback(packet)
            assert report is not None, packet
            for step, delta in enumerate(report.deltas):
                known[report.base + step & 0xFFFF] = delta != ABSENT
        world.publisher.received_rtcp.clear()
    return known


class ArrivalsTold(WithWorld):
    """Feedback to who sends."""

    async def test_a_publisher_hears_what_arrived_and_what_did_not(self, world: World) -> None:
        world.plane.report_arrivals(PUBLISHER, _OURS, _NUMBER_ID)
        for number in (65_534, 65_535, 2, 3):
            world.publisher.send(numbered(number, number - 65_500 & 0xFFFF))
        assert await told(world, 3) == {65_534: True, 65_535: True, 0: False, 1: False, 2: True, 3: True}

    async def test_arrivals_have_the_server_s_time(self, world: World) -> None:
        world.plane.report_arrivals(PUBLISHER, _OURS, _NUMBER_ID)
        before_us = time.monotonic_ns() // 1000
        world.publisher.send(numbered(1), numbered(2))
        await world.handled()
        after_us = time.monotonic_ns() // 1000
        while not world.publisher.received_rtcp:
            await world.publisher.read()
        report = read_feedback(world.publisher.received_rtcp[0])
        assert report is not None
        arrival_us = (report.reference & 0xFFFFFF) * 64_000 + report.deltas[0] * 250
        wrap_us = 64_000 << 24
        assert (before_us - 250) % wrap_us <= arrival_us <= after_us % wrap_us

    async def test_a_late_packet_is_told_with_all_since(self, world: World) -> None:
        world.plane.report_arrivals(PUBLISHER, _OURS, _NUMBER_ID)
        world.publisher.send(numbered(1), numbered(3))
        assert await told(world, 3) == {1: True, 2: False, 3: True}
        world.publisher.send(numbered(2))
        assert await told(world, 2, 3) == {2: True, 3: True}

    async def test_feedback_names_a_media_stream_and_counts_repairs(self, world: World) -> None:
        world.plane.report_arrivals(PUBLISHER, _OURS, _NUMBER_ID)
        world.plane.set_rtx(PUBLISHER, _RTX, 1, {97: 96})
        world.publisher.send(numbered(1, 10), numbered(2, 5, ssrc=_RTX, payload_type=97))
        await world.handled()
        while not world.publisher.received_rtcp:
            await world.publisher.read()
        [packet] = world.publisher.received_rtcp
        assert struct.unpack_from("!II", packet, 4) == (_OURS, 1)
        assert await told(world, 1, 2) == {1: True, 2: True}

    async def test_only_who_is_to_hear_it_is_told(self, world: World) -> None:
        world.publisher.send(numbered(1))
        await world.handled()
        world.plane.report_arrivals(PUBLISHER, _OURS, _NUMBER_ID)
        world.publisher.send(numbered(2), Rtp(3))
        assert await told(world, 2) == {2: True}
        world.plane.report_arrivals(PUBLISHER, _OURS, 0)
        world.publisher.send(numbered(4))
        await world.handled()
        world.plane.report_arrivals(PUBLISHER, _OURS, _NUMBER_ID)
        world.publisher.send(numbered(5))
        assert await told(world, 5) == {3: False, 4: False, 5: True}

    async def test_a_publisher_that_is_gone_hears_nothing(self, world: World) -> None:
        world.plane.report_arrivals(PUBLISHER, _OURS, _NUMBER_ID)
        world.publisher.send(numbered(1))
        await world.handled()
        world.plane.remove_peer(PUBLISHER)
        world.plane.add_peer(PeerId(3))
        world.join(world.publisher, PeerId(3))
        world.plane.report_arrivals(PeerId(3), _OURS, _NUMBER_ID)
        world.publisher.send(numbered(900))
        assert await told(world, 900) == {900: True}
