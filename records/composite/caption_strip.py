"""The strip of captions below the pictures of the composite, never over a face: two places side by side, each for
one person's cue with their name above it. It is drawn when a cue begins or ends, and not in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from records.composite.drawing import GOLD, STAGE, WHITE, Canvas, Patch, Pen
from records.composite.layout import Box
from records.writing.captions import MOST_ROWS, ROW_SQUARES, Cue

PLACES = 2
NAME_PX, ROW_PX = 18, 30
"""Sizes of the letters at a height of 720."""
_PAD_PX = 8
_LINE = 1.36
"""Height of a row over the size of its letters, as the pen has it."""
_LEAST_PX = 8


@dataclass(frozen=True, slots=True)
class Placed:
    """A cue and the place it stands in."""

    cue: Cue
    place: int


def place(cues: Sequence[Cue]) -> tuple[Placed, ...]:
    """A place for each cue, by their beginnings: where the same person stood last, else one that is free, else that
    of the cue that began first. So nothing moves while it is read, and two who answer each other keep their sides."""
    held: list[Cue | None] = [None] * PLACES
    placed = []
    for cue in cues:
        free = [n for n, last in enumerate(held) if last is None or last.to_ms <= cue.from_ms]
        own = [n for n in free if (last := held[n]) is not None and last.participant == cue.participant]
        # Nobody has stood in an empty place, which comes first; then the one that fell silent first.
        chosen = min(own or free or range(PLACES), key=lambda n: _since_ms(held[n], ended=bool(free)))
        held[chosen] = cue
        placed.append(Placed(cue, chosen))
    return tuple(placed)


def _since_ms(cue: Cue | None, ended: bool) -> int:
    return -1 if cue is None else cue.to_ms if ended else cue.from_ms


def height_px(scale: float) -> int:
    """Even height of the strip; `scale` is 1 at a height of 720."""
    return int((NAME_PX + MOST_ROWS * ROW_PX) * _LINE * scale + _PAD_PX * scale) // 2 * 2


class CaptionStrip:
    """Draws these cues into `box`."""

    def __init__(self, placed: Sequence[Placed], canvas: Canvas, pen: Pen, box: Box, scale: float) -> None:
        self._canvas = canvas
        self._pen = pen
        width = box.width // PLACES // 2 * 2
        self._boxes = [Box(box.x + n * width, box.y, width, box.height) for n in range(PLACES)]
        self._pad_px = max(2, int(_PAD_PX * scale) // 2 * 2)
        self._room_px = width - 2 * self._pad_px
        self._name_px = max(_LEAST_PX, int(NAME_PX * scale))
        self._row_px = max(_LEAST_PX, min(int(ROW_PX * scale), int(self._room_px / ROW_SQUARES)))
        self._coming = list(reversed(placed))
        self._now: list[Cue | None] = [None] * PLACES
        self._drawn: list[Cue | None] = [None] * PLACES

    def cleared(self) -> None:
        """Everything was painted over."""
        self._drawn = [None] * PLACES

    def paint(self, at_ms: int) -> None:
        """What is said at this moment; moments may not go back."""
        while self._coming and self._coming[-1].cue.from_ms <= at_ms:
            coming = self._coming.pop()
            self._now[coming.place] = coming.cue
        for number, cue in enumerate(self._now):
            shown = cue if cue is not None and at_ms < cue.to_ms else None
            if shown is not self._drawn[number]:
                self._drawn[number] = shown
                self._draw(self._boxes[number], shown)

    def _draw(self, box: Box, cue: Cue | None) -> None:
        self._canvas.fill(box, STAGE)
        if cue is None:
            return
        x, y = box.x + self._pad_px, box.y
        if cue.speaker:
            name = self._pen.text(cue.speaker, self._name_px, GOLD, STAGE, max_width_px=self._room_px, keep=False)
            self._canvas.put(name, x, y)
        y += int(self._name_px * _LINE) // 2 * 2
        for row in cue.rows:
            patch = self._row(row)
            self._canvas.put(patch, x, y)
            y += patch.height

    def _row(self, text: str) -> Patch:
        """Whole, in smaller letters where wide ones need more room than the squares that were counted."""
        size_px = self._row_px
        while size_px > _LEAST_PX and self._pen.width_px(text, size_px) > self._room_px:
            size_px -= 1
        return self._pen.text(text, size_px, WHITE, STAGE, max_width_px=self._room_px, keep=False)
