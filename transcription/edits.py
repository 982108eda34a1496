"""A text that was put right piece by piece, and where each of its letters comes from: so that word times survive."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Edit(msgspec.Struct, frozen=True):
    """Letters [start, end) of the text before become `text`."""

    start: int
    end: int
    text: str


class Edited(msgspec.Struct, frozen=True, kw_only=True):
    """The text after, and for each of its letters the letters [from, to) of the text before that it stands for.

    Both ends never go back, so that a span of the text after has a span of the text before, in order.
    """

    before: str
    text: str
    sources: tuple[tuple[int, int], ...]


def edited(before: str, edits: Iterable[Edit]) -> Edited:
    """Make the edits, which lie in order and apart. A letter outside an edit stands for itself; one inside for the
    whole of what was replaced, or for its own place where both are equally long."""
    out: list[str] = []
    sources: list[tuple[int, int]] = []
    at = 0
    for edit in edits:
        out.append(before[at : edit.start])
        sources.extend((place, place + 1) for place in range(at, edit.start))
        out.append(edit.text)
        if len(edit.text) == edit.end - edit.start:
            sources.extend((place, place + 1) for place in range(edit.start, edit.end))
        else:
            sources.extend([(edit.start, edit.end)] * len(edit.text))
        at = edit.end
    out.append(before[at:])
    sources.extend((place, place + 1) for place in range(at, len(before)))
    return Edited(before=before, text="".join(out), sources=tuple(sources))
