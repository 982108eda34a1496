"""A courtroom with its transcript and the minutes of both."""

from __future__ import annotations

from collections.abc import Sequence

from hearing import line_commands as cmd
from hearing.events import ClockAnchored, Seat
from hearing.line_rules import decide_line
from hearing.transcript import Transcript
from hearing.transcript_events import TranscriptEvent, UtteranceHeard, Word
from records.writing import minutes as documents
from records.writing import words
from tests.fakes.courtroom import Courtroom
from tests.fakes.hearings import SEATS

TZ = words.zone("Asia/Shanghai")


def said(text: str, from_ms: int, participant: str = "plaintiff", language: str = "zh-CN") -> UtteranceHeard:
    """An utterance whose words are its characters, 100 ms each."""
    pieces = tuple(
        Word(text=each, from_ms=from_ms + 100 * n, to_ms=from_ms + 100 * (n + 1), confidence_permille=900)
        for n, each in enumerate(text)
    )
    to_ms = from_ms + 100 * len(text)
    return UtteranceHeard(
        utterance=f"{participant}@{from_ms}",
        participant=participant,
        track=participant,
        language=language,
        from_ms=from_ms,
        to_ms=to_ms,
        text=text,
        raw=text,
        words=pieces,
        engine="scripted",
        until_ms=to_ms,
    )


class Sitting:
    """`room` is open at session time 0; `at` moves the clock."""

    def __init__(self, seats: Sequence[Seat] = SEATS) -> None:
        self.room = Courtroom(seats).open()
        self.room.note([ClockAnchored(session_ms=0, utc_ms=1_795_000_000_000, uncertainty_ms=1, reason="opened")])
        self.room.arrive("clerk")
        self.transcript = Transcript()

    def at(self, now_ms: int) -> Sitting:
        self.room.now_ms = now_ms
        return self

    def note(self, *events: TranscriptEvent, actor: str = "server") -> Sitting:
        self.room.note(list(events), actor)
        return self.folded()

    def do(self, command: cmd.LineCommand) -> Sitting:
        self.folded()
        return self.note(
            *decide_line(self.room.hearing, self.transcript, "clerk", command, self.room.now_ms), actor="clerk"
        )

    def folded(self) -> Sitting:
        for entry in self.room.entries:
            self.transcript.apply(entry)
        return self

    def minutes(self, draft: bool = True) -> documents.Minutes:
        return documents.of_log(self.room.entries, TZ, draft)

    def body(self) -> Sequence[str]:
        return [paragraph.plain for paragraph in self.minutes().paragraphs]
