"""Any command by anybody at any time: refused with a reason or carried out, and the invariants hold."""

from __future__ import annotations

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hearing import commands as cmd
from hearing import events as ev
from hearing.errors import Refused
from hearing.participant import CONNECTED, Presence, check_follows
from hearing.policy import may_publish, may_receive
from hearing.roles import is_bench, is_isolated
from hearing.session import Move, State, is_over, is_recording, moves
from hearing.state import Hearing, apply
from tests.fakes.courtroom import Courtroom
from tests.fakes.hearings import SEATS as ALL_SEATS

pytestmark = pytest.mark.unit

SEATS = tuple(seat for seat in ALL_SEATS if seat.participant not in {"expert", "supervisor", "operator", "judge-2"})
PEOPLE = st.sampled_from([seat.participant for seat in SEATS])
ANYBODY = PEOPLE | st.just("ghost")
TEXTS = st.sampled_from(["", " ", "理由", "x" * 600])
COMMANDS = st.one_of(
    st.builds(
        cmd.MoveSession,
        move=st.sampled_from(Move),
        reason=TEXTS,
        override=TEXTS,
        resume_utc_ms=st.none() | st.integers(),
    ),
    st.builds(cmd.SetMute, participant=st.none() | ANYBODY),
    st.builds(cmd.GrantFloor, participant=st.none() | ANYBODY, limit_ms=st.integers()),
    st.builds(cmd.SetLayout, focus=st.none() | ANYBODY),
    st.builds(cmd.RaiseHand, participant=st.none() | ANYBODY),
    *(st.builds(kind, participant=ANYBODY) for kind in (cmd.Admit, cmd.Dismiss, cmd.AnswerHelp)),
    st.builds(cmd.CheckSeat, participant=ANYBODY, state=st.sampled_from(["absent", "multiple", "mismatch"])),
    st.builds(
        cmd.SetLanguage, participant=ANYBODY, language=st.sampled_from([None, "bo"]), interprets=st.none() | ANYBODY
    ),
    *(st.builds(kind, participant=ANYBODY, reason=TEXTS) for kind in (cmd.Remove, cmd.Warn)),
    *(st.builds(kind) for kind in (cmd.SetPhase, cmd.AskHelp, cmd.ReportHowling, cmd.Leave)),
)


class AnySequence(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.room = Courtroom(SEATS)
        self.connected: set[str] = set()

    @initialize(opened=st.booleans())
    def begins(self, opened: bool) -> None:
        if opened:
            self.everybody_comes_and_the_court_sits()

    def everybody_comes_and_the_court_sits(self) -> None:
        """A short way into the interesting states, which random commands rarely find."""
        for participant in self.room.hearing.people:
            self.arrives(participant)
        for move in (Move.GATHER, Move.OPEN):
            self.commands("judge", cmd.MoveSession(move=move, override="人员未齐"))

    @rule(participant=PEOPLE)
    def arrives(self, participant: str) -> None:
        self.room.arrive(participant)
        self.connected.add(participant)

    @rule(participant=PEOPLE)
    def drops(self, participant: str) -> None:
        self.room.drop(participant)
        self.connected.discard(participant)

    @rule(participant=PEOPLE)
    def consents(self, participant: str) -> None:
        consent = ev.ConsentGiven(participant=participant, stage="hearing", text_sha256="", language="en")
        self.room.note([consent])

    @rule(ms=st.integers(0, 50_000))
    def time_passes(self, ms: int) -> None:
        self.room.now_ms += ms

    @rule(actor=ANYBODY, command=COMMANDS)
    def commands(self, actor: str, command: cmd.AnyCommand) -> None:
        before = self.room.hearing
        try:
            events = list(self.room.do(actor, command))
        except Refused as refusal:
            told = refusal.code, refusal.zh, refusal.en
            events = []
        else:
            told = "code", "zh", "en"
        assert all(told)
        assert events or self.room.hearing == before
        for event in events:
            if isinstance(event, ev.StateChanged):
                assert event.move in moves(event.before)
            if isinstance(event, ev.PresenceChanged) and event.after is Presence.LEFT:
                self.connected.discard(event.participant)

    # Orders are given often, or most sequences would be refusals only.
    @rule(kind=st.sampled_from([cmd.Admit, cmd.Dismiss, cmd.GrantFloor]), participant=PEOPLE)
    def the_judge_calls(self, kind: type[cmd.Admit | cmd.Dismiss | cmd.GrantFloor], participant: str) -> None:
        self.commands("judge", kind(participant=participant))

    @rule(participant=PEOPLE)
    def the_judge_removes(self, participant: str) -> None:
        self.commands("judge", cmd.Remove(participant=participant, reason="扰乱法庭"))

    @rule(move=st.sampled_from(Move))
    def the_judge_moves(self, move: Move) -> None:
        self.commands("judge", cmd.MoveSession(move=move, reason="理由"))

    @invariant()
    def replay_gives_this_very_state(self) -> None:
        written = msgspec.json.encode(self.room.entries)
        hearing = Hearing()
        presence = {seat.participant: Presence.INVITED for seat in SEATS}
        for entry in msgspec.json.decode(written, type=list[ev.Entry]):
            hearing = apply(hearing, entry)
            if isinstance(entry.event, ev.PresenceChanged):
                change = entry.event
                assert change.before is presence[change.participant]
                check_follows(change.before, change.after)
            presence = {name: person.presence for name, person in hearing.people.items()}
        assert hearing == self.room.hearing

    @invariant()
    def presence_is_honest(self) -> None:
        for name, person in self.room.hearing.people.items():
            if person.presence in CONNECTED:
                assert name in self.connected
            assert not (is_isolated(person.role) and person.presence is Presence.PRESENT)
            assert is_isolated(person.role) or person.presence is not Presence.TESTIFYING
            assert person.home in CONNECTED

    @invariant()
    def media_flows_only_lawfully(self) -> None:
        hearing = self.room.hearing
        for viewer, watching in hearing.people.items():
            for sender, seen in hearing.people.items():
                if not may_receive(hearing, viewer, sender):
                    continue
                assert may_publish(hearing, sender)
                assert not is_over(hearing.state)
                for person in (watching, seen):
                    assert not is_isolated(person.role) or person.presence is Presence.TESTIFYING
                    assert person.presence in {Presence.PRESENT, Presence.TESTIFYING}
                if hearing.state is State.DELIBERATING:
                    assert is_bench(watching.role)
                    assert is_bench(seen.role)

    @invariant()
    def the_floor_is_held_only_while_the_session_runs(self) -> None:
        assert self.room.hearing.floor is None or is_recording(self.room.hearing.state)


AnySequence.TestCase.settings = settings(stateful_step_count=50)
TestAnySequence = AnySequence.TestCase
