"""Where a notice stands: the page or a hand settles it, of several attempts the latest counts."""

from __future__ import annotations

import pytest

from records.memory import MemoryStore
from signaling.meetings.firsts import Firsts
from signaling.meetings.notices import state_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("done", "state"),
    [
        (set(), "made"),
        ({"sent.00000000000001"}, "sent"),
        ({"sent.00000000000001", "failed.00000000000002"}, "failed"),
        ({"sent.00000000000001", "failed.00000000000002", "sent.00000000000003"}, "sent"),
        ({"failed.00000000000002", "shown"}, "shown"),
        ({"failed.00000000000002", "handed"}, "handed"),
        ({"published.00000000000002"}, "made"),
    ],
)
def test_where_a_notice_stands(done: set[str], state: str) -> None:
    assert state_of(frozenset(done)) == state


async def test_the_first_value_stays_for_whoever_asks_at_once_or_after_a_restart() -> None:
    store = MemoryStore()
    firsts = Firsts(store, "t")
    assert await firsts.note("M.M1.1", "C1", "shown", b"1")
    assert not await firsts.note("M.M1.1", "C1", "shown", b"2")
    # Of a scope whose name begins alike nothing is known.
    assert await firsts.everybody("M.M1.11") == {}
    again = Firsts(store, "t")
    assert not await again.note("M.M1.1", "C1", "shown", b"3")
    assert await again.value("M.M1.1", "C1", "shown") == b"1"
    assert await again.values("M.M1.1") == {("C1", "shown"): b"1"}
