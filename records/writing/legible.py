"""Text of any origin made fit for documents: nothing hidden, nothing that a file format refuses; and how it breaks
into lines.

The log may hold text that no rule has looked at (an engine's, an older version's). What is left out here is still in
the log and in `transcript.json`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_NOT_AT_START = frozenset("，。、；：？！）》〉」』】〕”’…—·％‰℃,.;:?!)]}%")
_NOT_AT_END = frozenset("（《〈「『【〔“‘([{￥$")

Width = Callable[[str], float]
"""Width of one character, in any unit."""


def legible(text: str) -> str:
    """`text` on one line: runs of blanks, tabs and line breaks are one blank; controls, marks of writing direction
    and other hidden characters, surrogates and code points that are no characters are gone. Idempotent."""
    # What is printable has nothing to hide, and no blank but the common one.
    if not text.isprintable():
        text = "".join(" " if each.isspace() else each for each in text if each.isspace() or _shows(each))
    return " ".join(text.split())


def _shows(character: str) -> bool:
    code = ord(character)
    no_character = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return not no_character and unicodedata.category(character) not in _HIDDEN


def squares(character: str) -> float:
    """Width in full squares: 1 for a Chinese character, 0.5 for a Latin letter, 0 for a mark on the letter before."""
    if character.isascii():
        return 0.5
    if unicodedata.combining(character):
        return 0.0
    return 1.0 if unicodedata.east_asian_width(character) in "WFA" else 0.5


def break_lines(text: str, room: float, width: Width = squares, first_room: float | None = None) -> list[str]:
    """Lines of `text`, each at most `room` wide (the first `first_room`); joined they are `text`.

    No line begins with a closing or ends with an opening mark, no word of letters is cut unless it is alone on its
    line (禁则). A character wider than `room` has a line of its own.
    """
    lines: list[str] = []
    start, used, left = 0, 0.0, room if first_room is None else first_room
    for place, character in enumerate(text):
        wide = width(character)
        while used + wide > left and place > start and character != " ":
            end = _break_before(text, start, place)
            lines.append(text[start:end])
            start, left = end, room
            used = sum(map(width, text[start:place]))
        used += wide
    return [*lines, text[start:]]


def _break_before(text: str, start: int, place: int) -> int:
    """Where to break at or before `place`; `place` itself when nothing better is there."""
    for end in range(place, start, -1):
        before, after = text[end - 1], text[end]
        cuts_word = _in_word(before) and _in_word(after)
        if not cuts_word and after not in _NOT_AT_START and before not in _NOT_AT_END and after != " ":
            return end
    return place


def _in_word(character: str) -> bool:
    return (character.isalnum() and squares(character) < 1) or character in "'-_"
