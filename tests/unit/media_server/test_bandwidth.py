"""Rates over a sliding second, and the best one of late."""

from __future__ import annotations

import pytest

from media_server.bandwidth import RateMeter, UpstreamEstimate

pytestmark = pytest.mark.unit


def test_an_even_stream_has_its_rate_and_a_stopped_one_none() -> None:
    meter = RateMeter()
    for now_us in range(0, 3_000_000, 10_000):
        meter.add(1250, now_us)
    assert meter.bits_per_second(3_000_000) == 1_000_000
    assert meter.bits_per_second(3_500_000) == 500_000
    assert meter.bits_per_second(5_000_000) == 0


def test_the_estimate_is_the_best_of_ten_seconds() -> None:
    estimate = UpstreamEstimate()
    assert estimate.bits_per_second() is None
    for second, rate in enumerate([100, 900, 300, 300]):
        estimate.sample(rate, second * 1_000_000)
    assert estimate.bits_per_second() == 900
    for second in range(4, 13):
        estimate.sample(200, second * 1_000_000)
    assert estimate.bits_per_second() == 300
