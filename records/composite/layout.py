"""Where each person's picture stands in the composite: pure geometry.

Every rectangle has even coordinates and sizes (4:2:0 chroma), lies inside the stage and overlaps no other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MODES = ("auto", "focus", "one_plus_five", "grid", "facing")
MAX_TILES = 16
GUTTER_PX = 8


@dataclass(frozen=True, slots=True)
class Box:
    """Rectangle in pixels."""

    x: int
    y: int
    width: int
    height: int

    def even(self) -> Box:
        """The largest box inside with even edges."""
        left, top = self.x + self.x % 2, self.y + self.y % 2
        right, bottom = self.x + self.width, self.y + self.height
        return Box(left, top, max(2, (right - left) // 2 * 2), max(2, (bottom - top) // 2 * 2))


@dataclass(frozen=True, slots=True)
class Person:
    """Who may be shown: `side` is `bench`, `left`, `right` or `other` (see `side_of` in `scenes`)."""

    participant: str
    side: str = "other"


def arrange(mode: str, people: Sequence[Person], focus: str | None, stage: Box) -> dict[str, Box]:
    """Boxes by participant, in the order of `people`; beyond MAX_TILES the last are left out (focus never is).

    `auto` fills the stage with one, puts two side by side, three or four in a grid, more around the focus.
    An unknown mode counts as `auto`; a focus that is absent counts as none.
    """
    present = {person.participant for person in people}
    focus = focus if focus in present else None
    shown = _fit(people, focus)
    if not shown:
        return {}
    if mode == "focus":
        return _around([focus or shown[0].participant], shown, stage)
    if mode == "facing":
        return _facing(shown, focus, stage)
    if mode == "one_plus_five" or (mode != "grid" and len(shown) > 4):
        return _one_plus_five(focus or shown[0].participant, shown, stage)
    return _grid([person.participant for person in shown], stage)


def beside(stage: Box) -> tuple[Box, Box]:
    """Two thirds for what is shown, and a column on its right for those who are present."""
    wide = (stage.width - GUTTER_PX) * 2 // 3
    column = Box(stage.x + wide + GUTTER_PX, stage.y, stage.width - wide - GUTTER_PX, stage.height)
    return Box(stage.x, stage.y, wide, stage.height).even(), column.even()


def _fit(people: Sequence[Person], focus: str | None) -> list[Person]:
    shown = list(people[:MAX_TILES])
    if focus is not None and all(person.participant != focus for person in shown):
        shown[-1] = next(person for person in people if person.participant == focus)
    return shown


def _grid(names: Sequence[str], stage: Box) -> dict[str, Box]:
    """The number of columns that makes 16:9 pictures largest; a short last row is centred."""
    count = len(names)
    columns = max(range(1, count + 1), key=lambda n: _picture_width(stage, n, math.ceil(count / n)))
    rows = math.ceil(count / columns)
    width = (stage.width - GUTTER_PX * (columns - 1)) // columns
    height = (stage.height - GUTTER_PX * (rows - 1)) // rows
    boxes = {}
    for index, name in enumerate(names):
        row, column = divmod(index, columns)
        in_row = min(columns, count - row * columns)
        indent = (columns - in_row) * (width + GUTTER_PX) // 2
        x = stage.x + indent + column * (width + GUTTER_PX)
        boxes[name] = Box(x, stage.y + row * (height + GUTTER_PX), width, height).even()
    return boxes


def _picture_width(stage: Box, columns: int, rows: int) -> float:
    return min(stage.width / columns, stage.height / rows * 16 / 9)


def _around(large: Sequence[str], shown: Sequence[Person], stage: Box) -> dict[str, Box]:
    """The large ones side by side, everybody else in a strip below."""
    small = [person.participant for person in shown if person.participant not in large]
    strip = stage.height // 5 if small else 0
    upper = Box(stage.x, stage.y, stage.width, stage.height - strip - (GUTTER_PX if small else 0))
    width = (upper.width - GUTTER_PX * (len(large) - 1)) // len(large)
    boxes = {
        name: Box(upper.x + index * (width + GUTTER_PX), upper.y, width, upper.height).even()
        for index, name in enumerate(large)
    }
    if small:
        wide = min(strip * 16 // 9, (stage.width - GUTTER_PX * (len(small) - 1)) // len(small))
        indent = (stage.width - len(small) * wide - (len(small) - 1) * GUTTER_PX) // 2
        for index, name in enumerate(small):
            x = stage.x + indent + index * (wide + GUTTER_PX)
            boxes[name] = Box(x, stage.y + stage.height - strip, wide, strip).even()
    return {person.participant: boxes[person.participant] for person in shown}


def _facing(shown: Sequence[Person], focus: str | None, stage: Box) -> dict[str, Box]:
    """并列质证: one person of each side, the one in focus if there is one."""
    large = []
    for side in ("left", "right"):
        of_side = [person.participant for person in shown if person.side == side]
        if of_side:
            large.append(focus if focus in of_side else of_side[0])
    if not large:
        return _grid([person.participant for person in shown], stage)
    return _around([name for name in large if name is not None], shown, stage)


def _one_plus_five(large: str, shown: Sequence[Person], stage: Box) -> dict[str, Box]:
    """A large picture at the upper left; the others along the right edge and the bottom, five or more."""
    small = [person.participant for person in shown if person.participant != large]
    side = max(3, math.ceil((len(small) + 1) / 2))
    cell_width = (stage.width - GUTTER_PX * (side - 1)) // side
    cell_height = (stage.height - GUTTER_PX * (side - 1)) // side
    step_x, step_y = cell_width + GUTTER_PX, cell_height + GUTTER_PX
    cells = [(side - 1, row) for row in range(side - 1)] + [(column, side - 1) for column in range(side)]
    boxes = {
        name: Box(stage.x + column * step_x, stage.y + row * step_y, cell_width, cell_height).even()
        for name, (column, row) in zip(small, cells, strict=False)
    }
    wide = (side - 1) * cell_width + (side - 2) * GUTTER_PX
    high = (side - 1) * cell_height + (side - 2) * GUTTER_PX
    boxes[large] = Box(stage.x, stage.y, wide, high).even()
    return {person.participant: boxes[person.participant] for person in shown}
