"""The bad network's arithmetic: what is lost, what waits, and that one seed gives one network."""

from __future__ import annotations

import pytest

from yunting.bench.impair.path import Impairment, Path
from yunting.bench.impair.relay import UdpRelay

pytestmark = pytest.mark.unit


def test_a_clean_path_delivers_at_once() -> None:
    path = Path(Impairment(), seed=1)
    assert [path.arrival_s(now, 1200) for now in (0.0, 0.5, 2.0)] == [0.0, 0.5, 2.0]


def test_loss_comes_as_asked_and_alike_for_one_seed() -> None:
    first, second = (Path(Impairment(loss=0.15), seed=3) for _ in range(2))
    arrivals = [first.arrival_s(number / 100, 1200) for number in range(5000)]
    assert arrivals == [second.arrival_s(number / 100, 1200) for number in range(5000)]
    assert first.lost / 5000 == pytest.approx(0.15, abs=0.02)
    other = Path(Impairment(loss=0.15), seed=4)
    assert arrivals != [other.arrival_s(number / 100, 1200) for number in range(5000)]


def test_jitter_delays_by_at_most_what_it_says_and_keeps_the_order() -> None:
    path = Path(Impairment(delay_ms=20, jitter_ms=30), seed=1)
    sent = [number / 1000 for number in range(1000)]
    arrivals = [path.arrival_s(now, 100) for now in sent]
    times = [arrival for arrival in arrivals if arrival is not None]
    assert times == sorted(times)
    delays = [arrival - now for arrival, now in zip(times, sent, strict=True)]
    assert min(delays) >= 0.02
    assert max(delays) <= 0.05 + 1e-9
    assert max(delays) - min(delays) > 0.01


def test_a_limited_path_passes_its_rate_and_drops_what_its_queue_cannot_hold() -> None:
    path = Path(Impairment(rate_bps=500_000, queue_ms=300), seed=1)
    sent = [number / 100 for number in range(1000)]  # 1250 bytes each 10 ms: 1 Mbit/s for 10 s
    arrivals = [path.arrival_s(now, 1250) for now in sent]
    delivered = [arrival for arrival in arrivals if arrival is not None]
    assert len(delivered) * 1250 * 8 / 10 == pytest.approx(500_000, rel=0.05)
    assert path.overflowed == 1000 - len(delivered)
    waits = [arrival - now for arrival, now in zip(arrivals, sent, strict=True) if arrival is not None]
    assert 0.3 <= max(waits) <= 0.33


def test_a_limit_that_is_lifted_frees_the_path() -> None:
    path = Path(Impairment(rate_bps=100_000), seed=1)
    for _ in range(10):
        path.arrival_s(0.0, 1250)
    path.impairment = Impairment()
    assert path.arrival_s(10.0, 1250) == 10.0


async def test_both_sides_of_a_connection_know_only_the_relay() -> None:
    relay = UdpRelay(seed=1)
    await relay.start("127.0.0.1")
    try:
        answer = (
            "m=audio 9 X 0\r\na=candidate:1 1 udp 1 10.0.0.1 5000 typ host\r\n"
            "a=candidate:2 1 tcp 1 10.0.0.1 5001 typ host tcptype passive\r\nm=video 9 X 0\r\n"
            "a=candidate:1 1 udp 1 10.0.0.1 5000 typ host\r\na=mid:1\r\n"
        )
        told = relay.for_client(answer)
        assert told.count("a=candidate:") == 2
        assert "10.0.0.1" not in told
        assert told.count(" 127.0.0.1 ") == 2
        assert "a=mid:1" in told
        offer = "v=0\r\na=candidate:1 1 udp 1 10.0.0.9 6000 typ host\r\na=mid:0\r\n"
        assert relay.for_server(offer) == "v=0\r\na=mid:0\r\n"
    finally:
        relay.close()


async def test_an_sdp_without_an_address_is_refused() -> None:
    relay = UdpRelay(seed=1)
    await relay.start("127.0.0.1")
    try:
        with pytest.raises(ValueError, match="candidate"):
            relay.for_client("v=0\r\na=mid:0\r\n")
    finally:
        relay.close()
