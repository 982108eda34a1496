"""Nobody sends or receives before the gate has a verdict, and what follows from one."""

from __future__ import annotations

from typing import Literal

import pytest

from hearing import arrivals
from hearing import commands as cmd
from hearing import identity_events as ie
from hearing.errors import Refused
from hearing.events import AnyEvent
from hearing.identity_events import IdentityLevel, VerdictMethod, VerdictOutcome
from hearing.participant import Presence
from hearing.policy import is_verified, may_publish, may_receive
from hearing.session import Move, State
from tests.fakes.courtroom import Courtroom
from tests.fakes.hearings import SEATS

pytestmark = pytest.mark.unit

EVERYBODY = [seat.participant for seat in SEATS]
OWN_RULES = {"observer", "supervisor", "display"}
LEVELS = [IdentityLevel.FACE, IdentityLevel.CODE, IdentityLevel.CLERK]


def verdict(participant: str, outcome: VerdictOutcome = VerdictOutcome.PASS) -> ie.VerdictGiven:
    return ie.VerdictGiven(
        participant=participant, verdict=f"v-{participant}", outcome=outcome, method=VerdictMethod.CLERK, by="clerk1"
    )


def gated(level: IdentityLevel = IdentityLevel.FACE) -> Courtroom:
    room = Courtroom()
    room.note([ie.IdentityRequired(level=level)])
    return room


def passed(room: Courtroom, *participants: str) -> None:
    for participant in participants:
        room.note([verdict(participant)])
        room.note(arrivals.passed_gate(room.hearing, participant))


def opened(level: IdentityLevel = IdentityLevel.FACE) -> Courtroom:
    """The court sits; the defendant has not passed the gate."""
    room = gated(level)
    room.arrive(*EVERYBODY)
    passed(room, "judge", "judge-2", "clerk", "plaintiff")
    room.move(Move.GATHER, "clerk")
    room.move(Move.OPEN, override="被告线下进一步核实")
    assert room.hearing.state is State.IN_SESSION
    return room


def media(room: Courtroom, participant: str) -> bool:
    """Whether anything at all may flow to or from this participant."""
    pairs = [pair for other in room.hearing.people for pair in ((participant, other), (other, participant))]
    return may_publish(room.hearing, participant) or any(may_receive(room.hearing, *pair) for pair in pairs)


@pytest.mark.parametrize("level", LEVELS)
def test_before_a_verdict_nothing_flows_to_or_from_anybody(level: IdentityLevel) -> None:
    room = opened(level)
    for participant in ("defendant", "witness", "expert"):
        assert not media(room, participant)
    passed(room, "defendant")
    assert room.presence("defendant") is Presence.PRESENT
    assert may_publish(room.hearing, "defendant")
    assert may_receive(room.hearing, "defendant", "judge")


def test_staff_without_a_verdict_wait_outside_like_everybody() -> None:
    room = gated()
    room.arrive("judge", "clerk")
    assert not media(room, "judge")
    assert room.presence("judge") is Presence.WAITING
    passed(room, "judge", "clerk")
    assert room.presence("judge") is Presence.PRESENT
    assert may_receive(room.hearing, "clerk", "judge")


@pytest.mark.parametrize("outcome", [VerdictOutcome.REVIEW, VerdictOutcome.REFUSED])
def test_a_verdict_that_lets_nobody_in_opens_nothing(outcome: VerdictOutcome) -> None:
    room = opened()
    room.note([verdict("defendant", outcome)])
    assert not media(room, "defendant")


def test_a_revoked_verdict_stops_media_at_once() -> None:
    room = opened()
    assert media(room, "plaintiff")
    room.note([ie.VerdictRevoked(participant="plaintiff", verdict="v-plaintiff", reason="another-device")])
    assert not media(room, "plaintiff")


def test_audience_and_screens_enter_by_their_own_rules_and_never_send() -> None:
    room = opened()
    for participant in OWN_RULES:
        assert is_verified(room.hearing, room.person(participant))
        assert not may_publish(room.hearing, participant)
    assert may_receive(room.hearing, "display", "judge")


def test_a_log_from_before_the_gate_asks_nobody() -> None:
    room = Courtroom().open()
    assert room.hearing.identity is IdentityLevel.NONE
    assert media(room, "defendant")


def test_a_witness_who_has_passed_still_waits_to_be_called() -> None:
    room = opened()
    passed(room, "witness")
    assert room.presence("witness") is Presence.WAITING
    assert not media(room, "witness")
    room.do("judge", cmd.Admit(participant="witness"))
    assert media(room, "witness")


def test_nobody_is_admitted_past_the_gate() -> None:
    room = opened()
    with pytest.raises(Refused) as refused:
        room.do("judge", cmd.Admit(participant="witness"))
    assert refused.value.code == "not-verified"


def test_who_has_not_passed_can_only_ask_for_help_and_leave() -> None:
    room = opened()
    with pytest.raises(Refused) as refused:
        room.do("defendant", cmd.RaiseHand(raised=True))
    assert refused.value.code == "not-verified"
    room.do("defendant", cmd.AskHelp())
    room.do("defendant", cmd.Leave())
    assert room.presence("defendant") is Presence.LEFT


def test_the_court_opens_without_a_verdict_only_for_a_reason() -> None:
    room = gated()
    room.arrive(*EVERYBODY)
    passed(room, "judge", "clerk", "plaintiff")
    room.move(Move.GATHER, "clerk")
    with pytest.raises(Refused) as refused:
        room.move(Move.OPEN)
    assert refused.value.code == "required-unverified"
    assert "李四" in refused.value.zh
    room.move(Move.OPEN, override="线下进一步核实")
    assert room.presence("defendant") is Presence.WAITING


def test_erasing_a_session_forgets_faces_and_keeps_verdicts() -> None:
    room = opened()
    room.note([ie.ReferenceKept(participant="plaintiff", source="case_file")])
    room.note([ie.IdentityErased(participant=None, items=3, key_destroyed=True, reason="retention")])
    standing = room.person("plaintiff").standing
    assert (standing.reference, standing.erased, standing.passed) == ("", True, True)


def test_a_seat_is_checked_once_for_each_thing_the_watch_says_of_it() -> None:
    room = opened()

    def says(state: str) -> None:
        room.note([ie.WatchChanged(participant="plaintiff", state=state, since_utc_ms=1)])

    def check(state: Literal["absent", "multiple", "mismatch"], by: str = "clerk") -> list[AnyEvent]:
        return room.do(by, cmd.CheckSeat(participant="plaintiff", state=state))

    says("absent")
    with pytest.raises(Refused) as refused:
        check("absent", by="plaintiff")
    assert refused.value.code == "no-right"
    with pytest.raises(Refused) as refused:
        check("mismatch")
    assert refused.value.code == "seat-changed"
    assert check("absent")
    assert room.person("plaintiff").standing.watch_checked
    assert check("absent", by="judge") == []
    says("mismatch")
    assert not room.person("plaintiff").standing.watch_checked
    says("present")
    for seen in ("absent", "multiple", "mismatch"):
        with pytest.raises(Refused):
            check(seen)
    assert room.person("plaintiff").presence is Presence.PRESENT
