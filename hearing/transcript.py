"""The transcript as it stands: a fold of the log. Replay gives this very value, whoever folds it.

Lines are ordered by when they were said. Nothing is ever removed: a line that was struck out or joined to another is
still here with its revisions.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator

import msgspec

from hearing import transcript_events as te
from hearing.events import Entry
from hearing.transcript_events import LineKind, Word
from hearing.wording import cut, reworded


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a line: who, when, and what it said before. `change` is the event's tag."""

    revision: int
    seq: int
    utc_ms: int
    actor: str
    change: str
    before: str
    after: str
    reason: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the transcript. `participant` is who spoke, None for the clerk's own words."""

    id: str
    kind: LineKind
    participant: str | None
    language: str
    from_ms: int
    to_ms: int
    text: str
    words: tuple[Word, ...]
    raw: str = ""
    """What the engine wrote; empty for a line that a person wrote."""
    engine: str = ""
    track: str = ""
    late: bool = False
    trouble: str = ""
    interprets: str | None = None
    """For whom the speaker interpreted when this was written down, where it was one person."""
    revision: int = 0
    struck: bool = False
    joined_to: str | None = None
    """The line that this one is part of now."""
    revisions: tuple[Revision, ...] = ()
    seq: int = 0
    """The entry that made or last changed it."""

    @property
    def shown(self) -> bool:
        """Whether it stands in the minutes."""
        return not self.struck and self.joined_to is None


