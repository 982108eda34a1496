"""Moves by entitled people, the undo of 闭庭, muting, the floor, hands."""

from __future__ import annotations

import pytest

from hearing import commands as cmd
from hearing import events as ev
from hearing.errors import Refused
from hearing.participant import Presence
from hearing.roles import Right, Role, label, rights
from hearing.session import Move, Pause, State
from tests.fakes.courtroom import Courtroom
from tests.fakes.hearings import SEATS

pytestmark = pytest.mark.unit


def refused(code: str) -> pytest.RaisesExc[Refused]:
    return pytest.raises(Refused, check=lambda error: error.code == code)


@pytest.fixture
def room() -> Courtroom:
    return Courtroom().open()


def test_only_judges_run_the_session(room: Courtroom) -> None:
    for actor in set(room.hearing.people) - {"judge", "judge-2", "witness", "expert"}:
        with refused("no-right"):
            room.move(Move.RECESS, actor)
    room.move(Move.RECESS, "judge-2")
    assert room.hearing.state is State.ADJOURNED


def test_a_clerk_gathers_and_cancels_from_the_schedule_without_being_connected() -> None:
    room = Courtroom()
    room.move(Move.GATHER, "clerk")
    assert room.hearing.state is State.WAITING
    with refused("reason-needed"):
        room.move(Move.CANCEL, "clerk")
    room.move(Move.CANCEL, "clerk", reason="当事人和解")
    assert room.hearing.state is State.CANCELLED


def test_a_pause_carries_its_lawful_reason(room: Courtroom) -> None:
    for move, pause in (
        (Move.RECESS, Pause.RECESS),
        (Move.CLOSE_EVIDENCE, Pause.CLOSED_EVIDENCE),
        (Move.MEDIATE_OFF_RECORD, Pause.OFF_RECORD_MEDIATION),
        (Move.DELIBERATE, Pause.RECESS),
    ):
        changed = room.move(move)[0]
        assert isinstance(changed, ev.StateChanged)
        assert changed.pause is pause
        room.move(Move.RESUME)
    suspended = room.move(Move.SUSPEND, reason="停电")[0]
    assert isinstance(suspended, ev.StateChanged)
    assert suspended.pause is None


@pytest.mark.parametrize("move", [Move.SUSPEND, Move.CONVERT_OFFLINE])
def test_some_moves_need_a_reason(room: Courtroom, move: Move) -> None:
    with refused("reason-needed"):
        room.move(move, reason="\n ")
    room.move(move, reason="设备故障")


class TestUndoOfClosing:
    def test_within_a_minute(self, room: Courtroom) -> None:
        room.now_ms = 500_000
        room.move(Move.CLOSE)
        room.now_ms += 60_000
        room.move(Move.REOPEN)
        assert room.hearing.state is State.IN_SESSION
        assert room.hearing.closed_at_ms is None

    def test_not_later(self, room: Courtroom) -> None:
        room.now_ms = 500_000
        room.move(Move.CLOSE)
        room.now_ms += 60_001
        with refused("reopen-too-late"):
            room.move(Move.REOPEN)

    def test_a_session_closed_in_recess_is_in_recess_again(self, room: Courtroom) -> None:
        room.move(Move.RECESS)
        room.move(Move.CLOSE)
        room.move(Move.REOPEN)
        assert room.hearing.state is State.ADJOURNED

    def test_by_a_judge_whose_page_was_cut_off_or_left(self, room: Courtroom) -> None:
        room.move(Move.CLOSE)
        room.drop("judge")
        room.do("judge-2", cmd.Leave())
        room.arrive("judge", "judge-2")
        assert (room.presence("judge"), room.presence("judge-2")) == (Presence.PRESENT, Presence.PRESENT)
        room.move(Move.REOPEN)

    def test_counts_from_the_last_closing(self, room: Courtroom) -> None:
        room.move(Move.CLOSE)
        room.now_ms = 50_000
        room.move(Move.REOPEN)
        room.move(Move.CLOSE)
        room.now_ms = 100_000
        room.move(Move.REOPEN)
        assert room.hearing.state is State.IN_SESSION


