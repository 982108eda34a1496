"""The arrangement of pictures: inside the stage, even, apart from each other, the right one large."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.composite.layout import MAX_TILES, MODES, Box, Person, arrange

pytestmark = pytest.mark.unit

STAGE = Box(8, 64, 1264, 612)
SIDES = ("bench", "left", "right", "other")


def people(count: int) -> list[Person]:
    return [Person(f"P{n:02d}", SIDES[n % 4]) for n in range(count)]


def area(box: Box) -> int:
    return box.width * box.height


@given(
    st.sampled_from(MODES),
    st.integers(0, 24),
    st.integers(-1, 30),
    st.tuples(st.integers(0, 40), st.integers(0, 80), st.integers(640, 1904), st.integers(300, 1000)),
)
def test_boxes_lie_inside_apart_and_even(mode: str, count: int, focus: int, stage: tuple[int, int, int, int]) -> None:
    whole = Box(*stage).even()
    boxes = arrange(mode, people(count), f"P{focus:02d}", whole)
    assert len(boxes) == min(count, MAX_TILES)
    for box in boxes.values():
        assert box.x % 2 == box.y % 2 == box.width % 2 == box.height % 2 == 0
        assert box.width >= 2
        assert box.height >= 2
        assert whole.x <= box.x
        assert box.x + box.width <= whole.x + whole.width
        assert whole.y <= box.y
        assert box.y + box.height <= whole.y + whole.height
    for one, other in combinations(boxes.values(), 2):
        apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
        apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
        assert apart_x or apart_y


@pytest.mark.parametrize("mode", ["focus", "one_plus_five"])
@pytest.mark.parametrize("count", [2, 3, 6, 9, 20])
def test_focus_has_the_largest_place(mode: str, count: int) -> None:
    focus = f"P{count - 1:02d}"
    boxes = arrange(mode, people(count), focus, STAGE)
    assert max(boxes, key=lambda name: area(boxes[name])) == focus


def test_auto_grows_from_one_to_a_grid_to_a_focus() -> None:
    assert arrange("auto", people(1), None, STAGE)["P00"] == STAGE
    two = arrange("auto", people(2), None, STAGE)
    assert two["P00"].y == two["P01"].y
    assert len({area(box) for box in arrange("auto", people(4), "P02", STAGE).values()}) == 1
    seven = arrange("auto", people(7), "P05", STAGE)
    assert max(seven, key=lambda name: area(seven[name])) == "P05"


def test_facing_puts_both_sides_next_to_each_other() -> None:
    boxes = arrange("facing", people(6), "P05", STAGE)
    left, right = boxes["P05"], boxes["P02"]
    assert left.x < right.x
    assert (left.y, left.height) == (right.y, right.height)
    assert area(left) > 2 * area(boxes["P00"])


def test_facing_without_parties_is_a_grid() -> None:
    bench = [Person("A", "bench"), Person("B", "bench")]
    assert arrange("facing", bench, None, STAGE) == arrange("grid", bench, None, STAGE)


def test_unknown_mode_and_absent_focus_are_no_fault() -> None:
    assert arrange("cinema", people(3), "nobody", STAGE) == arrange("auto", people(3), None, STAGE)
