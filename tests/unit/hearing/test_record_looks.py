"""A supervisor's looks into finished records: when there is one, what the log takes, and what is the same look."""

from __future__ import annotations

import pytest

from hearing import events as ev
from hearing import record_looks
from hearing.errors import Refused
from hearing.record_looks import LOOK_LASTS_MS, SAME_LOOK_MS, RecentLooks, look_up, may_look_up
from hearing.sealing import check_addition
from hearing.session import Move, State
from hearing.state import Hearing
from hearing.supervision_events import RecordLooked
from tests.fakes.courtroom import Courtroom

pytestmark = pytest.mark.unit

LOOK = RecordLooked(account="watch", name="督察", what="minutes", reason="例行检查")
SEARCH = RecordLooked(account="watch", name="督察", what="lines", words="异议", lines=3)


def held(state: State) -> Hearing:
    """A session that was opened and is in this state."""
    room = Courtroom().open()
    room.note([ev.StateChanged(move=Move.CLOSE, before=State.IN_SESSION, after=state)])
    return room.hearing


@pytest.mark.parametrize("state", list(State))
def test_records_are_looked_into_from_closing_on_and_hearings_live(state: State) -> None:
    hearing = held(state)
    if state in {State.CLOSED, State.TRANSCRIPT_REVIEW, State.SIGNED, State.SEALED}:
        assert list(look_up(hearing, LOOK)) == [LOOK]
        return
    assert not may_look_up(hearing)
    with pytest.raises(Refused) as refused:
        look_up(hearing, LOOK)
    assert refused.value.code == "not-over"


def test_what_was_never_opened_has_no_record() -> None:
    room = Courtroom()
    room.note([ev.StateChanged(move=Move.CLOSE, before=State.WAITING, after=State.CLOSED)])
    assert not may_look_up(room.hearing)


def test_a_look_is_an_addition_to_a_sealed_log() -> None:
    check_addition(held(State.SEALED), [LOOK, SEARCH])


def test_the_same_look_again_is_told_once_in_a_while() -> None:
    looks = RecentLooks()
    assert looks.is_new("S", SEARCH, 0)
    looks.told("S", SEARCH, 0)
    more = RecordLooked(account="watch", name="督察", what="lines", words="异议", lines=5)
    assert not looks.is_new("S", more, SAME_LOOK_MS - 1)
    assert looks.is_new("S", more, SAME_LOOK_MS)
    for other in (
        RecordLooked(account="watch", name="督察", what="lines", words="证据", lines=3),
        RecordLooked(account="watch", name="督察", what="lines", words="异议", lines=3, reason="投诉"),
        RecordLooked(account="other", name="督察", what="lines", words="异议", lines=3),
        LOOK,
    ):
        assert looks.is_new("S", other, 1)
    assert looks.is_new("another session", SEARCH, 1)


def test_what_a_look_opened_stays_open_for_a_while_for_whoever_looked() -> None:
    looks = RecentLooks()
    looks.told("S", LOOK, 0)
    assert looks.is_open("S", "watch", "minutes", LOOK_LASTS_MS - 1)
    assert not looks.is_open("S", "watch", "minutes", LOOK_LASTS_MS)
    assert not looks.is_open("S", "other", "minutes", 1)
    assert not looks.is_open("S", "watch", "player", 1)
    assert not looks.is_open("T", "watch", "minutes", 1)


def test_so_many_looks_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_looks, "LOOKS_KEPT", 2)
    looks = RecentLooks()
    for session in "ABC":
        looks.told(session, LOOK, 0)
    assert looks.is_new("A", LOOK, 1), "the oldest is forgotten, and told again"
    assert not looks.is_open("A", "watch", "minutes", 1)
    assert not looks.is_new("C", LOOK, 1)
