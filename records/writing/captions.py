"""Captions: the lines of the minutes cut into what can be read at a glance, at the times of their words. Pure.

WebVTT, SRT, the offline player and the composite show the same cues. The cues of a line joined are its paragraphs in
the minutes, character by character: nothing is added, left out or said twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from hearing.transcript import Line, Transcript
from hearing.transcript_events import Word
from hearing.wording import cut, reworded
from records.timeline import Timeline
from records.writing.legible import break_lines, squares
from records.writing.minutes import Paragraph, paragraphs_of

ROW_SQUARES = 20.0
"""Width of a row in Chinese characters: what a phone shows without turning it."""
MOST_ROWS = 2
_CUE_SQUARES = 36.0
"""Less than two full rows, for rows do not end anywhere (禁则)."""
LONGEST_MS = 7_000
"""A cue with words ends after this; one whose words have no times of their own stays as long as its line."""
PAUSE_MS = 1_500
"""After so long a silence inside a line a new cue begins, so that nothing is shown before it is said."""
SHORTEST_MS = 800
HOLD_MS = 250
"""A short cue stays so much longer than it was said at most: ends are within 300 ms of the speech."""
SQUARES_A_SECOND = 9.0
"""Reading speed: how long a line stays that a person wrote and nobody spoke."""

_STOPS = ("。！？；.!?;…", "，、：,:")
_NOT_FIRST = frozenset("，。、；：？！）》〉」』】〕”’…—·％‰℃,.;:?!)]}% ")
_NOT_LAST = frozenset("（《〈「『【〔“‘([{￥$")


class Cue(msgspec.Struct, frozen=True, kw_only=True):
    """A caption: who says what from when to when, in session ms. `line` is the transcript's, `number` counts within
    it, `paragraph` is which of the line's paragraphs."""

    line: str
    number: int
    paragraph: int
    participant: str
    """Empty for the clerk's own words."""
    speaker: str
    """Role, name and language as the minutes name them; may be empty."""
    language: str
    from_ms: int
    to_ms: int
    text: str

    @property
    def rows(self) -> list[str]:
        """The text in rows; joined they are the text."""
        return break_lines(self.text, ROW_SQUARES)


def cues_of(timeline: Timeline, transcript: Transcript) -> tuple[Cue, ...]:
    """The captions of a session by their beginnings. Cues of one person never overlap."""
    raw = [cue for line in transcript.shown() for cue in _cues(timeline, line)]
    timed = {key: iter(_in_turn(group)) for key, group in _by_person(raw).items()}
    # Sorting keeps those of one moment in the order of the minutes.
    return tuple(sorted((next(timed[cue.participant]) for cue in raw), key=lambda cue: cue.from_ms))


def _cues(timeline: Timeline, line: Line) -> Iterator[Cue]:
    numbers = itertools.count()
    paragraphs = list(paragraphs_of(timeline, line))
    speaker = paragraphs[0].speaker if paragraphs else ""
    for place, (paragraph, words) in enumerate(_words(line, paragraphs)):
        for group in _groups(list(words)):
            yield Cue(
                line=line.id,
                number=next(numbers),
                paragraph=place,
                participant=line.participant or "",
                speaker=speaker,
                language=paragraph.language,
                from_ms=group[0].from_ms,
                to_ms=group[-1].to_ms,
                text="".join(word.text for word in group),
            )


def _words(line: Line, paragraphs: Sequence[Paragraph]) -> Iterator[tuple[Paragraph, tuple[Word, ...]]]:
    """Each paragraph with its words; times never go back within a line."""
    text = "".join(paragraph.text for paragraph in paragraphs)
    spoken = line.words if line.text else ()
    to_ms = line.to_ms
    if to_ms <= line.from_ms:
        # Written, not spoken: it stays as long as it takes to read.
        spoken, to_ms = (), line.from_ms + max(SHORTEST_MS, int(sum(map(squares, text)) * 1000 / SQUARES_A_SECOND))
    rest = _forward(reworded(spoken, text, line.from_ms, to_ms), line.from_ms)
    for paragraph in paragraphs:
        words, rest = cut(rest, len(paragraph.text))
        yield paragraph, words


def _forward(words: Iterable[Word], from_ms: int) -> tuple[Word, ...]:
    ordered = []
    for word in filter(lambda each: each.text, words):
        from_ms = max(from_ms, word.from_ms)
        ordered.append(msgspec.structs.replace(word, from_ms=from_ms, to_ms=max(from_ms, word.to_ms)))
    return tuple(ordered)


def _groups(words: list[Word]) -> Iterator[list[Word]]:
    """The words of each cue."""
    rest = [piece for word in words for piece in _pieces(word)]
    while rest:
        room, until_ms = _CUE_SQUARES, rest[0].from_ms + LONGEST_MS
        fits = 0
        paused = False
        for fits, word in enumerate(rest):
            paused = fits > 0 and word.from_ms - rest[fits - 1].to_ms > PAUSE_MS
            room -= _width(word.text)
            if fits and (room < 0 or word.to_ms > until_ms or paused):
                break
        else:
            fits = len(rest)
        if fits < len(rest) and not (paused and _may_part(rest, fits)):
            fits = _best_end(rest, fits)
        yield from _in_rows(rest[:fits])
        rest = rest[fits:]


def _best_end(words: Sequence[Word], fits: int) -> int:
    """How many words of those that fit: up to the end of a sentence, else of a clause, in the second half."""
    ends = [end for end in range(fits, fits // 2, -1) if _may_part(words, end)]
    for stops in _STOPS:
        for end in ends:
            if words[end - 1].text.rstrip()[-1:] in tuple(stops):
                return end
    return ends[0] if ends else fits


def _may_part(words: Sequence[Word], end: int) -> bool:
    return words[end].text[0] not in _NOT_FIRST and words[end - 1].text[-1] not in _NOT_LAST


def _in_rows(words: list[Word]) -> Iterator[list[Word]]:
    """One cue, or two where long words of letters would make a third row."""
    text = "".join(word.text for word in words)
    if len(words) == 1 or len(break_lines(text, ROW_SQUARES)) <= MOST_ROWS:
        yield words
    else:
        half = (len(words) + 1) // 2
        yield from _in_rows(words[:half])
        yield from _in_rows(words[half:])


def _pieces(word: Word) -> Iterator[Word]:
    """A word, or what a person wrote as a whole, in pieces that fit into a cue."""
    rest: tuple[Word, ...] = (word,)
    for part in break_lines(word.text, ROW_SQUARES) if _width(word.text) > ROW_SQUARES else [word.text]:
        (first, *_), rest = cut(rest, len(part))
        yield first


def _width(text: str) -> float:
    return sum(map(squares, text))


def _by_person(cues: Iterable[Cue]) -> dict[str, list[Cue]]:
    people: dict[str, list[Cue]] = {}
    for cue in cues:
        people.setdefault(cue.participant, []).append(cue)
    return people


def _in_turn(cues: Sequence[Cue]) -> Iterator[Cue]:
    """One person's cues: each begins after the one before and ends when the next begins, at the latest."""
    starts: list[int] = []
    for cue in cues:
        starts.append(max(cue.from_ms, starts[-1] + 1 if starts else 0))
    for cue, from_ms, next_ms in zip(cues, starts, [*starts[1:], None], strict=True):
        to_ms = max(cue.to_ms, min(from_ms + SHORTEST_MS, cue.to_ms + HOLD_MS), from_ms + 1)
        yield msgspec.structs.replace(cue, from_ms=from_ms, to_ms=to_ms if next_ms is None else min(to_ms, next_ms))
