"""The log of an edition: every entry keeps its place and hash, so that the chain holds; what may not leave the house
has no content any more, or another one that says so. Pure.

    whole       the entry as it was hashed
    masked      some of its words are covered; `masked: true` stands beside the hash, which is that of the original,
                and without the salt: with it a covered number could be found by trying
    withheld    `{session, seq, prev, hash, withheld: true}` and nothing else
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from hearing import access_events as ae
from hearing import events as ev
from hearing import review_events as re
from hearing import transcript_events as te
from hearing.events import AnyEvent, Entry
from hearing.exhibit_events import ExhibitEvent, ExhibitShown
from hearing.roles import Role
from hearing.session import State
from hearing.supervision_events import RecordLooked
from hearing.transcript import Transcript
from records.canonical import canonical
from records.editions.interpreted import interpreters_of, renderings
from records.editions.masking import found, mask, mask_all
from records.editions.moments import Moments, owners_of, tells_of_silence
from records.editions.withheld import COURSE, NAMELESS, SIGNING, STRUCTURE, TEXT, Edition, Withheld
from records.editions.withheld_exhibits import hidden_exhibits
from records.timeline import Span, join

_CLOSED = frozenset({State.DELIBERATING, State.OFF_RECORD_MEDIATION, State.CLOSED_EVIDENCE})
_COVER = "×"


@dataclass(frozen=True, slots=True)
class Redacted:
    """`lines` are the log's entries as they go into the edition, `visible` those that have content, `silent` when
    somebody says a number that is covered in the text, or gives withheld words in another language."""

    lines: Sequence[bytes]
    visible: Sequence[Entry]
    silent: tuple[Span, ...]
    whole: int
    masked: int
    withheld: int
    text_changed: bool
    """The minutes are not those that people signed."""
    picture_changed: bool = False
    """An exhibit that the picture may show is withheld."""


def redact(
    entries: Sequence[Entry],
    away: Withheld,
    gone: frozenset[str],
    cases: Mapping[str, str],
    unlike: frozenset[str] = frozenset(),
) -> Redacted:
    """The log for an edition. `gone` are the tracks that are not in it, `unlike` those whose files are others than
    were recorded or not there, `cases` the causes by case number."""
    redactor = _Redactor(entries, away, gone, cases, unlike)
    lines: list[bytes] = []
    visible: list[Entry] = []
    masked = 0
    for entry in entries:
        event = redactor.event(entry)
        at_ms = entry.at_ms if event is None else redactor.moments.at_ms(entry)
        if event is None:
            kept = {"session": entry.session, "seq": entry.seq, "prev": entry.prev, "hash": entry.hash}
            lines.append(canonical({**kept, "withheld": True}) + b"\n")
        elif event == entry.event and at_ms == entry.at_ms:
            lines.append(canonical(entry) + b"\n")
            visible.append(entry)
        else:
            masked += 1
            utc_ms = entry.utc_ms + at_ms - entry.at_ms
            shown = msgspec.structs.replace(entry, event=event, at_ms=at_ms, utc_ms=utc_ms, salt=msgspec.UNSET)
            lines.append(canonical({**msgspec.to_builtins(shown), "masked": True}) + b"\n")
            visible.append(shown)
    return Redacted(
        lines=lines,
        visible=visible,
        silent=join(redactor.silent),
        whole=len(visible) - masked,
        masked=masked,
        withheld=len(entries) - len(visible),
        text_changed=redactor.text_changes,
        picture_changed=redactor.picture_changes(entries),
    )


def visible(entries: Sequence[Entry], away: Withheld, cases: Mapping[str, str]) -> list[Entry]:
    """The entries that have content in such a log, as they read in it; its lines are not made."""
    redactor = _Redactor(entries, away, frozenset(), cases, frozenset())
    seen = ((entry, redactor.event(entry)) for entry in entries)
    return [msgspec.structs.replace(entry, event=event) for entry, event in seen if event is not None]


class _Redactor:
    """Decides about one entry after the other."""

    def __init__(
        self,
        entries: Sequence[Entry],
        away: Withheld,
        gone: frozenset[str],
        cases: Mapping[str, str],
        unlike: frozenset[str],
    ) -> None:
        self.away = away
        self.cases = cases
        self.gone_tracks = gone
        self.unlike_tracks = unlike
        self.silent: list[Span] = []
        self._owners = owners_of(entries)
        self.moments = Moments(away, self._owners)
        self._observers: set[str] = set()
        self._hidden_exhibits = hidden_exhibits(entries, away)
        self._names = _names(entries, away)
        self._hidden = self._hidden_lines(entries)
        self.text_changes = bool(self._hidden) or bool(self._names) or bool(self.silent) or self._any_mask(entries)

    def event(self, entry: Entry) -> AnyEvent | None:
        """The event as the edition has it; None when it is withheld."""
        event = entry.event
        if not self._stays(entry):
            return None
        event = self.moments.of_people(self.moments.of_track(self._adapted(event)), entry.at_ms)
        if self._names:
            event = self._without_names(event)
        return _masked(event) if self.away.masks else event

    def _stays(self, entry: Entry) -> bool:
        event, away = entry.event, self.away
        court = away.edition is Edition.COURT
        if isinstance(event, TEXT):
            return _line_of(event) not in self._hidden and (
                away.edition is not Edition.PUBLIC
                or not isinstance(event, re.CorrectionRequested | re.CorrectionDecided)
            )
        if isinstance(event, ev.RangeSealed):
            # So many bytes in so many seconds tell who spoke. Nothing in the edition could be compared with them.
            return event.track not in self.gone_tracks | self.unlike_tracks
        if isinstance(event, ev.GapRecorded) and tells_of_silence(event, away, self._owners):
            return False
        if isinstance(event, ev.TrackOpened | ev.GapRecorded | ev.TrackClosed):
            return event.track not in self.gone_tracks
        if isinstance(event, ae.CaseJoined):
            return away.case_no in {None, event.case_no}
        if isinstance(event, ae.AccessRestricted):
            return away.case_no is None or event.case_no in {None, away.case_no}
        if not court and self._is_of_an_observer(event):
            return False
        if isinstance(event, STRUCTURE):
            return True
        if isinstance(event, te.GlossarySet | RecordLooked) and away.case_no is not None:
            # The words that were looked for may be of another case's closed material.
            return False
        if isinstance(event, ExhibitEvent):
            return event.number not in self._hidden_exhibits
        who = getattr(event, "participant", None)
        if away.covers(who, entry.at_ms, entry.at_ms):
            return False
        return court or isinstance(event, COURSE) or (away.edition is Edition.PARTY and isinstance(event, SIGNING))

    def picture_changes(self, entries: Iterable[Entry]) -> bool:
        """Whether a withheld exhibit was shown."""
        return any(
            isinstance(entry.event, ExhibitShown) and entry.event.number in self._hidden_exhibits for entry in entries
        )

    def _is_of_an_observer(self, event: AnyEvent) -> bool:
        """Who only watched, from the gallery or for the court, is nobody's business but the court's."""
        if isinstance(event, ev.ParticipantAdded) and event.seat.role in {Role.OBSERVER, Role.SUPERVISOR}:
            self._observers.add(event.seat.participant)
        who = (
            event.seat.participant if isinstance(event, ev.ParticipantAdded) else getattr(event, "participant", None)
        )
        return who in self._observers

    def _adapted(self, event: AnyEvent) -> AnyEvent:
        """Without what is somebody else's in an event that stays."""
        replace = msgspec.structs.replace
        case_no = self.away.case_no
        match event:
            case ev.SessionCreated() if case_no is not None and case_no != event.case_no:
                event = replace(event, case_no=case_no, cause=self.cases[case_no], title=self.cases[case_no])
            case _:
                pass
        match event:
            case ev.TrackClosed() if event.track in self.unlike_tracks:
                return replace(event, bytes_total=0)
            case re.ReviewOpened() | re.SigningRefused() if self.text_changes:
                # A digest of the whole text would tell whoever guesses a withheld line that the guess is right.
                return replace(event, minutes_sha256="")
            case re.MinutesSigned() if self.text_changes:
                return replace(event, minutes_sha256="", signature="")
            case _ if self.away.edition is Edition.COURT:
                return event
            case ev.StateChanged() if event.after in _CLOSED or event.before in _CLOSED:
                return replace(event, reason="")
            case ev.PresenceChanged():
                return replace(event, reason="", evidence="")
            case ev.RecordingIncident():
                return replace(event, detail="")
            case ae.AccessRestricted() | ae.RestrictionLifted():
                return replace(event, reason="")
            case te.UtteranceHeard() if self.away.edition is Edition.PUBLIC:
                return replace(event, raw="")
            case _:
                return event

    def _without_names(self, event: AnyEvent) -> AnyEvent:
        hidden = frozenset(self.away.people)
        replace = msgspec.structs.replace
        match event:
            case ev.SessionCreated():
                event = replace(event, seats=tuple(_nameless(seat, hidden) for seat in event.seats))
            case ev.ParticipantAdded():
                event = replace(event, seat=_nameless(event.seat, hidden))
            case _:
                pass
        return _rewritten(event, self._covered)

    def _covered(self, text: str) -> str:
        for name in self._names:
            text = text.replace(name, _COVER * len(name))
        return text

    def _hidden_lines(self, entries: Sequence[Entry]) -> frozenset[str]:
        """Lines of the transcript that are withheld: a line with whatever it was ever joined to or parted from."""
        away = self.away
        transcript = Transcript()
        together = _Groups()
        for entry in entries:
            transcript.apply(entry)
            if isinstance(entry.event, te.LineSplit | te.LinesMerged):
                together.join(entry.event.line, entry.event.second)
            elif isinstance(entry.event, te.UtteranceHeard):
                self._note_silence(entry.event.words, entry.event.text)
        hidden: set[str] = set()
        for line in transcript:
            private = away.edition is not Edition.COURT and line.kind is te.LineKind.MARK
            struck = away.edition is Edition.PUBLIC and line.struck
            # Of pieces that were parted or joined, each is masked by itself: a number across their edges would stay.
            across = away.masks and together.is_grouped(line.id) and mask(line.text) != line.text
            if private or struck or across or away.covers(line.participant, line.from_ms, line.to_ms):
                hidden.add(line.id)
            if line.engine:
                # What a person wrote, nobody needs to have said.
                self._note_silence(line.words, line.text)
        hidden = set(together.all_of(hidden))
        for line, silent in [*renderings(transcript, interpreters_of(entries), away, hidden)]:
            hidden.add(line.id)
            if silent:
                self.silent.append(Span(line.from_ms, max(line.to_ms, line.from_ms + 1)))
        return frozenset(together.all_of(hidden))

    def _note_silence(self, words: Sequence[te.Word], text: str) -> None:
        """When the numbers in this text are said."""
        if not self.away.masks or "".join(word.text for word in words) != text:
            return
        for start, end in found(text):
            at = 0
            for word in words:
                if at < end and start < at + len(word.text):
                    self.silent.append(Span(word.from_ms, max(word.to_ms, word.from_ms + 1)))
                at += len(word.text)

    def _any_mask(self, entries: Sequence[Entry]) -> bool:
        return self.away.masks and any(isinstance(e.event, TEXT) and _masked(e.event) != e.event for e in entries)


