"""The transcript of one courtroom: folds the log, decides what clerks do to it, and tells each page what it may read.

Who is isolated reads only what is said while they are in the courtroom, and the public only speech, as it comes: a
witness learns nothing of what was said before (民诉证据规定 72).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from hearing import events as ev
from hearing.errors import Refused
from hearing.interpretation import original_of
from hearing.line_commands import LineCommand
from hearing.line_rules import decide_line
from hearing.policy import may_receive
from hearing.roles import Right, Role, is_isolated, rights
from hearing.state import Hearing, Person
from hearing.transcript import Line, Transcript
from hearing.transcript_events import LineKind
from records.ledger import Ledger
from records.writing.draft import Draft
from signaling.message import Message
from signaling.minutes.line_messages import (
    AskGlossary,
    AskLines,
    AskRevisions,
    Caption,
    FromMinutes,
    Lines,
    LineView,
    Revisions,
    Terms,
    ToMinutes,
    Transcribing,
)
from signaling.view import Audience, audience, may_read_minutes

LINES_AT_ONCE = 100
MAX_CAPTION_CHARS = 500

_encoder = msgspec.json.Encoder()


class Reader(Protocol):
    """What this desk needs of a page (`signaling.courtroom.Page`). Nothing here waits."""

    participant: str
    live: bool

    def send(self, message: Message) -> None: ...

    def send_frame(self, frame: bytes, seq: int | None = None) -> None: ...


class MinutesDesk:
    """`pages` gives the courtroom's connections. Implements `signaling.ports.CaptionSink`."""

    def __init__(self, ledger: Ledger, pages: Callable[[], Iterable[Reader]], tz: datetime.tzinfo) -> None:
        self.draft = Draft(tz)
        """What `signaling.minutes.review_desk` shows."""
        self._ledger = ledger
        self._pages = pages
        self._state = _NOTHING
        self._seq = 0
        self._stop: Callable[[], None] = lambda: None

    @property
    def transcript(self) -> Transcript:
        """The lines as they stand."""
        return self.draft.transcript

    async def open(self) -> None:
        """Read the log so far and follow it. Call once. Raises StoreUnavailable."""
        while self.transcript.last_seq < self._ledger.hearing.last_seq:
            async for entry in self._ledger.entries(self.transcript.last_seq):
                self._fold(entry)
        # No await since the look above: no entry can slip between.
        self._stop = self._ledger.subscribe(self._entries)

    def close(self) -> None:
        """Follow the log no more. Idempotent."""
        self._stop()

    async def do(self, participant: str, command: LineCommand) -> Sequence[ev.Entry]:
        """Carry out a clerk's command. Raises Refused (`hearing.line_rules`), StoreUnavailable."""
        return await self._ledger.change(
            participant, lambda hearing, now_ms: decide_line(hearing, self.transcript, participant, command, now_ms)
        )

    def answer(self, participant: str, asked: ToMinutes) -> FromMinutes:
        """Answer what a page asks. Raises Refused (`no-right`, `unknown-line`)."""
        match asked:
            case AskLines(re=re, after_seq=after_seq):
                return self._lines(participant, re, after_seq)
            case AskRevisions(re=re, line=name):
                return self._revisions(participant, re, name)
            case AskGlossary(re=re):
                return self._terms(participant, re)

    def standing(self) -> Transcribing:
        """How things stand, for a page that has caught up."""
        return msgspec.structs.replace(self._state, seq=self._seq)

    # --- CaptionSink ----------------------------------------------------------------------------------------

    def heard(self, participant: str, line: str, from_ms: int, text: str) -> None:
        """Somebody is speaking; this far it is understood. The newest characters are shown of a long one."""
        frame: bytes | None = None
        for page in self._pages():
            if page.live and self._hears(page.participant, participant):
                frame = frame or _encoder.encode(
                    Caption(participant=participant, line=line, from_ms=from_ms, text=text[-MAX_CAPTION_CHARS:])
                )
                page.send_frame(frame)

    def transcribing(self, state: Transcribing) -> None:
        """Whether there are captions at all, and how late they are. Idempotent."""
        if state == self._state:
            return
        self._state = state
        for page in self._pages():
            if page.live:
                page.send(self.standing())

    # --- inside ---------------------------------------------------------------------------------------------

    def _fold(self, entry: ev.Entry) -> Sequence[Line]:
        lines = self.draft.apply(entry)
        if lines:
            self._seq = entry.seq
        return lines

    def _entries(self, entries: Sequence[ev.Entry], hearing: Hearing) -> None:
        changed = {line.id: line for entry in entries for line in self._fold(entry)}
        if not changed:
            return
        for page in self._pages():
            person = hearing.people.get(page.participant)
            if not page.live or person is None:
                continue
            who = audience(hearing, person)
            seen = tuple(self._view(line) for line in changed.values() if _may_read_now(hearing, person, who, line))
            if seen:
                page.send(Lines(re=None, lines=seen))

    def _hears(self, viewer: str, speaker: str) -> bool:
        return viewer == speaker or may_receive(self._ledger.hearing, viewer, speaker)

    def _lines(self, participant: str, re: str, after_seq: int) -> Lines:
        hearing = self._ledger.hearing
        person = hearing.people.get(participant)
        if person is None:
            return Lines(re=re, lines=())
        who = audience(hearing, person)
        found: list[Line] = []
        for line in self.transcript.changed_after(after_seq):
            if not _may_read_later(hearing, person, who, line):
                continue
            # Lines of one entry stay together: a page asks on by `seq`.
            if len(found) >= LINES_AT_ONCE and line.seq != found[-1].seq:
                return Lines(re=re, lines=tuple(map(self._view, found)), more=True)
            found.append(line)
        return Lines(re=re, lines=tuple(map(self._view, found)))

    def _view(self, line: Line) -> LineView:
        hearing = self._ledger.hearing
        interpreters = {name for name, person in hearing.people.items() if person.role is Role.INTERPRETER}
        original = original_of(self.transcript, line, interpreters)
        return LineView(
            id=line.id,
            kind=line.kind,
            participant=line.participant,
            language=line.language,
            interprets=line.interprets,
            original=original.id if original else None,
            from_ms=line.from_ms,
            to_ms=line.to_ms,
            text=line.text,
            words=line.words,
            track=line.track,
            late=line.late,
            trouble=line.trouble,
            revision=line.revision,
            struck=line.struck,
            joined_to=line.joined_to,
            seq=line.seq,
        )

    def _terms(self, participant: str, re: str) -> Terms:
        person = self._ledger.hearing.people.get(participant)
        if person is None or Right.WRITE_MINUTES not in rights(person.role):
            raise Refused("no-right", "只有书记员可查看和修改热词", "only a clerk may see and set the terms")
        return Terms(re=re, terms=self.transcript.glossary)

    def _revisions(self, participant: str, re: str, name: str) -> Revisions:
        hearing = self._ledger.hearing
        person = hearing.people.get(participant)
        if person is None or audience(hearing, person) is not Audience.STAFF:
            raise Refused("no-right", "只有法庭人员可查看修改记录", "only the court's people may see the revisions")
        line = self.transcript.get(name)
        if line is None:
            raise Refused("unknown-line", "笔录中没有这一行", f"there is no line {name}")
        return Revisions(re=re, line=line.id, raw=line.raw, engine=line.engine, revisions=line.revisions)


def _may_read_now(hearing: Hearing, person: Person, who: Audience, line: Line) -> bool:
    """Whether a line is told to this person the moment it comes or changes."""
    if line.participant == person.seat.participant:
        return True
    match who:
        case Audience.STAFF:
            return True
        case Audience.PARTY:
            before_call = is_isolated(person.role) and line.from_ms < (person.called_ms or 0)
            if before_call and not may_read_minutes(hearing, person):
                return False
            return line.kind is not LineKind.MARK
        case Audience.PUBLIC:
            return line.kind is LineKind.SPEECH
        case Audience.OUTSIDE:
            return False


def _may_read_later(hearing: Hearing, person: Person, who: Audience, line: Line) -> bool:
    """Whether this person may look the line up."""
    if line.participant == person.seat.participant:
        return True
    return who is not Audience.PUBLIC and _may_read_now(hearing, person, who, line)


_NOTHING = Transcribing(
    available=False,
    behind_ms=0,
    zh="本服务器未启用语音转写，庭审照常进行",
    en="speech is not transcribed on this server; the hearing goes on",
)
