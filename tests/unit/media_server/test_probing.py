"""When a path is probed: against a path of known capacity."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from media_server.probing import DURATION_MS, PAUSE_MOST_US, Path, Probe, Probing

pytestmark = pytest.mark.unit

TICK_US = 100_000


@dataclass
class Road:
    """A path that carries `capacity_bps`, and an estimator that believes what a probe has shown."""

    capacity_bps: int
    estimate_bps: int = 1_000_000
    probed_bps: int = 0
    now_us: int = 0
    probing: Probing = field(default_factory=Probing)
    probes: list[tuple[float, Probe]] = field(default_factory=list)
    _under_way: tuple[int, Probe] | None = None

    def run(self, seconds: float, goal_bps: int) -> None:
        for _ in range(int(seconds * 1_000_000 / TICK_US)):
            self.now_us += TICK_US
            if self._under_way and self.now_us - self._under_way[0] >= DURATION_MS * 1000 + TICK_US:
                self.probed_bps = min(self._under_way[1].rate_bps, self.capacity_bps)
                self.estimate_bps = max(self.estimate_bps, self.probed_bps)
                self._under_way = None
            path = Path(self.estimate_bps, self.probed_bps, overusing=self.estimate_bps > self.capacity_bps)
            self.estimate_bps = min(self.estimate_bps, self.capacity_bps)
            probe = self.probing.due(path, goal_bps, self.now_us)
            if probe:
                self.probes.append((self.now_us / 1_000_000, probe))
                self._under_way = (self.now_us, probe)
                self.probing.begun(probe, self.now_us)


def test_a_fast_path_is_known_within_two_seconds() -> None:
    road = Road(20_000_000)
    road.run(2, 5_000_000)
    assert road.estimate_bps >= 5_000_000
    assert [probe.rate_bps for _, probe in road.probes] == [3_000_000, 5_000_000]


def test_nothing_is_probed_that_nobody_needs() -> None:
    road = Road(20_000_000)
    road.run(60, 900_000)
    assert road.probes == []


def test_what_the_next_probe_may_tell_is_awaited_but_not_at_the_start() -> None:
    road, climbed = Road(20_000_000, estimate_bps=300_000), []
    for _ in range(60):
        road.run(0.1, 5_000_000)
        climbed.append(road.probing.climbing)
    assert len(road.probes) > 3
    assert not any(climbed[: int(road.probes[2][0] * 10) - 1]), "the first two are sent while a page opens"
    assert any(climbed)
    assert not climbed[-1], "it carries all that is wanted"


def test_a_path_at_its_limit_is_probed_seldom() -> None:
    road = Road(1_200_000)
    road.run(120, 5_000_000)
    times = [time for time, _ in road.probes]
    assert 16 <= len(times) <= 28
    assert min(later - earlier for earlier, later in pairwise(times[4:])) >= PAUSE_MOST_US / 1e6
    assert all(probe.rate_bps <= 5_000_000 for _, probe in road.probes)


def test_a_path_that_has_recovered_is_found_soon() -> None:
    road = Road(3_000_000)
    road.run(10, 2_500_000)
    road.capacity_bps = 450_000
    road.run(1, 2_500_000)
    before = len(road.probes)
    road.capacity_bps = 3_000_000
    road.run(4, 2_500_000)
    assert len(road.probes) > before
    assert road.estimate_bps >= 0.8 * 2_500_000


@pytest.mark.parametrize("weak_s", [5, 20, 33, 60])
def test_however_long_it_was_weak_a_path_is_climbed_within_twelve_seconds(weak_s: int) -> None:
    road = Road(3_000_000)
    road.run(10, 2_500_000)
    road.capacity_bps = 450_000
    road.run(weak_s, 2_500_000)
    road.capacity_bps = 3_000_000
    road.run(12, 2_500_000)
    assert road.estimate_bps >= 2_400_000


def test_a_probe_that_could_not_begin_is_tried_again_soon() -> None:
    probing = Probing()
    path = Path(1_000_000, 0, overusing=False)
    first = probing.due(path, 9_000_000, 1)
    assert first == Probe(3_000_000)
    probing.refused(1)
    assert probing.due(path, 9_000_000, 200_000) is None
    assert probing.due(path, 9_000_000, 600_001) == first


def test_an_overusing_path_is_left_alone() -> None:
    assert Probing().due(Path(1_000_000, 0, overusing=True), 9_000_000, 1) is None