class _Groups:
    """Lines that were joined or parted, as sets (union and find)."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def join(self, one: str, other: str) -> None:
        self._parent[self._root(one)] = self._root(other)

    def is_grouped(self, line: str) -> bool:
        return line in self._parent

    def all_of(self, lines: set[str]) -> Iterator[str]:
        roots = {self._root(line) for line in lines}
        yield from lines
        yield from (line for line in list(self._parent) if self._root(line) in roots)

    def _root(self, line: str) -> str:
        self._parent.setdefault(line, line)
        while self._parent[line] != line:
            self._parent[line] = self._parent[self._parent[line]]
            line = self._parent[line]
        return line


def _names(entries: Iterable[Entry], away: Withheld) -> tuple[str, ...]:
    """Names that are nowhere in the edition, the longest first."""
    seats: list[ev.Seat] = []
    for entry in entries:
        match entry.event:
            case ev.SessionCreated(seats=several):
                seats += several
            case ev.ParticipantAdded(seat=seat):
                seats.append(seat)
            case _:
                pass
    names = {seat.name.strip() for seat in seats if seat.participant in away.people}
    return tuple(sorted((name for name in names if name), key=len, reverse=True))


def _nameless(seat: ev.Seat, hidden: frozenset[str]) -> ev.Seat:
    return msgspec.structs.replace(seat, name=NAMELESS) if seat.participant in hidden else seat


def _line_of(event: Any) -> str:
    return str(event.utterance if isinstance(event, te.UtteranceHeard) else event.line)


def _masked(event: AnyEvent) -> AnyEvent:
    """Numbers of persons covered in every text of the event. Words keep their times."""
    return _rewritten(event, None)


def _rewritten(event: AnyEvent, change: Any) -> AnyEvent:
    """The event with every string changed (None: masked); the words of an utterance stay pieces of its text."""
    convert = mask if change is None else change
    plain = msgspec.to_builtins(event)
    changed = mask_all(plain) if change is None else _mapped(plain, change)
    if isinstance(event, te.UtteranceHeard):
        text = convert(event.text)
        whole = "".join(word.text for word in event.words)
        if text != event.text or convert(event.raw) != event.raw or convert(whole) != whole:
            changed["raw"] = ""
            changed["words"] = [msgspec.to_builtins(word) for word in _recut(event.words, convert(whole))]
    return msgspec.convert(changed, AnyEvent) if changed != plain else event


def _recut(words: Sequence[te.Word], text: str) -> Iterator[te.Word]:
    """The words with these letters, as many each as before; what the engine had written first is gone."""
    at = 0
    for word in words:
        yield msgspec.structs.replace(word, text=text[at : at + len(word.text)], heard=msgspec.UNSET)
        at += len(word.text)


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _mapped(inner, change) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(inner, change) for inner in value]
    return value
