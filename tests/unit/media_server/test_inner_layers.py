"""What the layers inside a stream cost, and which of them make a rung."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.allocator import Allocator, Claim
from media_server.dataplane.ports import InnerLayer
from media_server.inner_layers import FIRST_US, WINDOW_US, InnerMeter, rungs_inside
from media_server.layers import Rank, Rung, all_frames, levels, rates_bps, wanted
from media_server.ports import View

pytestmark = pytest.mark.unit

TICK_US = 100_000
L1T3 = {(0, 0): 0.5, (0, 1): 0.2, (0, 2): 0.3}
L3T3 = {(s, t): size * share for s, size in enumerate((0.1, 0.3, 0.6)) for t, share in enumerate((0.5, 0.2, 0.3))}
WHOLE = Rung("", 720, 1_000_000, True)


class Stream:
    """Runs at a steady rate and is counted ten times a second."""

    def __init__(self) -> None:
        self.meter = InnerMeter()
        self.bytes: dict[tuple[int, int], int] = {}
        self.now_us = 0

    def run(self, seconds: float, rates: dict[tuple[int, int], int], *, flows: bool | None = None) -> None:
        for _ in range(round(seconds * 10)):
            self.now_us += TICK_US
            for place, rate in rates.items():
                self.bytes[place] = self.bytes.get(place, 0) + rate
            counted = [InnerLayer(*place, size) for place, size in self.bytes.items()]
            self.meter.count(counted, self.now_us, flows=bool(rates) if flows is None else flows)


def sizes(spatial: int) -> int:
    return 180 << spatial


def test_shares_are_known_after_a_second_and_follow() -> None:
    stream = Stream()
    stream.run(FIRST_US / 1e6, {(0, 0): 600, (0, 1): 400})
    assert stream.meter.shares == {}
    stream.run(0.2, {(0, 0): 600, (0, 1): 400})
    assert stream.meter.shares == pytest.approx({(0, 0): 0.6, (0, 1): 0.4})
    stream.run(10, {(0, 0): 300, (0, 1): 700})
    assert stream.meter.shares == pytest.approx({(0, 0): 0.3, (0, 1): 0.7}, abs=0.01)


def test_a_layer_that_stops_goes_and_a_stream_that_stands_still_keeps_its_shares() -> None:
    stream = Stream()
    stream.run(2, {(0, 0): 600, (1, 0): 400})
    stream.run(WINDOW_US / 1e6 + 0.2, {(0, 0): 600})
    assert stream.meter.shares == {(0, 0): 1.0}
    assert stream.meter.spatial_layers == 2, "as many as ever came"
    stream.run(60, {})
    assert stream.meter.shares == {(0, 0): 1.0}


def test_a_stream_that_leaves_off_telling_its_layers_has_none() -> None:
    stream = Stream()
    stream.run(5, {(0, 0): 600, (1, 0): 400})
    stream.run(WINDOW_US / 1e6 - 0.2, {}, flows=True)
    assert set(stream.meter.shares) == {(0, 0), (1, 0)}
    stream.run(0.4, {}, flows=True)
    assert stream.meter.shares == {}
    stream.run(0.2, {(0, 0): 600, (1, 0): 400})
    assert stream.meter.shares == pytest.approx({(0, 0): 0.6, (1, 0): 0.4})


def test_counts_that_begin_anew_are_not_taken_for_less_than_nothing() -> None:
    stream = Stream()
    stream.run(5, {(0, 0): 600, (0, 1): 400})
    stream.bytes = {}
    stream.run(5, {(0, 0): 500, (0, 1): 500})
    assert stream.meter.shares == pytest.approx({(0, 0): 0.5, (0, 1): 0.5}, abs=0.01)


def test_what_was_counted_long_ago_says_nothing() -> None:
    stream = Stream()
    stream.run(5, {(0, 0): 500, (0, 1): 500})
    stream.now_us += 3_600_000_000
    stream.bytes[0, 0] += 10**9
    stream.run(0.1, {})
    assert stream.meter.shares == pytest.approx({(0, 0): 0.5, (0, 1): 0.5})


def test_frames_go_before_the_size_of_the_picture_but_half_of_them_at_most() -> None:
    rungs = rungs_inside(WHOLE, L3T3, sizes, lowest=True)
    assert [(rung.spatial, rung.temporal) for rung in rungs] == [
        (0, 0), (0, 1), (0, None), (1, 1), (1, None), (None, 1), (None, None),
    ]  # fmt: skip
    assert [rung.short_side_px for rung in rungs] == [180, 180, 180, 360, 360, 720, 720]
    assert rungs[-1].bitrate_bps == WHOLE.bitrate_bps
    assert [rung.bitrate_bps for rung in rungs[:3]] == [50_000, 70_000, 100_000]
    assert [rung.temporal for rung in rungs_inside(WHOLE, L1T3, sizes, lowest=True)] == [0, 1, None]
    assert [rung.temporal for rung in rungs_inside(WHOLE, L1T3, sizes, lowest=False)] == [1, None]


def test_a_stream_that_tells_nothing_or_was_not_measured_is_one_rung() -> None:
    assert rungs_inside(WHOLE, {}, sizes, lowest=True) == (WHOLE,)
    unknown = Rung("", 0, 0, True)
    assert rungs_inside(unknown, L3T3, sizes, lowest=True) == (unknown,)


@pytest.mark.parametrize(
    ("tile", "place"), [(90, (0, None)), (180, (0, None)), (300, (1, None)), (720, (None, None))]
)
def test_a_tile_asks_for_the_spatial_layer_that_fills_it_with_all_its_frames(
    tile: int, place: tuple[int | None, int | None]
) -> None:
    rungs = rungs_inside(WHOLE, L3T3, sizes, lowest=True)
    chosen = rungs[wanted(rungs, View(tile * 2, tile))]
    assert (chosen.spatial, chosen.temporal) == place


shares = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(0, 3)), st.floats(0.01, 1), min_size=1, max_size=16
).map(lambda parts: {place: part / sum(parts.values()) for place, part in parts.items()})


@given(shares, st.integers(1, 5_000_000), st.booleans(), st.integers(1, 3000), st.none() | st.integers(0, 20))
def test_any_layers_make_a_ladder(
    parts: dict[tuple[int, int], float], rate: int, lowest: bool, tile: int, before: int | None
) -> None:
    whole = Rung("x", 720, rate, True)
    rungs = rungs_inside(whole, parts, sizes, lowest=lowest)
    assert (rungs[-1].spatial, rungs[-1].temporal) == (None, None)
    assert rates_bps(rungs, range(len(rungs)))[-1] == rate
    assert len({rung.place for rung in rungs}) == len(rungs)
    level = levels(rung.place for rung in rungs)
    assert level == sorted(level)
    first = wanted(rungs, View(tile, tile), before)
    assert first == all_frames(rungs, first) == wanted(rungs, View(tile, tile), first)


@given(st.lists(shares, min_size=1, max_size=6), st.lists(st.integers(0, 8_000_000), min_size=1, max_size=20))
def test_layers_that_come_and_go_neither_break_the_budget_nor_pause_what_fits(
    course: list[dict[tuple[int, int], float]], budgets: list[int]
) -> None:
    allocator = Allocator()
    for number, budget in enumerate(budgets):
        rungs = rungs_inside(WHOLE, course[number % len(course)], sizes, lowest=True)
        rates = rates_bps(rungs, range(len(rungs)))
        claim = Claim("track", Rank.STAGE, rates, tuple(rung.place for rung in rungs))
        given = allocator.decide([claim], budget, number * TICK_US)
        if budget >= rates[0]:
            assert rates[given["track"]] <= budget, "the last one is kept, and nothing that does not fit"


def test_a_stream_whose_layers_become_known_goes_on_whole() -> None:
    rungs = rungs_inside(WHOLE, L3T3, sizes, lowest=True)
    rates = rates_bps(rungs, range(len(rungs)))
    allocator = Allocator()
    assert allocator.decide([Claim("a", Rank.STAGE, (1_000_000,), (WHOLE.place,))], 1_200_000, 0) == {"a": 0}
    known = Claim("a", Rank.STAGE, rates, tuple(rung.place for rung in rungs))
    # Too little for the margin of something new, enough for what goes out.
    assert allocator.decide([known], 1_010_000, TICK_US) == {"a": 6}
    assert allocator.decide([known], 850_000, 2 * TICK_US) == {"a": 5}


def test_everybody_gets_the_small_picture_whole_before_anybody_a_larger_one() -> None:
    layered = rungs_inside(WHOLE, L3T3, sizes, lowest=True)
    claims = [
        Claim("a", Rank.OTHER, rates_bps(layered, range(7)), tuple(rung.place for rung in layered)),
        Claim("b", Rank.OTHER, (100_000, 400_000, 1_000_000)),
    ]
    assert Allocator().decide(claims, 240_000, 0) == {"a": 2, "b": 0}
    assert Allocator().decide(claims, 700_000, 0) == {"a": 4, "b": 0}
    assert Allocator().decide(claims, 1_000_000, 0) == {"a": 4, "b": 1}
