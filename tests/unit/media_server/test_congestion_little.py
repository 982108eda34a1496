"""The bandwidth estimator where much less is sent than the path carries: what little tells, and what it does not."""

from __future__ import annotations

import pytest

from media_server.dataplane.ports import BandwidthLimits
from media_server.dataplane.rate_control import RateControl
from tests.unit.media_server.bottleneck import STEP_US, Path

pytestmark = pytest.mark.unit

M = 1_000_000
START = BandwidthLimits(start_bps=2_500_000)


def steps(seconds: float) -> int:
    return int(seconds * M) // STEP_US


@pytest.mark.parametrize("seed", range(1, 11))
def test_another_path_longer_and_with_loss_does_not_starve_who_sent_little(seed: int) -> None:
    path = Path(10 * M, demand_bps=350_000, delay_ms=1, jitter_ms=0.3, seed=seed, limits=START)
    path.run(5)
    path.delay_ms, path.loss, path.jitter_ms = 21, 0.05, 1
    assert min(path.run(10)) > M


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("queue_ms", "within_s"), [(20, 0.7), (50, 0.7), (300, 0.5)])
def test_a_link_too_narrow_for_the_little_that_is_sent_is_noticed(queue_ms: int, within_s: float, seed: int) -> None:
    path = Path(10 * M, demand_bps=350_000, queue_ms=queue_ms, jitter_ms=1, seed=seed, limits=START)
    path.run(5)
    path.rate_bps = 200_000
    course = path.run(3)
    assert course[steps(within_s)] < 220_000


def test_few_packets_prove_nothing() -> None:
    control = RateControl(START)
    assert not control.loss(20, 3, True, 2 * M, 2 * M)
    assert control.rate_bps == START.start_bps


@pytest.mark.parametrize(
    ("lost", "sending_bps", "left_bps"),
    [(5, 350_000, 0.85 * START.start_bps), (5, 2_000_000, 0.85 * 300_000), (8, 350_000, 0.85 * 300_000)],
    ids=["little sent", "much sent", "a flood of little"],
)
def test_loss_with_delay_cuts_to_what_arrives_unless_that_is_little(
    lost: int, sending_bps: int, left_bps: float
) -> None:
    control = RateControl(START)
    assert control.loss(20, lost, True, sending_bps, 300_000)
    assert control.rate_bps == pytest.approx(left_bps)
