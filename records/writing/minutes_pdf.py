"""笔录 as PDF: reportlab, the Chinese font embedded as a subset, the text extractable.

reportlab embeds TrueType outlines only, which Yunting's own font for the composite (CFF, a subset) is not; names of
persons need a whole font, which the system brings: see `find_font`.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from hearing.errors import UserError
from records.writing.minutes import Minutes
from records.writing.typesetting import (
    DRAFT,
    LEFT_MM,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    RIGHT_MM,
    Page,
    Run,
    typeset,
)

KNOWN_FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
)
"""Where Debian, Ubuntu and Fedora put whole Chinese fonts with TrueType outlines."""
PACKAGE = "fonts-wqy-microhei"
GETA = "〓"
MAX_BLOCK = 100
"""Characters in one block of a CMap, by the standard."""
BOLD_MM = 0.12
"""The fonts have no bold face: a stroke of this width makes one (描边)."""


@dataclass(frozen=True, slots=True)
class Pdf:
    """`missing` are characters that the font cannot show: they are in the text, and 〓 on the page."""

    data: bytes
    missing: tuple[str, ...]


def find_font(wanted: Path | None = None) -> Path:
    """The font to embed: `wanted` (a setting) or the first known one. UserError `no-font`, naming the package."""
    for path in (wanted,) if wanted else map(Path, KNOWN_FONTS):
        if path.is_file():
            return path
    where = f"{wanted}" if wanted else PACKAGE
    raise UserError(
        "no-font",
        f"生成PDF笔录需要中文字体，未找到 {where}；请执行：sudo apt-get install {PACKAGE}",
        f"the minutes as PDF need a Chinese font and {where} is not here: sudo apt-get install {PACKAGE}",
    )


def write_pdf(minutes: Minutes, font: Path | None = None) -> Pdf:
    """The document. Blocks; deterministic for the same text and font. UserError `no-font` as `find_font`, or for a
    file that is no font with TrueType outlines."""
    name, glyphs = _register(find_font(font))
    missing = {c for c in minutes.text() if ord(c) not in glyphs and not c.isspace()}
    _stand_in(name, missing)
    widths = pdfmetrics.getFont(name).face.charWidths
    default = pdfmetrics.getFont(name).face.defaultWidth

    def width(character: str) -> float:
        return float(widths.get(ord(character), default)) / 1000

    pages = typeset(minutes, functools.cache(width))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(PAGE_WIDTH_MM * mm, PAGE_HEIGHT_MM * mm), pageCompression=1, invariant=1)
    canvas.setTitle(f"{minutes.case_no} {minutes.title}")
    canvas.setAuthor(minutes.court)
    canvas.setSubject(f"SHA-256 {minutes.sha256}")
    canvas.setCreator("Yunting 云庭")
    for page in pages:
        if minutes.draft:
            _watermark(canvas, name)
        _draw(canvas, page, name)
        canvas.showPage()
    canvas.save()
    return Pdf(out.getvalue(), tuple(sorted(missing)))


def _stand_in(font: str, missing: set[str]) -> None:
    """Give characters that the font lacks the look of 〓 (as printers do), and leave them themselves in the text."""
    face = pdfmetrics.getFont(font).face
    for character in missing:
        face.charToGlyph[ord(character)] = face.charToGlyph.get(ord(GETA), 0)
        face.charWidths[ord(character)] = 1000


def _draw(canvas: Canvas, page: Page, font: str) -> None:
    for y_mm in page.rules:
        canvas.setLineWidth(0.5)
        canvas.line(LEFT_MM * mm, _up(y_mm), (PAGE_WIDTH_MM - RIGHT_MM) * mm, _up(y_mm))
    for run in page.runs:
        _draw_run(canvas, run, font)


def _draw_run(canvas: Canvas, run: Run, font: str) -> None:
    text = canvas.beginText(run.x_mm * mm, _up(run.y_mm))
    text.setFont(font, run.size_mm * mm)
    if run.bold:
        canvas.setLineWidth(BOLD_MM * mm)
    text.setTextRenderMode(2 if run.bold else 0)
    text.textOut(run.text)
    text.setTextRenderMode(0)
    canvas.drawText(text)


def _watermark(canvas: Canvas, font: str) -> None:
    """草稿 across the page, turned, so that readers tell it from the text."""
    canvas.saveState()
    canvas.setFillGray(0.93)
    canvas.translate(PAGE_WIDTH_MM / 2 * mm, PAGE_HEIGHT_MM / 2 * mm)
    canvas.rotate(50)
    canvas.setFont(font, 60 * mm)
    canvas.drawCentredString(0, -20 * mm, DRAFT)
    canvas.restoreState()


def _up(y_mm: float) -> float:
    return float((PAGE_HEIGHT_MM - y_mm) * mm)


def _to_unicode(name: str, subset: Sequence[int]) -> str:
    """The CMap by which text is taken out of a PDF again (ISO 32000-1, 9.10.3). reportlab's own writes characters
    beyond U+FFFF, which rare names have, as five digits that readers drop; here they are UTF-16."""
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        f"/CIDSystemInfo << /Registry ({name}) /Ordering ({name}) /Supplement 0 >> def",
        f"/CMapName /{name} def /CMapType 2 def",
        f"1 begincodespacerange <00> <{len(subset) - 1:02X}> endcodespacerange",
    ]
    for start in range(0, len(subset), MAX_BLOCK):
        block = subset[start : start + MAX_BLOCK]
        lines.append(f"{len(block)} beginbfchar")
        lines += [
            f"<{start + n:02X}> <{chr(code).encode('utf-16-be').hex().upper()}>" for n, code in enumerate(block)
        ]
        lines.append("endbfchar")
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines)


ttfonts.makeToUnicodeCMap = _to_unicode
Glyphs = frozenset[int]


@functools.cache
def _register(path: Path) -> tuple[str, Glyphs]:
    name = f"yunting-{path.stem}"
    try:
        font = TTFont(name, str(path), subfontIndex=0)
    except (TTFError, OSError) as error:
        raise UserError(
            "no-font",
            f"{path} 不能用于PDF（需要TrueType轮廓的字体）；请执行：sudo apt-get install {PACKAGE}",
            f"{path} is no font that PDF can embed ({error}): sudo apt-get install {PACKAGE}",
        ) from error
    pdfmetrics.registerFont(font)
    return name, frozenset(font.face.charToGlyph)
