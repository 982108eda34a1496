"""Who may come, go, be called, be sent out and come back (court.md 5.3, L09, L15, L16)."""

from __future__ import annotations

import pytest

from hearing import commands as cmd
from hearing import events as ev
from hearing.errors import Refused
from hearing.participant import Presence
from hearing.roles import Role
from hearing.session import Move, Phase, State
from tests.fakes.courtroom import Courtroom

pytestmark = pytest.mark.unit


def refused(code: str) -> pytest.RaisesExc[Refused]:
    return pytest.raises(Refused, check=lambda error: error.code == code)


@pytest.fixture
def room() -> Courtroom:
    return Courtroom().open()


def test_a_partys_way_through_the_states() -> None:
    room = Courtroom()
    room.note([ev.ConsentGiven(participant="plaintiff", stage="hearing", text_sha256="0" * 64, language="zh-CN")])
    assert (room.presence("plaintiff"), room.person("plaintiff").consented) == (Presence.CONSENTED, True)
    kit = ev.KitChecked(
        participant="plaintiff",
        camera=True,
        microphone=True,
        speaker=True,
        rtt_ms=20,
        loss_permille=0,
        uplink_kbps=2000,
        user_agent="",
    )
    room.note([kit])
    assert room.presence("plaintiff") is Presence.CHECKED
    room.arrive("plaintiff")
    assert room.presence("plaintiff") is Presence.WAITING
    room.arrive("judge")
    room.do("judge", cmd.Admit(participant="plaintiff"))
    assert room.presence("plaintiff") is Presence.PRESENT
    room.drop("plaintiff")
    assert room.presence("plaintiff") is Presence.DROPPED
    room.arrive("plaintiff")
    assert room.presence("plaintiff") is Presence.PRESENT
    left = room.do("plaintiff", cmd.Leave(reason="有事"))
    assert room.presence("plaintiff") is Presence.LEFT
    assert left == [
        ev.PresenceChanged(
            participant="plaintiff",
            before=Presence.PRESENT,
            after=Presence.LEFT,
            reason="有事",
            evidence="leave command",
        )
    ]


def test_consent_and_kit_never_pull_somebody_out_of_the_courtroom(room: Courtroom) -> None:
    room.note([ev.ConsentGiven(participant="plaintiff", stage="hearing", text_sha256="0" * 64, language="en")])
    assert room.presence("plaintiff") is Presence.PRESENT
    assert room.person("plaintiff").consented


def test_opening_brings_in_who_waits_but_no_witness(room: Courtroom) -> None:
    inside = {name for name in room.hearing.people if room.presence(name) is Presence.PRESENT}
    assert inside == set(room.hearing.people) - {"witness", "expert"}
    assert room.hearing.phase is Phase.OPENING


def test_staff_and_displays_enter_at_once_others_wait() -> None:
    room = Courtroom()
    room.arrive("judge", "clerk", "display", "plaintiff", "observer", "witness")
    entered = {name for name in room.hearing.people if room.presence(name) is Presence.PRESENT}
    assert entered == {"judge", "clerk", "display"}


def test_latecomers_enter_an_open_session_except_witnesses() -> None:
    room = Courtroom()
    room.arrive("judge")
    room.move(Move.GATHER)
    room.move(Move.OPEN, override="线下进一步核实")
    room.arrive("clerk", "plaintiff", "observer", "display", "witness")
    assert {room.presence(n) for n in ("clerk", "plaintiff", "observer", "display")} == {Presence.PRESENT}
    assert room.presence("witness") is Presence.WAITING


def test_arriving_and_dropping_twice_says_nothing(room: Courtroom) -> None:
    count = len(room.entries)
    room.arrive("plaintiff")
    assert len(room.entries) == count
    room.drop("plaintiff", "plaintiff")
    assert len(room.entries) == count + 1


def test_whose_network_failed_while_waiting_enters_when_back_after_opening() -> None:
    room = Courtroom()
    room.arrive("judge", "plaintiff", "defendant")
    room.drop("plaintiff")
    room.move(Move.GATHER)
    room.move(Move.OPEN, override="等候中")
    assert room.presence("plaintiff") is Presence.DROPPED
    room.arrive("plaintiff")
    assert room.presence("plaintiff") is Presence.PRESENT


