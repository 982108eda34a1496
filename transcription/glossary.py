"""Names and terms of a case, and putting right words that sound like one of them but are written otherwise.

Only a whole term is put right, character for character, and only where its sound is what was heard: a guess of what
somebody meant is not a transcript. The shorter a term, the more must agree, for the more often ordinary words sound
like it. Characters of a number never change, nor does what is a term as it stands, nor what two terms could be.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hearing.transcript_events import Word
from transcription.edits import Edit, Edited, edited
from transcription.readings import Alike, alike, blurred, is_han, readings

UNSURE_PERMILLE = 600
"""A word below this confidence may be another, and pages underline it."""
MOST_CHARS = 60
_NUMERALS = frozenset("零〇一二三四五六七八九十百千万亿两幺0123456789")
_DIGITS = "零一二三四五六七八九"


class _Found(NamedTuple):
    start: int
    end: int
    term: str


class Glossary:
    """`terms` as they are written, in any language; those of two Han characters and more are put right. Immutable."""

    def __init__(self, terms: Iterable[str] = ()) -> None:
        cleaned = (unicodedata.normalize("NFC", term).strip()[:MOST_CHARS] for term in terms)
        self.terms: tuple[str, ...] = tuple(dict.fromkeys(term for term in cleaned if term))
        """For engines that listen for words of their own accord."""
        self._by_sound: dict[str, list[str]] = {}
        self._exact = frozenset(term for term in self.terms if len(term) > 1 and all(map(is_han, term)))
        for term in sorted(self._exact):
            for key in {blurred(reading) for reading in readings(term[0])}:
                self._by_sound.setdefault(key, []).append(term)

    def mended(self, words: Sequence[Word]) -> Edited:
        """The words' text with its terms written as they are. Pure, total, idempotent."""
        text = "".join(word.text for word in words)
        said = _Said(text, words)
        taken = [span for start in range(len(text)) for span in self._exactly(text, start)]
        found = [each for start in range(len(text)) for each in self._sounding(said, start)]
        spans = [(each.start, each.end) for each in found]
        edits: list[Edit] = []
        for each in sorted(found, key=lambda each: (each.start - each.end, each.start)):
            span = (each.start, each.end)
            if spans.count(span) > 1 or any(start < each.end and each.start < end for start, end in taken):
                continue
            taken.append(span)
            edits += [Edit(at, at + 1, meant) for at, meant in enumerate(each.term, each.start) if text[at] != meant]
        return edited(text, sorted(edits, key=lambda edit: edit.start))

    def _exactly(self, text: str, start: int) -> Iterator[tuple[int, int]]:
        for key in {blurred(reading) for reading in readings(text[start])}:
            for term in self._by_sound.get(key, ()):
                if text.startswith(term, start):
                    yield start, start + len(term)

    def _sounding(self, said: _Said, start: int) -> Iterator[_Found]:
        keys = {blurred(reading) for reading in readings(said.text[start])}
        for term in sorted({term for key in keys for term in self._by_sound.get(key, ())}):
            if said.sounds_like(term, start):
                yield _Found(start, start + len(term), term)


class _Said:
    """What was heard, letter by letter."""

    def __init__(self, text: str, words: Sequence[Word]) -> None:
        self.text = text
        self._owner = [place for place, word in enumerate(words) for _ in word.text]
        self._unsure = [
            word.confidence_permille is not None and word.confidence_permille < UNSURE_PERMILLE for word in words
        ]

    def sounds_like(self, term: str, start: int) -> bool:
        """Whether what stands here is another spelling of `term`, and nothing else in all likelihood."""
        end = start + len(term)
        if end > len(self.text) or self.text.startswith(term, start):
            return False
        changed: list[tuple[int, Alike]] = []
        for at, meant in enumerate(term, start):
            heard = self.text[at]
            if heard == meant:
                continue
            how = Alike.NOT if heard in _NUMERALS or meant in _NUMERALS else alike(heard, meant)
            if how is Alike.NOT:
                return False
            changed.append((at, how))
        sure = [(at, how) for at, how in changed if not self._unsure[self._owner[at]]]
        if any(how is Alike.NEAR for _, how in sure):
            return False
        if sum(how is Alike.NEAR for _, how in changed) > len(term) // 3:
            return False
        if len(term) > 3:
            return True
        # A short term is a word by itself, or it is the end of one word and the beginning of another.
        if not (self._begins(start) and self._begins(end)):
            return False
        if any(how is not Alike.EXACTLY for _, how in sure) or len(changed) == len(term):
            return False
        # The engine is sure of a word that it knows: 立案 is no 李安.
        return not sure or len(term) > 2 or self._owner[start] != self._owner[end - 1]

    def _begins(self, at: int) -> bool:
        return at in (0, len(self.text)) or self._owner[at] != self._owner[at - 1]


def case_terms(case_no: str) -> tuple[str, ...]:
    """How a case number is spoken, so that 民出 between its digits is 民初: each digit read, the serial also as a
    number. Nothing for what is no case number, or has a serial above 9999."""
    compact = "".join(letter for letter in unicodedata.normalize("NFKC", case_no) if letter.isalnum())
    head, _, tail = compact.rpartition("号")
    serial = head[len(head.rstrip("0123456789")) :]
    if tail or not serial or not head[:4].isdecimal() or len(serial) > 4:
        return ()
    stem = _read(head[: len(head) - len(serial)])
    read = _read(serial)
    spoken = {read, read.replace("一", "幺"), _counted(int(serial))}
    stems = {stem, stem.replace("一", "幺")}
    return tuple(sorted(f"{each}{number}号" for each in stems for number in spoken))


def _read(text: str) -> str:
    return "".join(_DIGITS[int(letter)] if letter in "0123456789" else letter for letter in text)


def _counted(value: int) -> str:
    """0 to 9999 as it is counted: 105 is 一百零五, 12 is 十二."""
    out, gap = "", False
    for size, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // size % 10
        if digit:
            out += ("零" if gap and out else "") + _DIGITS[digit] + unit
        gap = not digit
    return (out[1:] if out.startswith("一十") else out) or "零"
