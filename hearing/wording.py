"""Keeps the times of words while the text changes. Pure.

The pieces of a line joined are always its text: players seek by them, subtitles are cut by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from hearing.transcript_events import Word

Words = tuple[Word, ...]

MOST_COMPARED_CHARS = 200
"""Of what lies between the common beginning and the common end. Comparing takes the third power of it at worst (a
line that repeats one character), and every replay of the log does it again."""


def reworded(words: Sequence[Word], text: str, from_ms: int, to_ms: int) -> Words:
    """Pieces of `text`: what stays of `words` keeps its times, what was written new takes the time of what it
    replaces. Without words the whole text is one piece of the line's time."""
    if not text:
        return ()
    if not words:
        return (Word(text=text, from_ms=from_ms, to_ms=to_ms),)
    before = "".join(word.text for word in words)
    if before == text:
        return tuple(words)
    owner = [index for index, word in enumerate(words) for _ in word.text]
    # Which old word each new character belongs to; `kept` where it is the very character.
    owners: list[int] = []
    kept: list[bool] = []
    for kind, a0, a1, b0, b1 in _changes(before, text):
        for place in range(b0, b1):
            at = a0 + (place - b0) * max(1, a1 - a0) // max(1, b1 - b0) if kind == "replace" else a0 + place - b0
            # A character written between two words belongs to the one before it.
            at = a0 - 1 if kind == "insert" else at
            owners.append(owner[min(max(at, 0), len(owner) - 1)])
            kept.append(kind == "equal")
    return tuple(_pieces(words, text, owners, kept))


def cut(words: Sequence[Word], at: int) -> tuple[Words, Words]:
    """The pieces before and from character `at` on; a word that is cut through is shared out by its characters."""
    first: list[Word] = []
    second: list[Word] = []
    done = 0
    for word in words:
        inside = at - done
        if inside >= len(word.text):
            first.append(word)
        elif inside <= 0:
            second.append(word)
        else:
            middle_ms = word.from_ms + (word.to_ms - word.from_ms) * inside // len(word.text)
            first.append(_part(word, word.text[:inside], word.from_ms, middle_ms))
            second.append(_part(word, word.text[inside:], middle_ms, word.to_ms))
        done += len(word.text)
    return tuple(first), tuple(second)


def _changes(before: str, after: str) -> Iterator[tuple[str, int, int, int, int]]:
    """As `SequenceMatcher.get_opcodes`: what is common to both ends stays, the rest is compared."""
    head = _alike(before, after)
    tail = _alike(before[head:][::-1], after[head:][::-1])
    a_end, b_end = len(before) - tail, len(after) - tail
    yield "equal", 0, head, 0, head
    if max(a_end, b_end) - head > MOST_COMPARED_CHARS:
        yield "replace" if a_end > head else "insert", head, a_end, head, b_end
    else:
        matcher = SequenceMatcher(None, before[head:a_end], after[head:b_end], autojunk=False)
        for kind, a0, a1, b0, b1 in matcher.get_opcodes():
            yield kind, head + a0, head + a1, head + b0, head + b1
    yield "equal", a_end, len(before), b_end, len(after)


def _alike(first: str, second: str) -> int:
    """How many characters both begin with."""
    pairs = zip(first, second, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


def _pieces(words: Sequence[Word], text: str, owners: list[int], kept: list[bool]) -> list[Word]:
    pieces: list[Word] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place < len(text) and owners[place] == owners[start]:
            continue
        word = words[owners[start]]
        whole = all(kept[start:place]) and text[start:place] == word.text
        pieces.append(word if whole else Word(text=text[start:place], from_ms=word.from_ms, to_ms=word.to_ms))
        start = place
    return pieces


def _part(word: Word, text: str, from_ms: int, to_ms: int) -> Word:
    return Word(text=text, from_ms=from_ms, to_ms=to_ms, confidence_permille=word.confidence_permille)
