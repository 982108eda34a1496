"""Rates over a sliding second, and the best one of late."""

from __future__ import annotations

import pytest

from media_server.bandwidth import CountedRate, RateMeter, UpstreamEstimate

pytestmark = pytest.mark.unit


def test_an_even_stream_has_its_rate_and_a_stopped_one_none() -> None:
    meter = RateMeter()
    for now_us in range(0, 3_000_000, 10_000):
        meter.add(1250, now_us)
    assert meter.bits_per_second(3_000_000) == 1_000_000
    assert meter.bits_per_second(3_500_000) == 500_000
    assert meter.bits_per_second(5_000_000) == 0


@pytest.mark.parametrize("apart_us", [95_000, 400_000, 1_000_000, 1_070_000])
def test_a_counter_has_its_rate_however_seldom_it_is_looked_at(apart_us: int) -> None:
    rate = CountedRate()
    assert rate.bits_per_second(0) == 0
    for look in range(40):
        rate.add(apart_us // 8, look * apart_us)
        assert look == 0 or rate.bits_per_second(look * apart_us) == pytest.approx(1_000_000, rel=0.001)
    rate.add(0, 41 * apart_us + 1_000_000)
    assert rate.bits_per_second(41 * apart_us + 1_000_000) == 0


def test_what_several_counters_tell_at_one_moment_is_one_look() -> None:
    rate = CountedRate()
    for _ in range(3):
        rate.add(4_000, 0)
    assert rate.bits_per_second(0) == 0
    for _ in range(3):
        rate.add(4_000, 1_000_000)
    assert rate.bits_per_second(1_000_000) == 96_000


def test_the_estimate_is_the_best_of_ten_seconds() -> None:
    estimate = UpstreamEstimate()
    assert estimate.bits_per_second() is None
    for second, rate in enumerate([100, 900, 300, 300]):
        estimate.sample(rate, second * 1_000_000)
    assert estimate.bits_per_second() == 900
    for second in range(4, 13):
        estimate.sample(200, second * 1_000_000)
    assert estimate.bits_per_second() == 300
