"""One stream made of several: numbers go on, times follow the reports, nothing comes twice."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.dataplane.ports import TapPacket
from media_server.splice import Held, Splice

pytestmark = pytest.mark.unit

RATE_HZ = 90_000


def packet(sequence: int, timestamp: int, arrival_us: int = 0, ssrc: int = 1) -> TapPacket:
    header = struct.pack("!BBHII", 0x80, 96, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return TapPacket(arrival_us, header + b"media")


def numbers(rtp: bytes | None) -> tuple[int, int, int] | None:
    """Sequence number, timestamp, SSRC."""
    return None if rtp is None else struct.unpack_from("!xxHII", rtp)  # type: ignore[return-value]


def test_the_first_stream_passes_as_it_is_without_repetitions() -> None:
    splice = Splice(1, RATE_HZ)
    first = packet(10, 1000)
    assert splice.push(first) is first.rtp
    assert splice.push(packet(10, 1000)) is None
    assert numbers(splice.push(packet(9, 1000))) == (9, 1000, 1)


def test_the_next_stream_follows_in_number_and_by_the_reports_in_time() -> None:
    splice = Splice(1, RATE_HZ)
    splice.push(packet(65535, 5000))
    first = packet(700, 90_000 + 8_000, 50_000, ssrc=2)
    splice.cut(first, 90_000)
    assert numbers(splice.push(first)) == (0, 8000, 1)
    assert numbers(splice.push(packet(701, 90_000 + 11_000, 80_000, ssrc=2))) == (1, 11_000, 1)
    assert splice.push(packet(699, 90_000 + 5_000, 80_000, ssrc=2)) is None
    assert splice.timestamp_offset == -90_000 & 0xFFFFFFFF


def test_without_reports_or_with_absurd_ones_the_time_of_arrival_counts() -> None:
    for shift in (None, 12_345_678):
        splice = Splice(1, RATE_HZ)
        splice.push(packet(1, 5000, 1_000_000))
        first = packet(50, 777_777, 1_100_000, ssrc=2)
        splice.cut(first, shift)
        assert numbers(splice.push(first)) == (2, 5000 + 9000, 1)


def test_two_pictures_of_one_moment_keep_two_timestamps() -> None:
    splice = Splice(1, RATE_HZ)
    splice.push(packet(1, 5000))
    first = packet(50, 25_000, ssrc=2)
    splice.cut(first, 20_000)
    assert numbers(splice.push(first)) == (2, 5001, 1)


def test_a_cut_before_anything_came_begins_with_the_new_stream() -> None:
    splice = Splice(1, RATE_HZ)
    first = packet(50, 25_000, ssrc=2)
    splice.cut(first, None)
    assert numbers(splice.push(first)) == (50, 25_000, 1)


def test_a_long_stream_after_a_cut_goes_round_without_being_taken_for_old() -> None:
    splice = Splice(1, RATE_HZ)
    splice.push(packet(1, 0))
    splice.cut(packet(100, 0, ssrc=2), 0)
    for index in range(70_000):
        assert splice.push(packet(100 + index, index * 3000, ssrc=2)) is not None


def test_a_keyframe_whose_first_packet_was_late_is_given_whole_and_in_order() -> None:
    held = Held()
    for sequence in (65534, 1, 0):
        held.push(packet(sequence, 0))
    first = packet(65535, 0)
    assert [numbers(one.rtp)[0] for one in held.since(first)] == [65535, 0, 1]  # type: ignore[index]


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 65535), st.none() | st.integers(0, 2**32 - 1))))
def test_sequence_numbers_never_jump(streams: list[tuple[int, int, int | None]]) -> None:
    splice = Splice(1, RATE_HZ)
    last: int | None = None
    for number, (timestamp, sequence, shift) in enumerate(streams):
        for index in range(3):
            arrived = packet(sequence + index, timestamp + index * 3000, number * 100_000, ssrc=number)
            if index == 0 and number:
                splice.cut(arrived, shift)
            given = numbers(splice.push(arrived))
            assert given is not None
            assert last is None or given[0] == last + 1 & 0xFFFF
            last = given[0]
