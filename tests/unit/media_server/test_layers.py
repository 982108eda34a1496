"""Which layer a tile asks for, and what takes the place of one that is not there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.layers import Ladder, Rung, nearest, rates_bps, under_load, visible, wanted
from media_server.ports import Shedding, View

pytestmark = pytest.mark.unit


def ladder(*sizes: int, running: bool = True, bitrate: int = 0) -> Ladder:
    return tuple(Rung(rid, size, bitrate, running) for rid, size in zip("lmh", sizes, strict=False))


THREE = ladder(180, 360, 720)


@pytest.mark.parametrize(
    ("tile", "rid"), [((160, 90), "l"), ((320, 180), "l"), ((400, 225), "l"), ((640, 360), "m"), ((1280, 720), "h")]
)
def test_a_tile_asks_for_the_lowest_layer_that_fills_it(tile: tuple[int, int], rid: str) -> None:
    assert THREE[wanted(THREE, View(*tile))].rid == rid


def test_a_tile_larger_than_every_layer_gets_the_highest() -> None:
    assert wanted(THREE, View(3840, 2160)) == 2


def test_a_page_that_said_nothing_is_taken_as_large_and_an_empty_tile_as_hidden() -> None:
    assert wanted(THREE, None) == 2
    assert visible(None)
    assert not visible(View(320, 0))


def test_a_tile_about_a_threshold_does_not_flap() -> None:
    present = wanted(THREE, View(1000, 440))
    seen = []
    for height in (455, 445, 455, 445, 430, 455):
        present = wanted(THREE, View(1000, height), present)
        seen.append(THREE[present].rid)
    assert seen == ["h"] * 6
    assert THREE[wanted(THREE, View(640, 360), present)].rid == "m"


def test_layers_of_unknown_size_are_taken_as_usual() -> None:
    unknown = ladder(0, 0, 0)
    assert [wanted(unknown, View(size * 2, size)) for size in (180, 360, 720)] == [0, 1, 2]


def test_a_missing_layer_means_the_next_lower_else_the_next_higher() -> None:
    def there(*rids: str) -> int | None:
        return nearest(THREE, 1, lambda rung: rung.rid in rids)

    assert there("l", "m", "h") == 1
    assert there("l", "h") == 0
    assert there("h") == 2
    assert there() is None


def test_a_layer_that_was_not_measured_costs_what_its_size_suggests() -> None:
    measured = (Rung("l", 180, 90_000, True), Rung("m", 360, 0, False, True), Rung("h", 720, 0, False))
    assert rates_bps(measured, (0, 1, 2)) == (90_000, 500_000, 1_600_000)


def test_a_busy_server_gives_the_lowest_layer_to_all_but_who_has_the_floor() -> None:
    assert under_load(THREE, 2, Shedding.FEWER_TILES, has_floor=False) == 2
    assert under_load(THREE, 2, Shedding.LOW_LAYERS, has_floor=False) == 0
    assert under_load(THREE, 2, Shedding.NO_JOINS, has_floor=True) == 2


@given(
    st.lists(st.integers(0, 4000), min_size=1, max_size=4),
    st.integers(1, 5000),
    st.integers(1, 5000),
    st.none() | st.integers(0, 6),
)
def test_every_tile_gets_a_layer_and_its_wish_rests(
    sizes: list[int], width: int, height: int, before: int | None
) -> None:
    rungs = tuple(Rung(str(index), size, 0, True) for index, size in enumerate(sizes))
    first = wanted(rungs, View(width, height), before)
    assert 0 <= first < len(rungs)
    assert wanted(rungs, View(width, height), first) == first
    costs = rates_bps(rungs, range(len(rungs)))
    assert list(costs) == sorted(costs)