def test_opening_without_a_required_party_needs_a_reason_that_is_kept() -> None:
    room = Courtroom()
    room.arrive("judge", "plaintiff")
    room.move(Move.GATHER)
    with refused("required-missing") as refusal:
        room.move(Move.OPEN)
    assert "李四" in refusal.value.zh
    assert "王五" not in refusal.value.zh
    with refused("required-missing"):
        room.move(Move.OPEN, override="   ")
    changed = room.move(Move.OPEN, override="被告线下进一步核实")[0]
    assert isinstance(changed, ev.StateChanged)
    assert changed.reason == "被告线下进一步核实"


def test_the_removed_come_back_only_to_the_waiting_room_until_admitted(room: Courtroom) -> None:
    room.do("judge", cmd.Remove(participant="defendant", reason="扰乱法庭"))
    assert room.presence("defendant") is Presence.REMOVED
    with refused("not-here"):
        room.do("defendant", cmd.RaiseHand(raised=True))
    room.arrive("defendant")
    assert room.presence("defendant") is Presence.WAITING
    room.do("defendant", cmd.Leave())
    room.arrive("defendant")
    assert room.presence("defendant") is Presence.WAITING, "leaving and coming again is no way around the order"
    room.drop("defendant")
    room.arrive("defendant")
    assert room.presence("defendant") is Presence.WAITING
    room.do("judge", cmd.Admit(participant="defendant"))
    room.do("defendant", cmd.Leave())
    room.arrive("defendant")
    assert room.presence("defendant") is Presence.PRESENT, "admitted again, the order is over"


def test_whom_the_court_sent_back_to_wait_does_not_return_by_leaving(room: Courtroom) -> None:
    room.do("judge", cmd.Dismiss(participant="plaintiff"))
    assert room.presence("plaintiff") is Presence.WAITING
    room.do("plaintiff", cmd.Leave())
    room.arrive("plaintiff")
    assert room.presence("plaintiff") is Presence.WAITING


def test_somebody_who_is_not_connected_is_never_made_present(room: Courtroom) -> None:
    room.drop("plaintiff")
    for command in (cmd.Admit(participant="plaintiff"), cmd.Dismiss(participant="plaintiff")):
        with refused("not-here"):
            room.do("judge", command)
    assert room.presence("plaintiff") is Presence.DROPPED


class TestWitness:
    def test_called_testifies_and_is_dismissed(self, room: Courtroom) -> None:
        room.do("clerk", cmd.Admit(participant="witness"))
        assert room.presence("witness") is Presence.TESTIFYING
        room.do("judge", cmd.Dismiss(participant="witness"))
        assert room.presence("witness") is Presence.DISMISSED

    def test_cannot_be_called_before_the_session_runs(self) -> None:
        room = Courtroom()
        room.arrive("judge", "witness")
        with refused("not-open"):
            room.do("judge", cmd.Admit(participant="witness"))

    def test_cannot_be_called_in_recess(self, room: Courtroom) -> None:
        room.move(Move.RECESS)
        with refused("not-open"):
            room.do("judge", cmd.Admit(participant="witness"))

    def test_comes_back_into_testimony_after_a_drop(self, room: Courtroom) -> None:
        room.do("judge", cmd.Admit(participant="witness"))
        room.drop("witness")
        room.arrive("witness")
        assert room.presence("witness") is Presence.TESTIFYING

    def test_may_be_dismissed_while_dropped(self, room: Courtroom) -> None:
        room.do("judge", cmd.Admit(participant="witness"))
        room.drop("witness")
        room.do("judge", cmd.Dismiss(participant="witness"))
        room.arrive("witness")
        assert room.presence("witness") is Presence.WAITING

    def test_may_be_called_again_after_returning(self, room: Courtroom) -> None:
        room.do("judge", cmd.Admit(participant="witness"))
        room.do("judge", cmd.Dismiss(participant="witness"))
        room.arrive("witness")
        room.do("judge", cmd.Admit(participant="witness"))
        assert room.presence("witness") is Presence.TESTIFYING