class TestMute:
    def test_by_the_court_locks(self, room: Courtroom) -> None:
        room.do("judge", cmd.SetMute(participant="plaintiff", locked=True))
        with refused("mute-locked"):
            room.do("plaintiff", cmd.SetMute(participant="plaintiff", muted=False))
        room.do("clerk", cmd.SetMute(participant="plaintiff", muted=False))
        assert not room.person("plaintiff").audio_muted

    def test_ones_own_button_does_not_open_the_lock(self, room: Courtroom) -> None:
        room.do("judge", cmd.SetMute(participant="plaintiff", locked=True))
        assert room.do("plaintiff", cmd.SetMute(participant="plaintiff", muted=True)) == []
        with refused("mute-locked"):
            room.do("plaintiff", cmd.SetMute(participant="plaintiff", muted=False))

    def test_a_lock_survives_leaving_and_coming_back(self, room: Courtroom) -> None:
        room.do("judge", cmd.SetMute(participant="plaintiff", kind="video", locked=True))
        room.do("plaintiff", cmd.Leave())
        room.arrive("plaintiff")
        assert room.person("plaintiff").video_locked

    def test_nobody_mutes_others_without_the_right(self, room: Courtroom) -> None:
        for target in ("defendant", None):
            with refused("no-right"):
                room.do("plaintiff", cmd.SetMute(participant=target))

    def test_a_party_cannot_lock(self, room: Courtroom) -> None:
        room.do("plaintiff", cmd.SetMute(participant="plaintiff", locked=True))
        assert (room.person("plaintiff").audio_muted, room.person("plaintiff").audio_locked) == (True, False)

    def test_everybody_means_those_who_speak_outside_the_bench(self, room: Courtroom) -> None:
        room.do("judge", cmd.SetMute(participant=None, locked=True))
        muted = {name for name, person in room.hearing.people.items() if person.audio_muted}
        assert muted == {"clerk", "plaintiff", "defendant", "witness", "expert"}
        assert room.do("judge", cmd.SetMute(participant=None, locked=True)) == []

    def test_the_bench_is_never_locked(self, room: Courtroom) -> None:
        room.do("clerk", cmd.SetMute(participant="judge-2", locked=True))
        assert not room.person("judge-2").audio_locked


class TestFloor:
    def test_opens_the_microphone_and_takes_the_hand_down(self, room: Courtroom) -> None:
        room.do("judge", cmd.SetMute(participant=None, locked=True))
        room.do("plaintiff", cmd.RaiseHand(raised=True))
        room.now_ms = 7_000
        room.do("judge", cmd.GrantFloor(participant="plaintiff", limit_ms=60_000))
        person = room.person("plaintiff")
        assert (person.hand_raised_ms, person.audio_muted, person.audio_locked) == (None, False, False)
        assert (room.hearing.floor, room.hearing.floor_until_ms) == ("plaintiff", 67_000)

    def test_ends_with_a_recess_and_with_a_departure(self, room: Courtroom) -> None:
        room.do("judge", cmd.GrantFloor(participant="plaintiff"))
        room.move(Move.RECESS)
        assert room.hearing.floor is None
        room.move(Move.RESUME)
        room.do("judge", cmd.GrantFloor(participant="plaintiff"))
        room.do("plaintiff", cmd.Leave())
        assert room.hearing.floor is None

    def test_goes_to_nobody_outside_and_to_no_observer(self, room: Courtroom) -> None:
        for absent in ("witness", "observer"):
            with refused("not-here"):
                room.do("judge", cmd.GrantFloor(participant=absent))


