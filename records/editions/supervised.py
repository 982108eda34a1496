"""A finished record as a supervisor may have it (随时查): what is withheld, how its lines read, and its documents.

Pure. Reading a long log takes tenths of a second."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from hearing.access import Restrictions
from hearing.access_events import AccessRestricted
from hearing.events import Entry, PackageMade, PresenceChanged, Seat, SessionCreated, StateChanged
from hearing.seal_events import SealEvent
from hearing.session import State
from hearing.supervision_events import SupervisionEvent
from hearing.transcript import Line, Transcript
from records import coverage as coverages
from records import timeline
from records.editions.redaction import visible
from records.editions.withheld import Withheld, withheld_from_supervisors
from records.package.exhibit_files import path_of, register_of
from records.timeline import Span, Timeline
from records.writing import narrate
from records.writing.legible import legible
from records.writing.minutes import Minutes, compose
from records.writing.report import write_report

EDITION_ZH = "督察查阅，不公开的内容已隐去"
_SAYS_NOTHING = (SupervisionEvent, PackageMade, SealEvent, PresenceChanged)
_CLOSED = frozenset({State.DELIBERATING, State.OFF_RECORD_MEDIATION, State.CLOSED_EVIDENCE})
_FINAL = frozenset({State.SIGNED, State.SEALED})


@dataclass(frozen=True, slots=True)
class Said:
    """A line as it reads for a supervisor."""

    text: str
    speaker: str


@dataclass(frozen=True, slots=True)
class Supervised:
    """How much of a record is there for a supervisor. Small: none of its text but for lines that read otherwise."""

    created: SessionCreated
    """Without names that are withheld."""
    seats: tuple[Seat, ...]
    """As `created`."""
    whole: bool
    """Nothing is withheld."""
    shut: bool
    """Everything that was recorded is."""
    hidden: frozenset[str]
    """Lines of the transcript that they do not see."""
    changed: dict[str, Said]
    """Lines that read otherwise than they were written."""
    restricted_utc_ms: int
    """When something was restricted last, 0 for never: an edition of before may show too much."""
    exhibits: frozenset[str]
    """Paths in a package of those exhibits that the courtroom saw."""


def read(entries: Sequence[Entry]) -> Supervised:
    """From the whole log. ValueError when it does not begin with `session.created`."""
    line, away, seen = _parts(entries)
    whole = not away.spans and not away.people
    hidden, changed = (frozenset[str](), dict[str, Said]()) if whole else _compared(line, entries, seen)
    after = timeline.read(seen)
    register = register_of(entries)
    return Supervised(
        created=after.created,
        seats=tuple(after.seats.values()),
        whole=whole,
        shut=bool(away.spans) and not timeline.subtract(line.due or (Span(0, 1),), away.spans),
        hidden=hidden,
        changed=changed,
        restricted_utc_ms=max((e.utc_ms for e in entries if isinstance(e.event, AccessRestricted)), default=0),
        exhibits=frozenset(path_of(each) for each in register.items.values() if each.shown),
    )


def changes(entry: Entry) -> bool:
    """Whether `read` may answer otherwise after this entry of a session that is over."""
    return not isinstance(entry.event, _SAYS_NOTHING)


def minutes_of(entries: Sequence[Entry], tz: datetime.tzinfo) -> Minutes:
    """The minutes without what is withheld, which then say so."""
    _, away, seen = _parts(entries)
    transcript, state = Transcript(), State.CLOSED
    for entry in seen:
        transcript.apply(entry)
        state = entry.event.after if isinstance(entry.event, StateChanged) else state
    line = timeline.withhold(timeline.read(seen), away.spans)
    edition = EDITION_ZH if away.spans or away.people else ""
    return compose(line, transcript, tz, draft=state not in _FINAL, edition=edition)


def report_of(entries: Sequence[Entry], tz: datetime.tzinfo, keys: tuple[str, ...]) -> bytes:
    """The 录音录像情况记录 (`records.writing.report`), HTML, names as in the minutes."""
    whole, away, seen = _parts(entries)
    line = timeline.withhold(timeline.read(seen), away.spans)
    return write_report(line, coverages.measure(whole), list(seen), tz, keys)


def _parts(entries: Sequence[Entry]) -> tuple[Timeline, Withheld, Sequence[Entry]]:
    line, known = timeline.read(entries), Restrictions(entries)
    away = withheld_from_supervisors(line, known)
    if not away.spans and not away.people:
        return line, away, entries
    return line, away, [_without_reason(entry) for entry in visible(entries, away, known.cases)]


def _without_reason(entry: Entry) -> Entry:
    """Why the court went behind closed doors may say what is kept there."""
    event = entry.event
    if not isinstance(event, StateChanged) or not {event.before, event.after} & _CLOSED:
        return entry
    return msgspec.structs.replace(entry, event=msgspec.structs.replace(event, reason=""))


def _compared(
    line: Timeline, entries: Sequence[Entry], seen: Sequence[Entry]
) -> tuple[frozenset[str], dict[str, Said]]:
    before, after = Transcript(), Transcript()
    for entry in entries:
        before.apply(entry)
    for entry in seen:
        after.apply(entry)
    seats = timeline.read(seen).seats
    hidden: set[str] = set()
    changed: dict[str, Said] = {}
    for said in before:
        left = after.get(said.id)
        if left is None or not left.shown:
            hidden.add(said.id)
        elif (now := Said(left.text, _speaker(seats, left))) != Said(said.text, _speaker(line.seats, said)):
            changed[said.id] = now
    return frozenset(hidden), changed


def _speaker(seats: dict[str, Seat], line: Line) -> str:
    return legible(narrate.person(seats, line.participant)[0])
