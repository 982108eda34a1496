"""Where captions stand in the composite: each readable while it lasts, nobody's moving."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.composite.caption_strip import PLACES, Placed, place
from records.writing.captions import Cue

pytestmark = pytest.mark.unit


def cue(who: str, from_ms: int, to_ms: int) -> Cue:
    return Cue(
        line=f"{who}@{from_ms}",
        number=0,
        paragraph=0,
        participant=who,
        speaker=who,
        language="zh-CN",
        from_ms=from_ms,
        to_ms=to_ms,
        text="同意",
    )


def places(*cues: Cue) -> list[int]:
    return [placed.place for placed in place(cues)]


def test_two_who_answer_each_other_keep_their_sides() -> None:
    assert places(cue("a", 0, 900), cue("b", 1_000, 1_900), cue("a", 2_000, 2_500), cue("b", 2_600, 3_000)) == [
        0,
        1,
        0,
        1,
    ]


def test_two_at_once_stand_side_by_side() -> None:
    assert places(cue("a", 0, 2_000), cue("b", 500, 1_500)) == [0, 1]


def test_a_third_takes_the_place_of_who_began_first() -> None:
    assert places(cue("a", 0, 5_000), cue("b", 1_000, 5_000), cue("c", 2_000, 5_000)) == [0, 1, 0]


def test_who_comes_anew_stands_where_silence_is_longest() -> None:
    assert places(cue("a", 0, 500), cue("b", 400, 900), cue("c", 2_000, 2_500)) == [0, 1, 0]


spans = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 20_000), st.integers(1, 6_000)), max_size=30)


@given(spans)
def test_nobody_loses_a_place_that_another_could_have(made: list[tuple[str, int, int]]) -> None:
    cues = sorted((cue(who, at, at + length) for who, at, length in made), key=lambda each: each.from_ms)
    placed = place(cues)
    assert [each.cue for each in placed] == cues
    for number, new in enumerate(placed):
        running = [old for old in placed[:number] if _stands(old, placed[:number], new.cue.from_ms)]
        taken = {old.place for old in running}
        assert 0 <= new.place < PLACES
        assert new.place not in taken or len(taken) == PLACES


def _stands(old: Placed, before: tuple[Placed, ...], at_ms: int) -> bool:
    """Whether it is still to be read then: not over, and nothing newer in its place."""
    newest = [each for each in before if each.place == old.place][-1]
    return newest is old and old.cue.to_ms > at_ms
