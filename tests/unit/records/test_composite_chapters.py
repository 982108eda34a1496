"""Chapters of the composite: phases and interruptions, from the first moment to the last."""

from __future__ import annotations

import pytest

from hearing.events import PhaseChanged
from hearing.session import Move, Phase
from records import timeline
from records.composite.joining import mp4_chapters
from tests.fakes.courtroom import Courtroom
from tests.fakes.minutes import Sitting

pytestmark = pytest.mark.unit


def test_a_session_without_phases_has_its_opening() -> None:
    sitting = Sitting().at(5_000)
    sitting.room.move(Move.CLOSE)
    entries = [entry for entry in sitting.room.entries if not isinstance(entry.event, PhaseChanged)]
    assert [(each["start"], each["end"]) for each in mp4_chapters(timeline.read(entries))] == [(0, 5_000)]


def test_a_session_that_was_never_opened_has_none() -> None:
    assert mp4_chapters(timeline.read(Courtroom().entries)) == []


def test_chapters_follow_each_other_to_the_end() -> None:
    sitting = Sitting()
    for at_ms, phase in ((1_000, Phase.IDENTITY_CHECK), (3_000, Phase.DEBATE)):
        sitting.at(at_ms).room.note([PhaseChanged(phase=phase)], "judge")
    sitting.at(5_000).room.move(Move.CLOSE)
    last = mp4_chapters(timeline.read(sitting.room.entries))[-2:]
    assert [(each["start"], each["end"]) for each in last] == [(1_000, 3_000), (3_000, 5_000)]


@pytest.mark.parametrize(
    ("move", "title"),
    [(Move.RECESS, "休庭"), (Move.CLOSE_EVIDENCE, "不公开举证质证")],
)
def test_an_interruption_is_a_chapter_and_the_phase_goes_on_after_it(move: Move, title: str) -> None:
    sitting = Sitting()
    sitting.at(1_000).room.note([PhaseChanged(phase=Phase.INVESTIGATION)], "judge")
    sitting.at(3_000).room.move(move)
    sitting.at(6_000).room.move(Move.RESUME)
    sitting.at(9_000).room.move(Move.CLOSE)
    found = [(each["start"], each["metadata"]["title"]) for each in mp4_chapters(timeline.read(sitting.room.entries))]
    assert found[-3:] == [(1_000, "法庭调查"), (3_000, title), (6_000, "法庭调查")]
