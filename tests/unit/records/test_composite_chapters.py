"""Chapters of the composite: one for each phase, none where there was none."""

from __future__ import annotations

import pytest

from hearing.events import PhaseChanged
from hearing.session import Move, Phase
from records import timeline
from records.joining import chapters_of
from tests.fakes.minutes import Sitting

pytestmark = pytest.mark.unit


def test_a_session_without_phases_has_no_chapters() -> None:
    sitting = Sitting().at(5_000)
    sitting.room.move(Move.CLOSE)
    entries = [entry for entry in sitting.room.entries if not isinstance(entry.event, PhaseChanged)]
    assert chapters_of(timeline.read(entries)) == []


def test_chapters_follow_each_other_to_the_end() -> None:
    sitting = Sitting()
    for at_ms, phase in ((1_000, Phase.OPENING), (3_000, Phase.DEBATE)):
        sitting.at(at_ms).room.note([PhaseChanged(phase=phase)], "judge")
    sitting.at(5_000).room.move(Move.CLOSE)
    last = chapters_of(timeline.read(sitting.room.entries))[-2:]
    assert [(each["start"], each["end"]) for each in last] == [(1_000, 3_000), (3_000, 5_000)]
