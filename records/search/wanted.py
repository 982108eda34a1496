"""What is looked for in transcripts, and how text is compared: one character is one word. Pure.

Most words of Chinese law have two characters, which SQLite's trigram index never finds. Here a text is the row of its
characters without case, width or punctuation, and a phrase is found wherever its characters follow each other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import msgspec

from hearing.errors import UserError

MAX_QUERY_CHARS = 100
MAX_PHRASES = 8
_COMPARED = frozenset("LNMC")
"""First letters of the Unicode categories that are compared: letters, numbers, marks, and what this Python does not
know yet (the rarest characters of names)."""
_HIDDEN = frozenset({"Cc", "Cf", "Cs"})


class Comparable(msgspec.Struct, frozen=True):
    """A text as it is compared. `places[i]` is where in the text character `i` of `characters` stands."""

    characters: str
    places: tuple[int, ...]

    @property
    def words(self) -> str:
        """One character, one word, for the index."""
        return " ".join(self.characters)


def comparable(text: str) -> Comparable:
    """`text` without case, width, blanks and punctuation (NFKD and case folding, Unicode 15)."""
    characters: list[str] = []
    places: list[int] = []
    for place, written in enumerate(text):
        for character in unicodedata.normalize("NFKD", written).casefold():
            category = unicodedata.category(character)
            if category[0] in _COMPARED and category not in _HIDDEN:
                characters.append(character)
                places.append(place)
    return Comparable("".join(characters), tuple(places))


def phrases_of(query: str) -> tuple[str, ...]:
    """The phrases of a query, which blanks part; all of them must stand in one line. Raises UserError `bad-query`."""
    if len(query) > MAX_QUERY_CHARS:
        raise UserError(
            "bad-query",
            f"检索内容过长，至多 {MAX_QUERY_CHARS} 字",
            f"at most {MAX_QUERY_CHARS} characters can be looked for",
        )
    phrases = dict.fromkeys(filter(None, (comparable(part).characters for part in query.split())))
    if not phrases:
        raise UserError("bad-query", "请输入要检索的字词", "there is nothing to look for")
    if len(phrases) > MAX_PHRASES:
        raise UserError(
            "bad-query", f"至多同时检索 {MAX_PHRASES} 个词", f"at most {MAX_PHRASES} phrases can be looked for"
        )
    return tuple(phrases)


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a line's text; `found` where it was looked for."""

    text: str
    found: bool = False


class Marked(msgspec.Struct, frozen=True):
    """A line as it is shown. The pieces joined are its text; `first` is the number of the compared character with
    which the first of the phrases begins, 0 when none is there."""

    pieces: tuple[Piece, ...]
    first: int


def marked(text: str, phrases: Sequence[str]) -> Marked:
    """The text in pieces, what was looked for apart."""
    compared = comparable(text)
    found = [False] * len(text)
    begin = len(compared.characters)
    for phrase in phrases:
        at = compared.characters.find(phrase)
        begin = min(begin, at) if at >= 0 else begin
        while at >= 0:
            first, last = compared.places[at], compared.places[at + len(phrase) - 1]
            found[first : last + 1] = [True] * (last + 1 - first)
            at = compared.characters.find(phrase, at + 1)
    pieces: list[Piece] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or found[place] != found[start]:
            pieces.append(Piece(text=text[start:place], found=found[start]))
            start = place
    return Marked(tuple(pieces), 0 if begin == len(compared.characters) else begin)
