"""Which encodings a publisher is told to send: more at once, less after a quiet second, never none while watched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.dynacast import QUIET_US, Dynacast

pytestmark = pytest.mark.unit

STEP_US = 20_000
WISHES = st.frozensets(st.sampled_from(["l", "m", "h", "other"]))


def told(dynacast: Dynacast, from_us: int, until_us: int) -> list[tuple[int, tuple[str, ...]]]:
    """What is told between two moments, with the moments."""
    found = [(now_us, dynacast.due(now_us)) for now_us in range(from_us, until_us, STEP_US)]
    return [(now_us, rids) for now_us, rids in found if rids is not None]


def test_what_nobody_wants_stops_after_a_quiet_second_and_comes_back_at_once() -> None:
    dynacast = Dynacast(["l", "m", "h"])
    dynacast.want("viewer", frozenset({"l"}))
    assert told(dynacast, 0, 3_000_000) == [(QUIET_US, ("l",))]
    dynacast.want("viewer", frozenset({"h"}))
    assert dynacast.due(3_000_000) == ("l", "h")


def test_the_lowest_is_sent_while_anything_is_wanted_and_nothing_when_nobody_watches() -> None:
    dynacast = Dynacast(["l", "m", "h"])
    dynacast.want("recorder", frozenset({"h"}))
    assert told(dynacast, 0, 2_000_000) == [(QUIET_US, ("l", "h"))]
    dynacast.unwant("recorder")
    dynacast.unwant("recorder")
    assert [rids for _, rids in told(dynacast, 2_000_000, 4_000_000)] == [()]
    assert dynacast.sent == ()


def test_wishes_of_several_add_up() -> None:
    dynacast = Dynacast(["l", "m", "h"])
    dynacast.want("a", frozenset({"m"}))
    dynacast.want("b", frozenset({"h"}))
    assert told(dynacast, 0, 2_000_000) == []
    dynacast.want("b", frozenset({"l"}))
    assert [rids for _, rids in told(dynacast, 2_000_000, 4_000_000)] == [("l", "m")]


def test_a_tile_that_is_moved_about_does_not_make_a_layer_flap() -> None:
    dynacast = Dynacast(["l", "h"])
    dynacast.want("viewer", frozenset({"h"}))
    for now_us in range(0, 10_000_000, STEP_US):
        dynacast.want("viewer", frozenset({"h"} if now_us // 500_000 % 2 else {"l"}))
        assert dynacast.due(now_us) is None


@given(st.lists(st.tuples(st.integers(0, 3), WISHES), max_size=300))
def test_what_is_wanted_is_always_sent(steps: list[tuple[int, frozenset[str]]]) -> None:
    dynacast = Dynacast(["l", "m", "h"])
    wishes: dict[int, frozenset[str]] = {}
    for index, (who, rids) in enumerate(steps):
        dynacast.want(who, rids)
        wishes[who] = rids
        dynacast.due(index * 100_000)
        wanted = frozenset().union(*wishes.values()) & {"l", "m", "h"}
        assert wanted <= set(dynacast.sent)
        assert not wanted or dynacast.sent[0] == "l"
