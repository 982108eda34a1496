"""The floor of a meeting: given, spoken from, lost and found again, over."""

import pytest

from signaling.meetings.floor import Floor, FloorState

pytestmark = pytest.mark.unit

GRACE_MS = 60_000


def test_a_floor_without_a_limit_waits_for_the_chair() -> None:
    floor = Floor(GRACE_MS)
    floor.give("C1")
    assert floor.state is FloorState.GIVEN
    assert floor.due_ms is None
    floor.up("C1")
    assert floor.state is FloorState.LIVE
    assert not floor.is_over(10**12)


def test_a_speaker_who_comes_back_in_time_keeps_the_floor() -> None:
    floor = Floor(GRACE_MS)
    floor.give("C1")
    floor.up("C1")
    floor.lost("C1", 1_000)
    floor.lost("C1", 50_000)
    assert floor.state is FloorState.AWAY
    assert not floor.is_over(60_999)
    assert floor.is_over(61_000)
    floor.up("C1")
    assert floor.state is FloorState.LIVE
    assert not floor.is_over(10**12)


def test_a_speaker_of_the_hall_is_never_away() -> None:
    floor = Floor(GRACE_MS)
    floor.give("C1")
    floor.lost("C1", 1_000)
    assert floor.state is FloorState.GIVEN
    assert floor.due_ms is None


def test_time_runs_out_also_while_they_are_away() -> None:
    floor = Floor(GRACE_MS)
    floor.give("C1", 30_000)
    floor.up("C1")
    floor.lost("C1", 1_000)
    assert floor.due_ms == 30_000
    assert floor.is_over(30_000)


def test_others_do_not_move_it() -> None:
    floor = Floor(GRACE_MS)
    floor.up("")
    floor.lost("", 1)
    assert floor.person == ""
    floor.give("C1")
    floor.up("C2")
    assert floor.state is FloorState.GIVEN
    floor.up("C1")
    floor.lost("C2", 1_000)
    assert floor.state is FloorState.LIVE
    floor.give("C2")
    assert (floor.person, floor.state, floor.due_ms) == ("C2", FloorState.GIVEN, None)


def test_the_same_person_again_goes_on_with_the_new_limit() -> None:
    floor = Floor(GRACE_MS)
    floor.give("C1", 10_000)
    floor.up("C1")
    floor.give("C1", 90_000)
    assert floor.state is FloorState.LIVE
    assert not floor.is_over(10_000)
    assert floor.is_over(90_000)
