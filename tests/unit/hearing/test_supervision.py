"""A supervisor's looks: each has its beginning and its end in the log, and nothing flows outside one."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hearing import arrivals
from hearing import commands as cmd
from hearing import events as ev
from hearing.errors import Refused
from hearing.participant import IN_COURTROOM
from hearing.policy import may_receive
from hearing.session import Move
from hearing.supervision import looks_that_follow, may_look, receives
from hearing.supervision_events import LookAsked, LookBegan, LookEnded
from tests.fakes.courtroom import Courtroom

pytestmark = pytest.mark.unit

WHO = "supervisor"


class Watched(Courtroom):
    """A courtroom whose log says what follows from each batch, as the ledger does."""

    def note(self, events: object, actor: str = "server") -> list[ev.AnyEvent]:
        batch = list(events)  # type: ignore[call-overload]
        return list(super().note([*batch, *looks_that_follow(self.hearing, batch)], actor))

    def looks(self) -> list[LookBegan | LookEnded]:
        return [e.event for e in self.entries if isinstance(e.event, LookBegan | LookEnded)]

    def ask(self, picture: bool, sound: bool) -> None:
        self.note([LookAsked(participant=WHO, picture=picture, sound=sound)], WHO)


@pytest.fixture
def room() -> Watched:
    room = Watched()
    room.arrive("judge", "clerk", "plaintiff", "defendant")
    room.move(Move.GATHER)
    room.move(Move.OPEN, override="试验")
    return room


def test_a_look_is_in_the_log_from_coming_to_going(room: Watched) -> None:
    room.ask(picture=False, sound=True)
    assert room.looks() == [], "asking is not looking"
    room.arrive(WHO)
    assert room.looks() == [LookBegan(participant=WHO, picture=False, sound=True)]
    assert receives(room.hearing, WHO, "audio")
    assert not receives(room.hearing, WHO, "video")
    room.ask(picture=True, sound=True)
    assert room.looks()[1:] == [
        LookEnded(participant=WHO, cause="changed"),
        LookBegan(participant=WHO, picture=True, sound=True),
    ]
    room.do(WHO, cmd.Leave())
    assert room.looks()[-1] == LookEnded(participant=WHO, cause="left")
    assert not receives(room.hearing, WHO, "audio")


@pytest.mark.parametrize("move", [Move.DELIBERATE, Move.CLOSE_EVIDENCE, Move.MEDIATE_OFF_RECORD, Move.RECESS])
def test_no_look_goes_on_behind_closed_doors(room: Watched, move: Move) -> None:
    room.arrive(WHO)
    room.move(move)
    assert room.looks()[-1] == LookEnded(participant=WHO, cause="closed")
    assert not may_look(room.hearing)
    assert not may_receive(room.hearing, WHO, "judge")
    room.move(Move.RESUME)
    assert room.looks()[-1] == LookBegan(participant=WHO, picture=True, sound=True)


def test_a_dropped_supervisor_looks_no_more(room: Watched) -> None:
    room.arrive(WHO)
    room.drop(WHO)
    assert room.looks()[-1] == LookEnded(participant=WHO, cause="dropped")


def test_others_are_no_supervisors(room: Watched) -> None:
    assert receives(room.hearing, "plaintiff", "video")
    room.arrive("observer")
    assert room.looks() == []


@given(st.lists(st.sampled_from(["arrive", "drop", "leave", "watch", "listen", *Move]), max_size=14))
def test_media_flows_exactly_during_a_look(steps: list[str | Move]) -> None:
    room = Watched()
    room.arrive("judge", "plaintiff", "defendant")
    room.move(Move.GATHER)
    room.move(Move.OPEN, override="试验")
    for step in steps:
        try:
            match step:
                case Move():
                    room.move(step, reason="理由", override="试验")
                case "arrive":
                    room.note(arrivals.arrived(room.hearing, WHO, ""))
                case "drop":
                    room.drop(WHO)
                case "leave":
                    room.do(WHO, cmd.Leave())
                case _:
                    room.ask(picture=step == "watch", sound=step == "listen")
        except Refused:
            continue
        looking = WHO in room.hearing.looks
        assert looking == (may_look(room.hearing) and room.hearing.people[WHO].presence in IN_COURTROOM)
        gets = {kind for kind in ("audio", "video") if receives(room.hearing, WHO, kind)}
        gets = gets if may_receive(room.hearing, WHO, "judge") else set()
        assert looking or not gets
    began = sum(isinstance(event, LookBegan) for event in room.looks())
    ended = sum(isinstance(event, LookEnded) for event in room.looks())
    assert began - ended == len(room.hearing.looks)
    assert all(type(a) is not type(b) for a, b in zip(room.looks(), room.looks()[1:], strict=False))
