"""A growing draft of the minutes reads as the log read anew, and what follows the closing changes nothing in it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest

from hearing import review_events as re
from hearing.events import ClockAnchored, ParticipantAdded, PresenceChanged, SessionCreated, StateChanged
from hearing.line_commands import EditLine
from hearing.participant import Presence
from hearing.session import Move, State
from hearing.transcript import Line
from records.timeline import Timeline
from records.writing import minutes
from records.writing.draft import Draft
from records.writing.minutes import of_log
from tests.fakes.minutes import TZ, Sitting, said

pytestmark = pytest.mark.unit


def told() -> Sitting:
    sitting = Sitting().at(1_000).note(said("我方主张", 500)).at(5_000)
    sitting.room.note([_presence("plaintiff", Presence.PRESENT, Presence.DROPPED)], "server")
    sitting.at(9_000).note(said("不同意", 6_000, "defendant"))
    sitting.do(EditLine(line="defendant@6000", revision=0, text="不认可"))
    sitting.at(60_000).room.move(Move.CLOSE)
    return sitting


def _presence(who: str, before: Presence, after: Presence) -> PresenceChanged:
    return PresenceChanged(participant=who, before=before, after=after, reason="", evidence="")


def test_a_growing_draft_reads_as_the_log_read_anew() -> None:
    entries = told().room.entries
    draft = Draft(TZ)
    for number, entry in enumerate(entries, 1):
        draft.apply(entry)
        assert draft.document() == of_log(entries[:number], TZ)
        assert draft.sha256 == draft.document().sha256
    assert "不认可" in draft.document().text()


def test_the_review_and_who_comes_for_it_leave_the_minutes_as_they_were() -> None:
    sitting = told()
    before = sitting.minutes()
    assert "起掉线" in before.text()
    sitting.at(400_000)
    sitting.room.note(
        [
            StateChanged(move=Move.REVIEW, before=State.CLOSED, after=State.TRANSCRIPT_REVIEW),
            re.ReviewOpened(minutes_sha256=before.sha256, until_utc_ms=1),
            ClockAnchored(session_ms=400_000, utc_ms=1, uncertainty_ms=1, reason="restarted"),
            _presence("plaintiff", Presence.DROPPED, Presence.PRESENT),
            _presence("defendant", Presence.PRESENT, Presence.DROPPED),
        ],
        "server",
    )
    sitting.at(500_000).room.note(
        [
            _presence("defendant", Presence.DROPPED, Presence.PRESENT),
            StateChanged(move=Move.SIGN_OFF, before=State.TRANSCRIPT_REVIEW, after=State.SIGNED),
        ],
        "server",
    )
    assert sitting.minutes() == before


def test_a_change_of_the_text_is_a_change_of_the_draft() -> None:
    sitting = told()
    draft = Draft(TZ)
    for entry in sitting.room.entries:
        draft.apply(entry)
    before, seq = draft.sha256, draft.seq
    sitting.room.note(
        [re.SigningRefused(participant="plaintiff", minutes_sha256=before, reason="不同意")], "plaintiff"
    )
    draft.apply(sitting.room.entries[-1])
    assert draft.seq > seq
    assert draft.sha256 == before
    sitting.do(EditLine(line="defendant@6000", revision=1, text="认可"))
    draft.apply(sitting.room.entries[-1])
    assert draft.sha256 != before


def test_a_name_that_changes_is_written_anew_in_every_line() -> None:
    """What was composed of a line before is taken again only while line and seats are as they were."""
    entries = told().room.entries
    seat = next(seat for entry in entries if isinstance(entry.event, SessionCreated) for seat in entry.event.seats)
    draft = Draft(TZ)
    for entry in entries:
        draft.apply(entry)
    before = draft.document()
    added = entries[-1]
    for name in ("另一个名字", seat.name):
        changed = ParticipantAdded(seat=msgspec.structs.replace(seat, name=name))
        added = msgspec.structs.replace(added, seq=added.seq + 1, event=changed)
        entries.append(added)
        draft.apply(added)
        assert draft.document() == of_log(entries, TZ)
    assert draft.document() == before


def test_composing_again_does_not_write_each_line_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who comes or goes after the closing would hold up a courtroom's loop for 75 ms after three hours."""
    entries = told().room.entries
    draft = Draft(TZ)
    for entry in entries:
        draft.apply(entry)
    lines = len(draft.document().paragraphs)
    written: list[str] = []
    truth = minutes.paragraphs_of

    def counted(line: Timeline, said: Line) -> Iterable[minutes.Paragraph]:
        written.append(said.id)
        return truth(line, said)

    monkeypatch.setattr(minutes, "paragraphs_of", counted)
    last = entries[-1]
    draft.apply(
        msgspec.structs.replace(last, seq=last.seq + 1, event=_presence("judge", Presence.PRESENT, Presence.DROPPED))
    )
    assert len(draft.document().paragraphs) >= lines
    assert written == []
