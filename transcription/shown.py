"""From the words of an engine to those that are shown. What the engine wrote stays in the log beside them (`raw`).

A word keeps its time. Words that were replaced together become one: it begins with the first of them and ends with
the last, and is as sure as the least sure. One that the glossary changed says what was heard instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from hearing.transcript_events import Word
from transcription.ear import PutRight, unchanged
from transcription.edits import Edited
from transcription.glossary import Glossary
from transcription.numerals import written
from transcription.punctuation import punctuated

_NO_GLOSSARY = Glossary()


def put_right(language: str, glossary: Callable[[], Glossary] = lambda: _NO_GLOSSARY) -> PutRight:
    """What is done to the words of somebody who speaks `language` (BCP 47), in Chinese: the names and terms that are
    in `glossary` at that moment, numbers, and punctuation where the engine sets none."""
    if language.partition("-")[0] != "zh":
        return unchanged

    def chinese(text: str, words: Sequence[Word]) -> tuple[str, Sequence[Word]]:
        named = glossary().mended(words)
        if named.text != text:
            words = tuple(_renamed(words, named.text))
        numbered = written(named.text)
        if numbered.text != named.text:
            words = timed(words, numbered)
        words = punctuated(words)
        return "".join(word.text for word in words), words

    return chinese


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


def _renamed(words: Sequence[Word], text: str) -> Iterator[Word]:
    """The words with the glossary's text, which has character for character."""
    at = 0
    for word in words:
        shown = text[at : at + len(word.text)]
        at += len(word.text)
        yield word if shown == word.text else msgspec.structs.replace(word, text=shown, heard=word.text)


def _piece(text: str, words: Sequence[Word]) -> Word:
    sure = [word.confidence_permille for word in words if word.confidence_permille is not None]
    mended = any(word.heard for word in words)
    return Word(
        text=text,
        from_ms=words[0].from_ms,
        to_ms=words[-1].to_ms,
        confidence_permille=min(sure) if len(sure) == len(words) else None,
        heard="".join(word.heard or word.text for word in words) if mended else msgspec.UNSET,
    )
