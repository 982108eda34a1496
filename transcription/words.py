"""Words of an engine as a text: languages written without blanks get none.

The words, joined, are the text; that is how a word keeps its time whatever is later done to the text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import msgspec

from transcription.engine import EngineWord, Final, Partial

_SEPARATED = ("LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "HANGUL", "DIGIT", "MONGOLIAN", "DEVANAGARI")


def spelled(words: Iterable[EngineWord]) -> tuple[EngineWord, ...]:
    """The words with the blanks that belong between them, without empty ones."""
    kept = [word for word in words if word.text.strip()]
    spaced: list[EngineWord] = []
    for place, word in enumerate(kept):
        text = word.text.strip()
        if place + 1 < len(kept) and _apart(text[-1], kept[place + 1].text.strip()[0]):
            text += " "
        spaced.append(msgspec.structs.replace(word, text=text))
    return tuple(spaced)


def partial(words: Iterable[EngineWord]) -> Partial | None:
    """What is understood so far; None when that is nothing."""
    found = spelled(words)
    return Partial(text="".join(word.text for word in found), words=found) if found else None


def final(words: Iterable[EngineWord]) -> Final | None:
    """The utterance of these words; None when there are none."""
    found = spelled(words)
    if not found:
        return None
    return Final(
        text="".join(word.text for word in found),
        from_sample=found[0].from_sample,
        to_sample=found[-1].to_sample,
        words=found,
    )


def within(words: Iterable[EngineWord], from_sample: int, to_sample: int) -> tuple[EngineWord, ...]:
    """The words with times inside the span and in order: an engine's own clock is rounded, ours is not."""
    placed: list[EngineWord] = []
    since = from_sample
    for word in words:
        start = min(max(word.from_sample, since), to_sample)
        since = min(max(word.to_sample, start), to_sample)
        placed.append(msgspec.structs.replace(word, from_sample=start, to_sample=since))
    return tuple(placed)


def _apart(before: str, after: str) -> bool:
    """Whether a blank stands between words that end and begin so: Han, kana and Tibetan have none."""
    return _separated(before) and _separated(after)


def _separated(letter: str) -> bool:
    name = unicodedata.name(letter, "")
    return name.startswith(_SEPARATED) or letter in "'’-.%"
