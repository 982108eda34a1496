"""What an interpreter made of withheld words is withheld too: the words are the same in another language. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from hearing import events as ev
from hearing.events import Entry
from hearing.interpretation import original_of
from hearing.roles import Role
from hearing.transcript import Line, Transcript
from records.editions.withheld import Withheld


def interpreters_of(entries: Iterable[Entry]) -> frozenset[str]:
    """Who ever had a seat as one."""
    found: set[str] = set()
    for entry in entries:
        match entry.event:
            case ev.SessionCreated(seats=seats):
                found.update(seat.participant for seat in seats if seat.role is Role.INTERPRETER)
            case ev.ParticipantAdded(seat=seat) if seat.role is Role.INTERPRETER:
                found.add(seat.participant)
            case _:
                pass
    return frozenset(found)


def renderings(
    transcript: Transcript, interpreters: Container[str], away: Withheld, hidden: Container[str]
) -> Iterator[tuple[Line, bool]]:
    """Each line that gives a `hidden` one in another language, or speaks for somebody who is withheld then; and
    whether its sound goes as well: of words that only the text leaves out, the sound stays."""
    for line in transcript:
        if line.participant not in interpreters:
            continue
        original = original_of(transcript, line, interpreters)
        for_somebody = away.covers(line.interprets, line.from_ms, line.to_ms) if line.interprets else False
        if for_somebody or (original is not None and original.id in hidden):
            yield line, for_somebody or _is_withheld(original, away)


def _is_withheld(line: Line | None, away: Withheld) -> bool:
    return line is not None and away.covers(line.participant, line.from_ms, line.to_ms)
