"""Transport-cc feedback: every packet is told with its time, by a decoder written from the draft."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.dataplane.arrivals import Arrivals

pytestmark = pytest.mark.unit


def decode(packet: bytes) -> dict[int, int | None]:
    """sequence -> arrival in microseconds (multiple of 250, modulo the reference clock), None = not received."""
    first, kind, words = struct.unpack_from("!BBH", packet)
    assert kind == 205
    assert first & 31 == 15
    assert len(packet) == 4 * (words + 1)
    if first & 0x20:
        packet = packet[: -packet[-1]]
    base, count = struct.unpack_from("!HH", packet, 12)
    at_us = int.from_bytes(packet[16:19], "big") * 64_000
    symbols: list[int] = []
    at = 20
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", packet, at)
        at += 2
        if not chunk >> 15:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif chunk >> 14 & 1:
            symbols += [chunk >> shift & 3 for shift in range(12, -2, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    told: dict[int, int | None] = {}
    for index, symbol in enumerate(symbols[:count]):
        sequence = base + index & 0xFFFF
        told[sequence] = None
        if symbol:
            size, form = (1, "!B") if symbol == 1 else (2, "!h")
            at_us += struct.unpack_from(form, packet, at)[0] * 250
            at += size
            told[sequence] = at_us
    assert at == len(packet)
    return told


def feed(arrivals: list[tuple[int, int]]) -> dict[int, int | None]:
    feedback = Arrivals()
    for sequence, arrival_us in arrivals:
        feedback.received(sequence, arrival_us)
    told: dict[int, int | None] = {}
    for packet in feedback.build(1, 2):
        told.update(decode(packet))
    return told


def test_arrivals_and_losses_are_told() -> None:
    told = feed([(65534, 1_000_000), (65535, 1_000_250), (2, 1_090_000)])
    assert told == {65534: 1_000_000, 65535: 1_000_250, 0: None, 1: None, 2: 1_090_000}


def test_a_loss_between_two_feedbacks_is_told() -> None:
    feedback = Arrivals()
    feedback.received(1, 0)
    feedback.build(1, 2)
    assert feedback.since_us is None
    assert not feedback.build(1, 2)
    feedback.received(4, 10_000)
    (packet,) = feedback.build(1, 2)
    assert decode(packet) == {2: None, 3: None, 4: 10_000}


def test_a_late_packet_is_told_after_all() -> None:
    feedback = Arrivals()
    for sequence, arrival_us in ((1, 0), (3, 2_000)):
        feedback.received(sequence, arrival_us)
    feedback.build(1, 2)
    feedback.received(2, 5_000)
    (packet,) = feedback.build(1, 2)
    assert decode(packet) == {2: 5_000, 3: 2_000}


def test_the_packet_count_goes_up() -> None:
    feedback = Arrivals()
    counts = []
    for sequence in range(3):
        feedback.received(sequence, sequence * 1000)
        counts.append(feedback.build(1, 2)[0][19])
    assert counts == [0, 1, 2]


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 90_000)), min_size=1, max_size=300))
def test_any_stream_is_told_within_a_tick(steps: list[tuple[int, int]]) -> None:
    sequence, now = 65_000, 7_000_000
    sent: dict[int, int] = {}
    feedback = Arrivals()
    told: dict[int, int | None] = {}
    for index, (ahead, wait) in enumerate(steps):
        sequence, now = sequence + ahead, now + wait
        sent[sequence & 0xFFFF] = now
        feedback.received(sequence & 0xFFFF, now)
        if index % 5 == 4 or index == len(steps) - 1:
            for packet in feedback.build(1, 2):
                assert len(packet) <= 1200
                told.update(decode(packet))
    assert {number for number, at in told.items() if at is not None} == set(sent)
    assert all(0 <= sent[number] - at < 250 for number, at in told.items() if at is not None)


@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 50_000_000)), max_size=100))
def test_a_lying_sender_breaks_nothing(arrivals: list[tuple[int, int]]) -> None:
    feedback, now = Arrivals(), 0
    for sequence, wait in arrivals:
        now += wait
        feedback.received(sequence, now)
        if wait % 3 == 0:
            assert len(feedback.build(1, 2)) < 1700
