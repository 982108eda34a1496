"""Who may see which event: a table, so that a new event must be thought about."""

from __future__ import annotations

import msgspec
import pytest

from hearing import events as ev
from hearing.participant import Presence
from hearing.roles import Role
from hearing.session import Move, Phase, State
from hearing.state import Hearing, Person
from hearing.supervision_events import LookBegan
from signaling.view import audience, closed_to_public, hearing_view, may_see
from tests.fakes.hearings import created

pytestmark = pytest.mark.unit


def hearing(state: State = State.IN_SESSION, presence: Presence = Presence.PRESENT) -> Hearing:
    made = created()
    people = {seat.participant: Person(seat=seat, presence=presence) for seat in made.seats}
    people["witness"] = msgspec.structs.replace(people["witness"], presence=Presence.WAITING)
    return Hearing(session="S", state=state, people=people, speakers=("plaintiff",), floor="plaintiff")


def seers(event: ev.AnyEvent, state: State = State.IN_SESSION) -> set[str]:
    now = hearing(state)
    return {p for p, person in now.people.items() if may_see(audience(now, person), person, event)}


STAFF = {"judge", "judge-2", "clerk", "supervisor", "operator"}
PARTIES = {"plaintiff", "defendant", "expert"}
PUBLIC = {"observer", "display"}


def test_the_state_is_for_everybody() -> None:
    moved = ev.StateChanged(move=Move.OPEN, before=State.WAITING, after=State.IN_SESSION)
    assert seers(moved) == STAFF | PARTIES | PUBLIC | {"witness"}


def test_what_goes_on_is_not_for_a_witness_who_waits() -> None:
    for event in (ev.PhaseChanged(phase=Phase.DEBATE), ev.SpeakerChanged(participants=("plaintiff",))):
        assert seers(event) == STAFF | PARTIES | PUBLIC


def test_the_public_sees_nothing_of_closed_evidence() -> None:
    spoke = ev.SpeakerChanged(participants=("plaintiff",))
    for state in (State.CLOSED_EVIDENCE, State.OFF_RECORD_MEDIATION, State.DELIBERATING):
        assert not seers(spoke, state) & PUBLIC
        assert closed_to_public(hearing(state))
    assert not closed_to_public(hearing())


def test_private_matters() -> None:
    assert seers(ev.HelpAsked(participant="plaintiff", text="听不见")) == STAFF | {"plaintiff"}
    assert seers(ev.InvitationIssued(participant="plaintiff", code_sha256="")) == {"clerk", "operator"}
    incident = ev.RecordingIncident(cause="disk", from_ms=0, to_ms=None, detail="")
    assert seers(incident) == STAFF
    someone = ev.Seat(participant="o2", seat="o2", role=Role.OBSERVER, name="旁听二")
    assert seers(ev.ParticipantAdded(seat=someone)) == STAFF


def test_observers_are_a_number_and_an_outsider_learns_no_speaker() -> None:
    inside, outside = hearing_view(hearing(), outside=False), hearing_view(hearing(), outside=True)
    assert inside.observers == 1
    assert {p.seat.participant for p in inside.people} == STAFF - {"supervisor"} | PARTIES | {"witness"}
    assert (inside.speakers, inside.floor) == (("plaintiff",), "plaintiff")
    assert (outside.speakers, outside.floor) == ((), None)


def test_only_the_courts_people_are_told_of_a_supervisor() -> None:
    looked = LookBegan(participant="supervisor", picture=True, sound=True)
    assert seers(looked) == STAFF
    told = hearing_view(hearing(), outside=False, supervised=True)
    assert {p.seat.participant for p in told.people} == STAFF | PARTIES | {"witness"}
