"""A node's stress and what it gives up, from made-up loads."""

from __future__ import annotations

from itertools import pairwise

import pytest

from media_server.ports import Shedding
from media_server.stress import Limits, Sample, Stress, percentile

pytestmark = pytest.mark.unit

IDLE = Sample(0.1, 1.0, 0.05, 1000)


def run(stress: Stress, sample: Sample, seconds: int, start_s: int) -> list[Shedding]:
    return [stress.measured(sample, start_s + second).shedding for second in range(seconds)]


def cpu(load: float) -> Sample:
    return Sample(2 * load, 1.0, 0.0, 0)


@pytest.mark.parametrize(
    "sample",
    [
        Sample(3.0, 0.0, 0.0, 0),
        Sample(0.0, 225.0, 0.0, 0),
        Sample(0.0, 0.0, 1.3, 0),
        Sample(0.0, 0.0, 0.0, 600_000),
    ],
)
def test_the_scarcest_thing_is_the_stress(sample: Sample) -> None:
    stress = Stress(Limits(cores=2.0))
    levels = run(stress, sample, 30, 100)
    assert stress.load.stress == pytest.approx(1.5, abs=0.05)
    assert levels[-1] is Shedding.NO_JOINS


def test_levels_come_one_by_one_and_go_one_by_one() -> None:
    stress = Stress(Limits(cores=2.0))
    up = run(stress, cpu(1.3), 30, 100)
    assert list(dict.fromkeys(up)) == list(Shedding)
    down = run(stress, IDLE, 60, 130)
    assert list(dict.fromkeys([*up[-1:], *down])) == list(reversed(Shedding))


def test_a_busy_second_sheds_nothing() -> None:
    stress = Stress(Limits(cores=2.0))
    run(stress, IDLE, 10, 0)
    assert stress.measured(cpu(1.5), 10).shedding is Shedding.NONE
    assert set(run(stress, IDLE, 20, 11)) == {Shedding.NONE}


@pytest.mark.parametrize("load", [0.7, 0.9, 1.05, 1.2])
def test_a_steady_load_comes_to_rest(load: float) -> None:
    stress = Stress(Limits(cores=2.0))
    run(stress, cpu(load), 60, 0)
    assert len(set(run(stress, cpu(load), 120, 60))) == 1


def test_a_load_that_sways_about_a_threshold_does_not_flap() -> None:
    stress = Stress(Limits(cores=2.0))
    seen = [
        stress.measured(cpu(0.85 + (0.08 if second // 7 % 2 else -0.08)), second).shedding for second in range(200)
    ]
    assert sum(one is not other for one, other in pairwise(seen)) == 1


def test_percentiles() -> None:
    assert percentile([], 0.95) == 0.0
    assert percentile([float(number) for number in range(100)], 0.95) == 95.0