def test_hands_are_ones_own_but_the_clerk_may_lower_them(room: Courtroom) -> None:
    room.now_ms = 4_000
    room.do("plaintiff", cmd.RaiseHand(raised=True))
    assert room.person("plaintiff").hand_raised_ms == 4_000
    assert room.do("plaintiff", cmd.RaiseHand(raised=True)) == []
    with refused("no-right"):
        room.do("defendant", cmd.RaiseHand(raised=False, participant="plaintiff"))
    with refused("no-right"):
        room.do("clerk", cmd.RaiseHand(raised=True, participant="plaintiff"))
    room.do("clerk", cmd.RaiseHand(raised=False, participant="plaintiff"))
    assert room.person("plaintiff").hand_raised_ms is None


def test_help_is_asked_and_answered(room: Courtroom) -> None:
    room.do("observer", cmd.AskHelp(text="听不到"))
    assert room.person("observer").help_asked
    room.do("clerk", cmd.AnswerHelp(participant="observer"))
    assert not room.person("observer").help_asked
    assert room.do("clerk", cmd.AnswerHelp(participant="observer")) == []


def test_layout_is_the_courts(room: Courtroom) -> None:
    with refused("no-right"):
        room.do("plaintiff", cmd.SetLayout(layout="grid"))
    with refused("unknown-participant"):
        room.do("clerk", cmd.SetLayout(layout="focus", focus="ghost"))
    room.do("clerk", cmd.SetLayout(layout="focus", focus="plaintiff", locked=True))
    assert (room.hearing.layout, room.hearing.focus, room.hearing.layout_locked) == ("focus", "plaintiff", True)
    assert room.do("clerk", cmd.SetLayout(layout="focus", focus="plaintiff", locked=True)) == []


def test_speakers_are_forgotten_in_a_pause(room: Courtroom) -> None:
    room.note([ev.SpeakerChanged(participants=("plaintiff", "judge"))])
    assert room.hearing.speakers == ("plaintiff", "judge")
    room.move(Move.RECESS)
    assert room.hearing.speakers == ()


def test_a_howling_device_is_noted_once(room: Courtroom) -> None:
    assert len(room.do("plaintiff", cmd.ReportHowling(muted=True))) == 1
    assert room.do("plaintiff", cmd.ReportHowling(muted=True)) == []


def test_every_role_has_a_name_and_devices_no_voice() -> None:
    for role in Role:
        assert all(label(role))
    assert rights(Role.DISPLAY) == {Right.SUBSCRIBE}
    for silent in (Role.OBSERVER, Role.SUPERVISOR, Role.OPERATOR, Role.DISPLAY):
        assert Right.PUBLISH not in rights(silent)


def test_the_clerk_says_what_somebody_speaks() -> None:
    seats = (*SEATS, ev.Seat(participant="interpreter", seat="interpreter", role=Role.INTERPRETER, name="卓玛"))
    room = Courtroom(seats).open()
    room.arrive("clerk", "interpreter")
    room.do("clerk", cmd.SetLanguage(participant="plaintiff", language="bo"))
    room.do("clerk", cmd.SetLanguage(participant="interpreter", language="zh-CN", interprets="plaintiff"))
    assert room.person("plaintiff").language == "bo"
    assert room.person("interpreter").interprets == "plaintiff"
    assert room.do("clerk", cmd.SetLanguage(participant="plaintiff", language="bo")) == []
    room.do("clerk", cmd.SetLanguage(participant="plaintiff", language=None))
    assert room.person("plaintiff").language == ""
    for participant, served in (("defendant", "plaintiff"), ("interpreter", "interpreter")):
        with refused("not-interpreter"):
            room.do("clerk", cmd.SetLanguage(participant=participant, language="bo", interprets=served))
    with refused("unknown-participant"):
        room.do("clerk", cmd.SetLanguage(participant="interpreter", language="bo", interprets="nobody"))
    for actor in ("judge", "plaintiff"):
        with refused("no-right"):
            room.do(actor, cmd.SetLanguage(participant="plaintiff", language="bo"))
