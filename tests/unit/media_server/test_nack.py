"""NACK generator: asks for holes only, again with the round trip, and gives up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.nack import MAX_MISSING, MAX_TRIES, NackGenerator

pytestmark = pytest.mark.unit


def test_a_hole_is_asked_for_after_the_reordering_time_and_once_a_round_trip() -> None:
    nack = NackGenerator()
    for sequence in (10, 11, 14):
        nack.received(sequence, 0)
    assert nack.due(5_000) == []
    assert nack.due(10_000) == [12, 13]
    assert nack.due(50_000, round_trip_us=80_000) == []
    assert nack.due(110_000, round_trip_us=80_000) == [12, 13]


def test_a_repetition_closes_the_hole_and_measures_the_round_trip() -> None:
    nack = NackGenerator()
    nack.received(1, 0)
    nack.received(3, 0)
    nack.due(10_000)
    assert nack.received(2, 52_000) is True
    assert nack.round_trip_us == 42_000
    assert nack.due(500_000) == []


def test_a_packet_that_is_only_late_is_no_repetition() -> None:
    nack = NackGenerator()
    nack.received(1, 0)
    nack.received(3, 0)
    assert nack.received(2, 1_000) is False
    assert nack.missing == 0


def test_numbers_wrap() -> None:
    nack = NackGenerator()
    nack.received(65534, 0)
    nack.received(1, 0)
    assert nack.due(10_000) == [65535, 0]


def test_it_gives_up_after_its_patience_and_says_so_once() -> None:
    nack = NackGenerator(patience_us=1_000_000)
    nack.received(1, 0)
    nack.received(3, 0)
    asked = sum(len(nack.due(now)) for now in range(0, 2_000_000, 20_000))
    assert 1 <= asked <= MAX_TRIES
    assert nack.missing == 0
    assert nack.gave_up()
    assert not nack.gave_up()


def test_too_many_holes_are_given_up_at_once() -> None:
    nack = NackGenerator()
    nack.received(0, 0)
    nack.received(MAX_MISSING + 2, 0)
    assert nack.missing == 0
    assert nack.gave_up()


@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 100_000)), max_size=200))
def test_whatever_comes_the_list_stays_bounded(packets: list[tuple[int, int]]) -> None:
    nack, now = NackGenerator(), 0
    for sequence, step in packets:
        now += step
        nack.received(sequence, now)
        assert nack.missing <= MAX_MISSING
        assert len(nack.due(now)) <= MAX_MISSING
