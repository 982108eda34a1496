"""Pages of the minutes: which characters stand where on A4. Pure; PDF and OFD draw the same pages.

Lengths are millimetres, y from the top to the baseline.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from records.writing.legible import Width, break_lines, squares
from records.writing.minutes import Minutes, ParagraphKind

PAGE_WIDTH_MM, PAGE_HEIGHT_MM = 210.0, 297.0
LEFT_MM, RIGHT_MM, TOP_MM, BOTTOM_MM = 28.0, 26.0, 25.0, 38.0
ROOM_MM = PAGE_WIDTH_MM - LEFT_MM - RIGHT_MM
BODY_MM, BODY_LEADING_MM = 4.94, 8.2
"""14 pt, as official documents have it (四号), about 28 lines a page."""
PLACE_LEADING_MM = 1.5 * BODY_LEADING_MM
KEPT_PLACES = 10
"""So many places for signatures stand on one page with what is signed."""
COURT_MM, TITLE_MM = 6.35, 7.76
SMALL_MM, HASH_MM = 3.17, 2.3
INDENT_SQUARES = 2
STRIP_Y_MM = PAGE_HEIGHT_MM - 25.0
"""Baseline of the strip for signatures at the foot of every page."""
FOOT_Y_MM = PAGE_HEIGHT_MM - 15.0
PROOF_LEADING_MM = 3.2
DRAFT = "草稿"


@dataclass(frozen=True, slots=True)
class Run:
    """Characters in one row, with their places. `decoration` is not part of the minutes' text."""

    text: str
    x_mm: float
    y_mm: float
    size_mm: float
    bold: bool = False
    decoration: bool = False


@dataclass(slots=True)
class Page:
    """What is drawn on one page; `rules` are thin horizontal lines at these heights."""

    runs: list[Run] = field(default_factory=list)
    rules: list[float] = field(default_factory=list)


def typeset(minutes: Minutes, width: Width = squares) -> list[Page]:
    """The pages. `width` is a character's width in ems of the font that will draw it."""
    pages = _Pages(width)
    pages.centred(minutes.court, COURT_MM, bold=True)
    pages.centred(minutes.title, TITLE_MM, bold=True)
    pages.gap(3.0)
    for item in minutes.fields:
        pages.flowing(f"{item.name}：{item.text}", hanging=len(item.name) + 1, bold=len(item.name) + 1)
    pages.rule()
    for paragraph in minutes.paragraphs:
        label = len(paragraph.speaker) + 1 if paragraph.speaker else 0
        strong = label if paragraph.kind is not ParagraphKind.NOTE else 0
        pages.flowing(paragraph.plain, indent=INDENT_SQUARES, bold=strong)
    # Who signs must see under what: no page holds places for signatures alone, unless there are many.
    pages.keep(6.0 + BODY_LEADING_MM + PLACE_LEADING_MM * min(len(minutes.places), KEPT_PLACES))
    pages.gap(3.0)
    pages.flowing(minutes.closing, indent=INDENT_SQUARES)
    pages.gap(3.0)
    for place in minutes.places:
        pages.flowing(f"{place}（签名）：", leading_mm=PLACE_LEADING_MM)
    return pages.finished(minutes)


def width_of(text: str, width: Width) -> float:
    """Width of a row in ems."""
    return sum(map(width, text), 0.0)


class _Pages:
    """The pages under construction."""

    def __init__(self, width: Width) -> None:
        self._width = width
        self._pages = [Page()]
        self._y_mm = TOP_MM

    def centred(self, text: str, size_mm: float, bold: bool = False) -> None:
        for row in break_lines(text, ROOM_MM / size_mm, self._width):
            shown = row.strip()
            self._row(size_mm * 1.6)
            x_mm = LEFT_MM + (ROOM_MM - width_of(shown, self._width) * size_mm) / 2
            self._put(Run(shown, x_mm, self._y_mm, size_mm, bold))

    def flowing(
        self,
        text: str,
        *,
        indent: int = 0,
        hanging: int = 0,
        bold: int = 0,
        leading_mm: float = BODY_LEADING_MM,
    ) -> None:
        """A paragraph: its first row `indent` squares in, the others `hanging`; `bold` characters begin it."""
        room = ROOM_MM / BODY_MM
        done = 0
        for number, row in enumerate(break_lines(text, room - hanging, self._width, room - indent)):
            self._row(leading_mm)
            x_mm = LEFT_MM + (hanging if number else indent) * BODY_MM
            strong = max(0, min(len(row), bold - done))
            for part, heavy in ((row[:strong], True), (row[strong:], False)):
                if part:
                    self._put(Run(part, x_mm, self._y_mm, BODY_MM, heavy))
                    x_mm += width_of(part, self._width) * BODY_MM
            done += len(row)

    def keep(self, length_mm: float) -> None:
        """Begin a page unless so much still fits on this one."""
        if self._y_mm + length_mm > PAGE_HEIGHT_MM - BOTTOM_MM:
            self._begin()

    def gap(self, length_mm: float) -> None:
        self._y_mm += length_mm

    def rule(self) -> None:
        self._y_mm += 3.0
        self._pages[-1].rules.append(self._y_mm)
        self._y_mm += 2.0

    def finished(self, minutes: Minutes) -> list[Page]:
        digest = " ".join(_fours(minutes.sha256))
        for number, page in enumerate(self._pages, 1):
            page.rules.append(STRIP_Y_MM - 7.0)
            share_mm = ROOM_MM / max(1, len(minutes.strip))
            foot = [(who, LEFT_MM + n * share_mm, STRIP_Y_MM, SMALL_MM) for n, who in enumerate(minutes.strip)]
            foot.append((f"文本SHA-256 {digest}", LEFT_MM, FOOT_Y_MM, HASH_MM))
            for row, line in enumerate(minutes.proof.lines() if minutes.proof is not None else (), 1):
                name, _, value = line.partition(" ")
                shown = f"{name} {' '.join(_fours(value))}"
                foot.append((shown, LEFT_MM, FOOT_Y_MM + row * PROOF_LEADING_MM, HASH_MM))
            counted = f"第 {number} 页 共 {len(self._pages)} 页"
            x_mm = PAGE_WIDTH_MM - RIGHT_MM - width_of(counted, self._width) * SMALL_MM
            foot.append((counted, x_mm, FOOT_Y_MM, SMALL_MM))
            head = f"{minutes.case_no} {minutes.title}"
            foot.append((head[:50], LEFT_MM, 16.0, SMALL_MM))
            page.runs += [Run(text, x, y, size, decoration=True) for text, x, y, size in foot]
        return self._pages

    def _row(self, leading_mm: float) -> None:
        self._y_mm += leading_mm
        if self._y_mm > PAGE_HEIGHT_MM - BOTTOM_MM:
            self._begin()
            self._y_mm += leading_mm

    def _begin(self) -> None:
        self._pages.append(Page())
        self._y_mm = TOP_MM

    def _put(self, run: Run) -> None:
        self._pages[-1].runs.append(run)


def _fours(text: str) -> Iterator[str]:
    return (text[at : at + 4] for at in range(0, len(text), 4))