class Transcript:
    """See the module text. `apply` every entry of one session's log, in order."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._order: list[tuple[int, int, str]] = []
        self._places: dict[str, tuple[int, int, str]] = {}
        self._heard: dict[str, int] = {}
        self._changes: list[tuple[int, str]] = []
        self.last_seq = 0
        self._interprets: dict[str, str | None] = {}
        self.glossary: tuple[str, ...] = ()
        """The terms that clerks gave."""

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[Line]:
        """Every line, also those that are not shown, by time."""
        return (self._lines[line] for _, _, line in self._order)

    def shown(self) -> Iterator[Line]:
        """The lines of the minutes, by time."""
        return (line for line in self if line.shown)

    def get(self, line: str) -> Line | None:
        """The line with this id, or None."""
        return self._lines.get(line)

    def following(self, line: str) -> Line | None:
        """The next shown line, or None."""
        place = bisect.bisect_right(self._order, self._places[line])
        while place < len(self._order):
            found = self._lines[self._order[place][2]]
            if found.shown:
                return found
            place += 1
        return None

    def preceding(self, line: str) -> Iterator[Line]:
        """The shown lines before this one, the newest first."""
        for place in range(bisect.bisect_left(self._order, self._places[line]) - 1, -1, -1):
            found = self._lines[self._order[place][2]]
            if found.shown:
                yield found

    def changed_after(self, seq: int) -> Iterator[Line]:
        """Lines that were made or last changed by an entry after `seq`, in order of that change. Takes no longer for
        those that are older."""
        start = bisect.bisect_right(self._changes, seq, key=lambda change: change[0])
        for changed, name in itertools.islice(self._changes, start, None):
            line = self._lines[name]
            if line.seq == changed:
                yield line

    def heard_until_ms(self, track: str) -> int | None:
        """How far this track was listened to; None when not at all."""
        return self._heard.get(track)

    def apply(self, entry: Entry) -> tuple[Line, ...]:
        """Take one more entry; the lines that it made or changed. Total, and idempotent by `seq`: an entry that was
        folded already, or that fits no line, changes nothing."""
        if entry.seq <= self.last_seq:
            return ()
        self.last_seq = entry.seq
        lines = self._take(entry)
        self._changes.extend((entry.seq, line.id) for line in lines)
        return lines

    def _take(self, entry: Entry) -> tuple[Line, ...]:
        match entry.event:
            case te.UtteranceHeard() as e:
                self._listened(e.track, e.until_ms)
                return self._add(self._spoken_for(_heard(e, entry.seq)))
            case te.TrackHeard() as e:
                self._listened(e.track, e.until_ms)
                return ()
            case te.LineWritten() as e:
                return self._add(self._spoken_for(_written(e, entry.seq)))
            case te.LanguageSet() as e:
                self._interprets[e.participant] = e.interprets
                return ()
            case te.GlossarySet(terms=terms):
                self.glossary = terms
                return ()
            case te.LineEdited() | te.LineAssigned() | te.LineSplit() | te.LinesMerged() | te.LineStruck() as change:
                return self._change(change, entry)
            case _:
                return ()

    def _listened(self, track: str, until_ms: int) -> None:
        self._heard[track] = max(self._heard.get(track, 0), until_ms)

    def _add(self, line: Line) -> tuple[Line, ...]:
        if line.id in self._lines:
            return ()
        place = (line.from_ms, line.seq, line.id)
        self._lines[line.id] = line
        self._places[line.id] = place
        bisect.insort(self._order, place)
        return (line,)

    def _spoken_for(self, line: Line) -> Line:
        return msgspec.structs.replace(line, interprets=self._interprets.get(line.participant or ""))

    def _change(self, change: te.LineChange, entry: Entry) -> tuple[Line, ...]:
        line = self._lines.get(change.line)
        if line is None:
            return ()
        other: tuple[Line, ...] = ()
        match change:
            case te.LineEdited(text=text):
                words = reworded(line.words, text, line.from_ms, line.to_ms)
                after = msgspec.structs.replace(line, text=text, words=words)
            case te.LineAssigned(participant=participant):
                after = self._spoken_for(msgspec.structs.replace(line, participant=participant))
            case te.LineSplit() as e:
                after, other = self._split(line, e, entry.seq)
            case te.LinesMerged(second=second):
                after, other = self._merged(line, second, entry.seq)
            case te.LineStruck(struck=struck):
                after = msgspec.structs.replace(line, struck=struck)
        revision = Revision(
            revision=change.revision,
            seq=entry.seq,
            utc_ms=entry.utc_ms,
            actor=entry.actor,
            change=type(change).__struct_config__.tag,  # type: ignore[arg-type]  # every event has a text for a tag
            before=line.text if after.participant == line.participant else line.participant or "",
            after=after.text if after.participant == line.participant else after.participant or "",
            reason=getattr(change, "reason", ""),
        )
        after = msgspec.structs.replace(
            after, revision=change.revision, revisions=(*line.revisions, revision), seq=entry.seq
        )
        self._lines[line.id] = after
        return (after, *other)

    def _split(self, line: Line, e: te.LineSplit, seq: int) -> tuple[Line, tuple[Line, ...]]:
        first, second = cut(line.words, e.at)
        rest = msgspec.structs.replace(
            line,
            id=e.second,
            from_ms=e.at_ms,
            text=line.text[e.at :],
            words=second,
            revision=0,
            revisions=(),
            seq=seq,
        )
        before = msgspec.structs.replace(line, to_ms=min(line.to_ms, e.at_ms), text=line.text[: e.at], words=first)
        return before, self._add(rest)

    def _merged(self, line: Line, second: str, seq: int) -> tuple[Line, tuple[Line, ...]]:
        other = self._lines.get(second)
        if other is None:
            return line, ()
        self._lines[second] = other = msgspec.structs.replace(other, joined_to=line.id, seq=seq)
        whole = msgspec.structs.replace(
            line,
            to_ms=max(line.to_ms, other.to_ms),
            text=line.text + other.text,
            words=line.words + other.words,
        )
        return whole, (other,)


def _heard(e: te.UtteranceHeard, seq: int) -> Line:
    return Line(
        id=e.utterance,
        kind=LineKind.SPEECH,
        participant=e.participant,
        language=e.language,
        from_ms=e.from_ms,
        to_ms=e.to_ms,
        text=e.text,
        words=e.words,
        raw=e.raw,
        engine=e.engine,
        track=e.track,
        late=e.late,
        trouble=e.trouble,
        seq=seq,
    )


def _written(e: te.LineWritten, seq: int) -> Line:
    return Line(
        id=e.line,
        kind=e.kind,
        participant=e.participant,
        language=e.language,
        from_ms=e.from_ms,
        to_ms=e.to_ms,
        text=e.text,
        words=reworded((), e.text, e.from_ms, e.to_ms),
        seq=seq,
    )
