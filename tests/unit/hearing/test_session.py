"""The transition table, pair by pair: written out again, so that a slip in the code shows."""

from __future__ import annotations

import itertools

import pytest

from hearing.errors import Refused
from hearing.session import (
    Move,
    Pause,
    State,
    is_open,
    is_over,
    is_recording,
    lawful_pause,
    moves,
    next_state,
    state_label,
)

pytestmark = pytest.mark.unit

ALLOWED = """
scheduled             gather              waiting
scheduled             cancel              cancelled
scheduled             convert_offline     converted_offline
waiting               open                in_session
waiting               cancel              cancelled
waiting               convert_offline     converted_offline
in_session            recess              adjourned
in_session            close_evidence      closed_evidence
in_session            mediate_off_record  off_record_mediation
in_session            deliberate          deliberating
in_session            suspend             suspended
in_session            close               closed
in_session            convert_offline     converted_offline
adjourned             resume              in_session
adjourned             deliberate          deliberating
adjourned             close               closed
adjourned             convert_offline     converted_offline
closed_evidence       resume              in_session
closed_evidence       recess              adjourned
off_record_mediation  resume              in_session
off_record_mediation  recess              adjourned
deliberating          resume              in_session
deliberating          recess              adjourned
suspended             resume              in_session
suspended             recess              adjourned
suspended             close               closed
suspended             convert_offline     converted_offline
closed                reopen              in_session
"""
TABLE = {(before, move): after for before, move, after in (line.split() for line in ALLOWED.strip().splitlines())}


@pytest.mark.parametrize(("state", "move"), list(itertools.product(State, Move)))
def test_every_pair_is_allowed_or_refused_with_a_reason(state: State, move: Move) -> None:
    after = TABLE.get((state.value, move.value))
    if after is not None:
        assert next_state(state, move) == State(after)
        assert move in moves(state)
        return
    assert move not in moves(state)
    with pytest.raises(Refused) as refusal:
        next_state(state, move)
    assert refusal.value.code == "move-not-allowed"
    assert state_label(state) in refusal.value.zh
    assert move.value in refusal.value.en
    assert state.value in refusal.value.en


def test_every_open_state_can_end_and_every_final_state_cannot_go_on() -> None:
    for state in State:
        reachable = {state}
        while True:
            grown = reachable | {next_state(s, m) for s in reachable for m in moves(s) if m is not Move.REOPEN}
            if grown == reachable:
                break
            reachable = grown
        if is_over(state):
            assert reachable == {state}
        else:
            assert reachable & {State.CLOSED, State.CANCELLED}


def test_recording_stops_only_for_the_three_lawful_reasons() -> None:
    for state in State:
        assert is_open(state) == (is_recording(state) or lawful_pause(state) is not None)
        assert not (is_recording(state) and lawful_pause(state))
        assert is_over(state) != (is_open(state) or state in {State.SCHEDULED, State.WAITING})
    assert {lawful_pause(state) for state in State} == {None, *Pause}
    assert {state for state in State if is_recording(state)} == {State.IN_SESSION, State.SUSPENDED}
