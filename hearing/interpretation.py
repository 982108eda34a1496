"""Which line an interpreter's line gives in the other language, so that both stand side by side. Pure.

Consecutive interpretation: what an interpreter says belongs to the newest line before it in another language. An
interpreter for one person gives their words to the court, and to them what everybody else said.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

import msgspec

from hearing.transcript import Line, Transcript
from hearing.transcript_events import LineKind

WITHIN_MS = 60_000
"""Longer after the end of a line nobody interprets it any more."""
_MOST_LOOKED_AT = 50
"""Lines before: a search that nobody waits for."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the transcript in two columns: what was said, and what interpreters made of it (mostly one line)."""

    original: Line
    interpretations: tuple[Line, ...] = ()


def rows(transcript: Transcript, interpreters: Container[str]) -> tuple[Row, ...]:
    """All shown lines in the order of their originals; an interpreter's line that gives no other is one by itself.
    `interpreters` are participants."""
    given: dict[str, list[Line]] = {}
    originals: list[Line] = []
    for line in transcript.shown():
        original = original_of(transcript, line, interpreters)
        if original is None:
            originals.append(line)
        else:
            given.setdefault(original.id, []).append(line)
    return tuple(Row(original=line, interpretations=tuple(given.get(line.id, ()))) for line in originals)


def original_of(transcript: Transcript, line: Line, interpreters: Container[str]) -> Line | None:
    """The line that this one interprets; None where it is no interpreter's, or nothing fits. What an interpreter said
    is nobody's original."""
    if not line.shown or line.kind is not LineKind.SPEECH or line.participant not in interpreters:
        return None
    before = tuple(_before(transcript, line, interpreters))
    if line.interprets is not None:
        theirs = next((each for each in before if each.participant == line.interprets), None)
        to_them = theirs is None or tongue(theirs.language) == tongue(line.language)
        before = tuple(each for each in before if (each.participant == line.interprets) is not to_them)
    return _newest(line, before)


def tongue(language: str) -> str:
    """The first part of a BCP 47 tag: the same for zh-CN and zh."""
    return language.partition("-")[0].lower()


def _before(transcript: Transcript, line: Line, interpreters: Container[str]) -> Iterator[Line]:
    """What others said before, newest first."""
    for number, each in enumerate(transcript.preceding(line.id)):
        if number >= _MOST_LOOKED_AT:
            return
        if each.kind is LineKind.SPEECH and each.participant not in interpreters:
            yield each


def _newest(line: Line, before: Sequence[Line]) -> Line | None:
    for each in before:
        if tongue(each.language) != tongue(line.language):
            return each if line.from_ms - each.to_ms <= WITHIN_MS else None
    return None
