"""Whose media reaches whom in every state."""

from __future__ import annotations

import pytest

from hearing import commands as cmd
from hearing.policy import is_muted, is_recorded, may_publish, may_receive
from hearing.session import Move
from tests.fakes.courtroom import Courtroom

pytestmark = pytest.mark.unit

BENCH = {"judge", "judge-2"}
PARTIES = {"plaintiff", "defendant"}
AUDIENCE = {"observer", "supervisor", "display"}


@pytest.fixture
def room() -> Courtroom:
    return Courtroom().open()


def viewers(room: Courtroom, sender: str) -> set[str]:
    return {viewer for viewer in room.hearing.people if may_receive(room.hearing, viewer, sender)}


def publishers(room: Courtroom) -> set[str]:
    return {name for name in room.hearing.people if may_publish(room.hearing, name)}


def test_in_open_court_everybody_present_sees_who_speaks(room: Courtroom) -> None:
    assert publishers(room) == BENCH | PARTIES | {"clerk"}
    assert viewers(room, "judge") == {"judge-2", "clerk"} | PARTIES | AUDIENCE
    assert viewers(room, "observer") == set()


def test_a_witness_gets_nothing_before_and_after_testimony(room: Courtroom) -> None:
    assert "witness" not in viewers(room, "judge")
    room.do("judge", cmd.Admit(participant="witness"))
    assert "witness" in viewers(room, "judge")
    assert "judge" in viewers(room, "witness")
    room.do("judge", cmd.Dismiss(participant="witness"))
    assert "witness" not in viewers(room, "judge")
    assert viewers(room, "witness") == set()


def test_before_opening_no_screen_and_no_audience_looks_in() -> None:
    room = Courtroom()
    room.arrive("judge", "clerk", "display", "supervisor", "observer", "plaintiff", "witness")
    room.do("judge", cmd.Admit(participant="observer"))
    assert viewers(room, "judge") == {"clerk"}
    assert publishers(room) == {"judge", "clerk"}
    room.do("judge", cmd.Admit(participant="plaintiff"))
    assert viewers(room, "judge") == {"clerk", "plaintiff"}


def test_closed_evidence_shuts_out_audience_and_screens(room: Courtroom) -> None:
    room.do("judge", cmd.Admit(participant="witness"))
    room.move(Move.CLOSE_EVIDENCE)
    assert viewers(room, "judge") == {"judge-2", "clerk", "witness"} | PARTIES
    assert not is_recorded(room.hearing, "judge")


def test_mediation_is_not_for_the_witness_either(room: Courtroom) -> None:
    room.do("judge", cmd.Admit(participant="witness"))
    room.move(Move.MEDIATE_OFF_RECORD)
    assert viewers(room, "judge") == {"judge-2", "clerk"} | PARTIES


def test_deliberation_is_the_benchs_alone(room: Courtroom) -> None:
    room.move(Move.DELIBERATE)
    assert publishers(room) == BENCH
    assert viewers(room, "judge") == {"judge-2"}


def test_in_recess_only_the_courts_people_hear_each_other(room: Courtroom) -> None:
    room.move(Move.RECESS)
    assert viewers(room, "judge") == {"judge-2", "clerk"}
    assert not any(is_recorded(room.hearing, name) for name in room.hearing.people)


def test_what_arrives_during_a_technical_interruption_is_recorded(room: Courtroom) -> None:
    room.move(Move.SUSPEND, reason="断网")
    assert is_recorded(room.hearing, "plaintiff")


def test_a_closed_case_has_no_observers() -> None:
    room = Courtroom(public=False).open()
    assert viewers(room, "judge") == {"judge-2", "clerk", "supervisor", "display"} | PARTIES


def test_after_closing_nothing_flows(room: Courtroom) -> None:
    room.move(Move.CLOSE)
    assert publishers(room) == set()


def test_strangers_and_oneself_get_nothing(room: Courtroom) -> None:
    assert not may_receive(room.hearing, "ghost", "judge")
    assert not may_receive(room.hearing, "judge", "ghost")
    assert not may_receive(room.hearing, "judge", "judge")
    assert not may_publish(room.hearing, "ghost")


def test_muting_is_by_kind(room: Courtroom) -> None:
    room.do("judge", cmd.SetMute(participant="plaintiff", kind="video"))
    assert is_muted(room.hearing, "plaintiff", "video")
    assert not is_muted(room.hearing, "plaintiff", "audio")
    assert not is_muted(room.hearing, "ghost", "audio")


def test_who_dropped_neither_sends_nor_receives(room: Courtroom) -> None:
    room.drop("plaintiff")
    assert "plaintiff" not in publishers(room) | viewers(room, "judge")
