"""What the allocator promises, for any claims and any budget."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from media_server.allocator import FORGIVEN_US, HOLD_US, TRIAL_US, Allocator, Claim, cost_bps, fill
from media_server.layers import Rank

pytestmark = pytest.mark.unit

LMH = (150_000, 500_000, 1_500_000)
SECOND_US = 1_000_000
TICK_US = 100_000


@st.composite
def claims(draw: st.DrawFn) -> list[Claim]:
    made = []
    for number in range(draw(st.integers(1, 8))):
        rates = sorted(draw(st.lists(st.integers(20_000, 3_000_000), min_size=1, max_size=3)))
        made.append(Claim(f"track {number}", draw(st.sampled_from(Rank)), tuple(rates)))
    return made


budgets = st.integers(0, 12_000_000)


def important(made: list[Claim]) -> list[Claim]:
    return sorted(made, key=lambda claim: claim.rank)


@given(claims(), st.lists(budgets, min_size=1, max_size=30), st.integers(1, 20))
def test_the_budget_is_kept_but_for_the_most_important_video_alone(
    made: list[Claim], course: list[int], step: int
) -> None:
    allocator = Allocator()
    for number, budget in enumerate(course):
        chosen = allocator.decide(made, budget, number * step * TICK_US)
        if cost_bps(made, chosen) > budget:
            assert chosen == {important(made)[0].key: 0}


@given(claims(), budgets, budgets)
@example(
    [Claim("a", Rank.STAGE, (20_000, 77_843, 87_447)), Claim("b", Rank.STAGE, (20_000, 34_422))], 114_428, 122_301
)
def test_more_budget_never_harms_the_more_important(made: list[Claim], one: int, other: int) -> None:
    less, more = sorted((one, other))
    poor, rich = fill(important(made), less, {}, less), fill(important(made), more, {}, more)
    # A greedy order: at the first rung where both differ, the larger budget has it. (It may cost an equal his third.)
    order = [(c.key, rung) for rank in Rank for rung in range(3) for c in made if c.rank is rank]
    assert [rich.get(key, -1) >= rung for key, rung in order] >= [poor.get(key, -1) >= rung for key, rung in order]


@given(claims(), budgets, budgets)
def test_a_constant_budget_comes_to_rest(made: list[Claim], first: int, then: int) -> None:
    allocator = Allocator()
    allocator.decide(made, first, 0)
    plans = [dict(allocator.decide(made, then, number * SECOND_US)) for number in range(1, 60)]
    changes = sum(before != after for before, after in pairwise(plans))
    assert changes <= 1
    assert plans[-1] == plans[-2]


@given(claims())
def test_enough_for_all_gives_all(made: list[Claim]) -> None:
    chosen = Allocator().decide(made, 100_000_000, 0)
    assert chosen == {claim.key: len(claim.rates_bps) - 1 for claim in made}


def test_everybody_gets_the_lowest_before_anybody_gets_more() -> None:
    made = [Claim(f"{number}", Rank.OTHER, LMH) for number in range(4)]
    assert Allocator().decide(made, 750_000, 0) == {"0": 0, "1": 0, "2": 0, "3": 0}


def test_the_speaker_comes_first_then_exhibits_then_others() -> None:
    made = [Claim("face", Rank.OTHER, LMH), Claim("deed", Rank.EXHIBIT, (400_000,)), Claim("judge", Rank.STAGE, LMH)]
    assert Allocator().decide(made, 650_000, 0) == {"judge": 1}
    assert Allocator().decide(made, 800_000, 0) == {"judge": 1, "face": 0}
    assert Allocator().decide(made, 1_000_000, 0) == {"judge": 1, "deed": 0}
    assert Allocator().decide(made, 2_300_000, 0) == {"judge": 2, "deed": 0, "face": 0}


def test_the_most_important_video_is_the_last_to_pause() -> None:
    made = [Claim("judge", Rank.STAGE, LMH), Claim("face", Rank.OTHER, LMH)]
    allocator = Allocator()
    assert allocator.decide(made, 100_000, 0) == {"judge": 0}
    assert allocator.decide(made, 80_000, 1) == {}


def test_down_is_immediate_and_up_waits() -> None:
    made = [Claim("judge", Rank.STAGE, LMH)]
    allocator = Allocator()
    assert allocator.decide(made, 3_000_000, 0) == {"judge": 2}
    assert allocator.decide(made, 600_000, TICK_US) == {"judge": 1}
    assert allocator.decide(made, 3_000_000, 2 * TICK_US) == {"judge": 1}
    assert allocator.decide(made, 3_000_000, TICK_US + HOLD_US) == {"judge": 2}


def test_what_just_fits_is_not_tried_without_margin() -> None:
    made = [Claim("judge", Rank.STAGE, LMH)]
    allocator = Allocator()
    allocator.decide(made, 600_000, 0)
    assert allocator.decide(made, 1_500_000, SECOND_US) == {"judge": 1}
    assert allocator.decide(made, 1_800_000, 2 * SECOND_US) == {"judge": 2}
    assert allocator.decide(made, 1_500_000, 3 * SECOND_US) == {"judge": 2}


def test_a_rung_that_has_become_dearer_is_kept_while_it_fits() -> None:
    allocator = Allocator()
    assert allocator.decide([Claim("judge", Rank.STAGE, LMH)], 600_000, 0) == {"judge": 1}
    assert allocator.decide([Claim("judge", Rank.STAGE, (160_000, 550_000))], 560_000, TICK_US) == {"judge": 1}


def test_a_path_that_fails_each_try_is_tried_less_and_less() -> None:
    """The estimate recovers while little is sent, and breaks down whenever the high layer goes."""
    made = [Claim("judge", Rank.STAGE, LMH)]
    allocator = Allocator()
    tries = []
    chosen = allocator.decide(made, 600_000, 0)
    for tick in range(1, 1800):
        budget = 600_000 if chosen["judge"] == 2 else 3_000_000
        before, chosen = chosen["judge"], allocator.decide(made, budget, tick * TICK_US)
        if chosen["judge"] > before:
            tries.append(tick)
    apart = [later - earlier for earlier, later in pairwise(tries)]
    assert len(tries) <= 7
    assert apart == sorted(apart)
    assert apart[-1] >= 400


def test_a_path_that_was_well_for_long_is_forgiven() -> None:
    made = [Claim("judge", Rank.STAGE, LMH)]
    allocator = Allocator()
    allocator.decide(made, 3_000_000, 0)
    for number in range(1, 4):
        allocator.decide(made, 600_000, number * TRIAL_US)
        allocator.decide(made, 3_000_000, (number + 1) * TRIAL_US - 1)
    later = 10 * TRIAL_US
    assert allocator.decide(made, 3_000_000, later) == {"judge": 2}
    well = later + FORGIVEN_US + SECOND_US
    assert allocator.decide(made, 600_000, well) == {"judge": 1}
    assert allocator.decide(made, 3_000_000, well + HOLD_US) == {"judge": 2}


def test_holding_down_does_not_keep_the_floor_from_moving() -> None:
    one, two = Claim("one", Rank.STAGE, LMH), Claim("two", Rank.OTHER, LMH)
    allocator = Allocator()
    allocator.decide([one, two], 4_000_000, 0)
    assert allocator.decide([one, two], 800_000, TICK_US) == {"one": 1, "two": 0}
    moved = [Claim("two", Rank.STAGE, LMH), Claim("one", Rank.OTHER, LMH)]
    assert allocator.decide(moved, 800_000, 2 * TICK_US) == {"two": 1, "one": 0}
