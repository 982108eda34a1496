"""The bandwidth estimator on a simulated path."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_server.dataplane.arrivals import Arrivals
from media_server.dataplane.congestion import Estimator
from media_server.dataplane.delay_trend import OVERUSE
from media_server.dataplane.feedback_parser import ABSENT, read_feedback, split
from media_server.dataplane.ports import BandwidthLimits
from media_server.dataplane.rate_control import RateControl
from tests.unit.media_server.bottleneck import STEP_US, Path

pytestmark = pytest.mark.unit

M = 1_000_000
SEEDS = (1, 2, 3)


def mean(course: list[int]) -> float:
    return sum(course) / len(course)


def steps(seconds: float) -> int:
    return int(seconds * M) // STEP_US


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rate_bps", [500_000, 1_500_000, 3_000_000])
def test_finds_what_a_path_carries(rate_bps: int, seed: int) -> None:
    path = Path(rate_bps, seed=seed, jitter_ms=2)
    path.run(16)
    course = path.run(10)
    assert 0.8 * rate_bps <= mean(course) <= rate_bps
    assert path.known().loss < 0.05


@pytest.mark.parametrize("rate_bps", [500_000, 3_000_000])
def test_builds_no_standing_queue(rate_bps: int) -> None:
    path = Path(rate_bps)
    path.run(15)
    path.delays_ms.clear()
    path.run(15)
    delays = sorted(path.delays_ms)
    assert delays[len(delays) // 2] < 30
    assert delays[len(delays) * 95 // 100] < 100


@pytest.mark.parametrize("seed", SEEDS)
def test_follows_a_path_down_at_once_and_up_with_probes(seed: int) -> None:
    path = Path(3 * M, seed=seed, probe_every_us=2 * M)
    assert path.run(15)[-1] > 2.2 * M
    path.rate_bps = M // 2
    down = path.run(10)
    assert down[steps(1.5)] < 0.55 * M
    assert max(down[steps(1.5) :]) < 0.65 * M
    assert mean(down[steps(3) :]) > 0.35 * M
    path.rate_bps = 3 * M
    assert max(path.run(10)) > 2.3 * M


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("loss", [0.05, 0.15])
@pytest.mark.parametrize("rate_bps", [500_000, 2_000_000])
def test_random_loss_does_not_starve_a_phone(rate_bps: int, loss: float, seed: int) -> None:
    path = Path(rate_bps, loss=loss, seed=seed)
    path.run(15)
    course = path.run(15)
    assert mean(course) > 0.7 * rate_bps
    assert min(course) > 0.5 * rate_bps
    assert mean(course) < 1.1 * rate_bps


def test_a_policer_without_a_queue_is_obeyed() -> None:
    path = Path(M, queue_ms=0)
    path.run(20)
    arrived, began_us = path.arrived_bytes, path.now_us
    course = path.run(10)
    goodput = (path.arrived_bytes - arrived) * 8e6 / (path.now_us - began_us)
    assert goodput > 0.5 * M
    assert mean(course) < 1.6 * M


def test_does_not_grow_on_what_it_does_not_send() -> None:
    path = Path(10 * M, demand_bps=M)
    path.run(30)
    assert path.known().estimate_bps <= 1.5 * 1.1 * M + 10_000


def test_a_probe_lifts_the_estimate_and_says_what_it_found() -> None:
    path = Path(4 * M)
    path.run(1)
    path.probe(3 * M, 100)
    path.run(0.4)
    assert 2.8 * M < path.known().probed_bps < 3.1 * M
    assert path.known().estimate_bps >= path.known().probed_bps * 0.95


def test_a_probe_over_the_path_finds_the_path() -> None:
    path = Path(2 * M)
    path.run(1)
    path.probe(6 * M, 100)
    path.run(0.6)
    assert 1.6 * M < path.known().probed_bps < 2.1 * M


def test_without_feedback_it_halves_each_second_to_the_least() -> None:
    path = Path(2 * M, limits=BandwidthLimits(start_bps=M, least_bps=100_000))
    path.run(5)
    before = path.known().estimate_bps
    path.feedback_lost = True
    course = path.run(1.5)
    assert course[-1] == pytest.approx(before / 2, rel=0.1)
    path.run(10)
    assert path.known().estimate_bps == 100_000


def test_a_pause_in_sending_is_no_silence() -> None:
    estimator = Estimator(BandwidthLimits())
    for second in range(10):
        estimator.take(1200, second * M)
    assert estimator.bandwidth(10 * M).estimate_bps == BandwidthLimits().start_bps


def test_limits_take_effect_at_once() -> None:
    path = Path(5 * M)
    path.run(5)
    path.estimator.limit(BandwidthLimits(least_bps=50_000, most_bps=300_000))
    assert path.known().estimate_bps == 300_000
    path.estimator.limit(BandwidthLimits(least_bps=700_000, most_bps=2 * M))
    assert path.known().estimate_bps == 700_000


def test_tells_loss_and_round_trip() -> None:
    path = Path(2 * M, loss=0.1, demand_bps=M)
    path.run(5)
    assert 0.03 < path.known().loss < 0.2
    assert 50_000 <= path.known().round_trip_us < 110_000
    assert path.known().acknowledged_bps == pytest.approx(0.9 * M, rel=0.15)


def test_reads_what_our_own_writer_writes() -> None:
    writer = Arrivals()
    arrivals = {65_530: 10_000, 65_531: 10_250, 65_534: 9_000, 0: 100_000, 40: 400_000}
    for sequence, at_us in arrivals.items():
        writer.received(sequence, 1_000_000 + at_us)
    read_back: dict[int, int] = {}
    for packet in writer.build(1, 2):
        read = read_feedback(packet)
        assert read is not None
        ticks = read.reference * 256
        for step, delta in enumerate(read.deltas):
            if delta != ABSENT:
                ticks += delta
                read_back[(read.base + step) & 0xFFFF] = ticks * 250 - 1_000_000
    assert read_back == arrivals


def feedback(count: int, chunks: bytes, *, first: int = 0x8F, kind: int = 205) -> bytes:
    return struct.pack("!BBHIIHHI", first, kind, 4 + len(chunks) // 4, 1, 2, 0, count, 0) + chunks


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        feedback(1, b""),
        feedback(0, b"\x20\x01\x00\x00"),
        feedback(1, b"\x20\x00\x00\x00"),
        feedback(1, b"\x60\x01\x00\x00"),
        feedback(3, b"\x20\x03\x00\x00"),
        feedback(2, b"\x40\x02\x00\x00"),
        feedback(65535, b"\x1f\xff\x1f\xff\x1f\xff\x1f\xff\x1f\xff\x1f\xff\x1f\xff\x1f\xff\x1f\xff"),
        feedback(1, b"\x20\x01\x00\x00", kind=206),
        feedback(1, b"\x20\x01\x00\x00", first=0x4F),
    ],
)
def test_unsound_feedback_is_refused(packet: bytes) -> None:
    assert read_feedback(packet) is None


def test_reads_run_lengths_and_both_vectors() -> None:
    body = b"\x20\x02" + b"\xa0\x01" + b"\xd2\x00" + bytes((1, 2, 3, 4, 5, 0xFF, 0xFE))
    read = read_feedback(feedback(19, body + bytes(3)))
    assert read is not None
    assert read.deltas == [1, 2, 3, *[ABSENT] * 12, 4, 5, ABSENT, -2]


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for packet in (data, feedback(40, data)):
        read = read_feedback(packet)
        assert read is None or 0 < len(read.deltas) <= 4096
    kept, taken = split(data)
    assert sum(map(len, taken)) + len(kept) == len(data)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 0xFFFFFF), st.integers(0, 0xFFFF), st.binary(max_size=60)), max_size=20))
def test_no_feedback_breaks_the_estimator(packets: list[tuple[int, int, bytes]]) -> None:
    estimator, now_us = Estimator(BandwidthLimits()), 0
    for reference, base, body in packets:
        for _ in range(30):
            now_us += 3000
            estimator.take(1000, now_us)
        chunks = b"\x20\x1e" + body.ljust(60, b"\1")
        head = struct.pack("!BBHIIHHI", 0x8F, 205, 4 + len(chunks) // 4, 1, 2, base, 30, reference << 8)
        estimator.feedback(head + chunks, now_us)
        known = estimator.bandwidth(now_us)
        assert 50_000 <= known.estimate_bps <= 20 * M
        assert 0 <= known.loss <= 1
        assert known.acknowledged_bps >= 0


def test_feedback_is_taken_out_of_a_compound() -> None:
    report = struct.pack("!BBHI", 0x80, 201, 1, 7)
    mine = feedback(1, b"\x20\x01\x01\x00")
    remb = struct.pack("!BBHII", 0x8F, 206, 2, 1, 2)
    assert split(report + mine + remb) == (report + remb, [mine])
    assert split(mine) == (b"", [mine])
    assert split(report + mine[:-1]) == (report + mine[:-1], [])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_link_that_becomes_narrow_is_noticed_within_three_feedbacks(seed: int) -> None:
    path = Path(3 * M, seed=seed, demand_bps=1_800_000, queue_ms=300, jitter_ms=1)
    path.run(15)
    path.rate_bps = M // 2
    path.run(0.3)
    assert path.known().jammed
    assert path.known().estimate_bps < 0.8 * M
    path.demand_bps = 50_000
    path.run(0.8)
    assert not path.known().jammed
    assert path.known().estimate_bps > 0.3 * M


def test_what_is_under_way_is_bounded_by_what_the_path_takes() -> None:
    path = Path(M)
    path.run(10)
    assert path.estimator.has_room(path.now_us)
    for _ in range(200):
        path.estimator.take(1200, path.now_us)
    assert not path.estimator.has_room(path.now_us)
    assert path.estimator.has_room(path.now_us + 2 * M), "without feedback nothing is known"


def test_a_way_that_has_become_longer_is_no_jam_for_long() -> None:
    path = Path(5 * M, demand_bps=M)
    path.run(10)
    path.delay_ms = 225
    path.run(3)
    assert not path.known().jammed
    assert path.known().estimate_bps > 0.2 * M


@pytest.mark.parametrize("jitter_ms", [10, 30])
def test_jitter_is_no_queue(jitter_ms: int) -> None:
    path = Path(20 * M, demand_bps=M, jitter_ms=jitter_ms)
    path.run(10)
    course = path.run(20)
    assert min(course) > 0.8 * M
    assert not path.known().jammed


def test_overuse_by_little_takes_a_share_of_the_estimate_and_not_of_the_little() -> None:
    control = RateControl(BandwidthLimits(start_bps=2 * M))
    assert control.delay(OVERUSE, 100_000, 95_000, 50_000, M)
    assert control.rate_bps == pytest.approx(0.85 * 2 * M)
    assert not control.delay(OVERUSE, 100_000, 95_000, 50_000, M + 100_000)
    assert control.delay(OVERUSE, 1_600_000, 1_000_000, 50_000, M + 300_000)
    assert control.rate_bps == pytest.approx(0.85 * M)