def test_a_required_partys_drop_holds_evidence_and_debate_until_the_return(room: Courtroom) -> None:
    room.do("judge", cmd.SetPhase(phase=Phase.INVESTIGATION))
    room.drop("defendant")
    with refused("phase-held") as refusal:
        room.do("judge", cmd.SetPhase(phase=Phase.DEBATE))
    assert "李四" in refusal.value.zh
    room.arrive("defendant")
    room.do("judge", cmd.SetPhase(phase=Phase.DEBATE))
    assert room.hearing.phase is Phase.DEBATE


def test_a_witness_who_loses_the_connection_holds_nothing(room: Courtroom) -> None:
    room.drop("witness")
    room.do("judge", cmd.SetPhase(phase=Phase.EVIDENCE))
    assert room.hearing.phase is Phase.EVIDENCE


def test_a_party_who_left_holds_nothing(room: Courtroom) -> None:
    room.do("defendant", cmd.Leave())
    room.do("judge", cmd.SetPhase(phase=Phase.DEBATE))
    assert room.hearing.phase is Phase.DEBATE


def test_the_bench_is_neither_removed_nor_warned_nor_sent_out(room: Courtroom) -> None:
    for command in (
        cmd.Remove(participant="judge", reason="x"),
        cmd.Warn(participant="judge", reason="x"),
        cmd.Dismiss(participant="judge"),
    ):
        with refused("no-right"):
            room.do("clerk", command)


def test_warnings_are_counted_and_need_a_reason(room: Courtroom) -> None:
    with refused("reason-needed"):
        room.do("judge", cmd.Warn(participant="defendant", reason=" "))
    room.do("judge", cmd.Warn(participant="defendant", reason="打断发言"))
    (second,) = room.do("judge", cmd.Warn(participant="defendant", reason="再次"))
    assert second == ev.Warned(participant="defendant", count=2, reason="再次")
    assert room.person("defendant").warnings == 2


def test_a_stranger_is_named_and_refused(room: Courtroom) -> None:
    with refused("unknown-participant"):
        room.do("nobody", cmd.Leave())
    with refused("unknown-participant"):
        room.do("judge", cmd.Admit(participant="nobody"))


def test_an_observer_of_a_closed_case_does_not_enter() -> None:
    room = Courtroom(public=False).open()
    assert room.presence("observer") is Presence.WAITING
    with refused("not-public"):
        room.do("judge", cmd.Admit(participant="observer"))


def test_texts_and_times_out_of_bounds_are_refused(room: Courtroom) -> None:
    with refused("too-long"):
        room.do("plaintiff", cmd.AskHelp(text="长" * 501))
    with refused("bad-time"):
        room.do("judge", cmd.MoveSession(move=Move.RECESS, resume_utc_ms=2**70))
    (granted, *_) = room.do("judge", cmd.GrantFloor(participant="plaintiff", limit_ms=2**70))
    assert isinstance(granted, ev.FloorGranted)
    assert granted.limit_ms == 24 * 3600 * 1000


def test_a_person_added_twice_keeps_their_place(room: Courtroom) -> None:
    seat = ev.Seat(participant="plaintiff", seat="plaintiff", role=Role.PLAINTIFF, name="张三（更正）")
    room.note([ev.ParticipantAdded(seat=seat)])
    assert (room.presence("plaintiff"), room.person("plaintiff").seat.name) == (Presence.PRESENT, "张三（更正）")


def test_events_about_strangers_change_nothing(room: Courtroom) -> None:
    before = room.hearing.people
    room.note(
        [
            ev.HandRaised(participant="ghost", raised=True),
            ev.MuteSet(participant="x", kind="audio", muted=True, locked=True),
        ]
    )
    assert room.hearing.people == before


def test_over_means_over() -> None:
    room = Courtroom().open()
    room.move(Move.CLOSE)
    for command in (
        cmd.Admit(participant="witness"),
        cmd.SetPhase(phase=Phase.DEBATE),
        cmd.Warn(participant="defendant", reason="x"),
        cmd.GrantFloor(participant="plaintiff"),
    ):
        with refused("not-open"):
            room.do("judge", command)
    room.do("plaintiff", cmd.Leave())
    room.arrive("plaintiff")
    assert room.presence("plaintiff") is Presence.LEFT
    assert room.hearing.state is State.CLOSED
