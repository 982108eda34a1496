"""From the words of an engine to those that are shown. What the engine wrote stays in the log beside them (`raw`).

A word keeps its time. Words that were replaced together become one: it begins with the first of them and ends with
the last, and is as sure as the least sure.
"""

from __future__ import annotations

from collections.abc import Sequence

from hearing.transcript_events import Word
from transcription.ear import PutRight, unchanged
from transcription.edits import Edited
from transcription.numerals import written


def put_right(language: str) -> PutRight:
    """What is done to the words of somebody who speaks `language` (BCP 47): numbers, in Chinese."""
    return _chinese if language.partition("-")[0] == "zh" else unchanged


def timed(words: Sequence[Word], edit: Edited) -> tuple[Word, ...]:
    """Pieces of the edited text with the times of the words that they stand for. `edit` is of the words' text.

    Raises ValueError when it is of another.
    """
    if "".join(word.text for word in words) != edit.before:
        raise ValueError("the edit is not of these words")
    owner = [place for place, word in enumerate(words) for _ in word.text]
    pieces: list[tuple[str, int, int]] = []
    for letter, (start, end) in zip(edit.text, edit.sources, strict=True):
        first, last = owner[start], owner[end - 1]
        if pieces and first <= pieces[-1][2]:
            text, begun, ended = pieces[-1]
            pieces[-1] = (text + letter, begun, max(ended, last))
        else:
            pieces.append((letter, first, last))
    return tuple(_piece(text, words[first : last + 1]) for text, first, last in pieces)


def _chinese(text: str, words: Sequence[Word]) -> tuple[str, Sequence[Word]]:
    edit = written(text)
    return (text, words) if edit.text == text else (edit.text, timed(words, edit))


def _piece(text: str, words: Sequence[Word]) -> Word:
    sure = [word.confidence_permille for word in words if word.confidence_permille is not None]
    return Word(
        text=text,
        from_ms=words[0].from_ms,
        to_ms=words[-1].to_ms,
        confidence_permille=min(sure) if len(sure) == len(words) else None,
    )
