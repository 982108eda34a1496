"""笔录 as OFD (GB/T 33190-2016), the format of Chinese official documents: a zip of a few XML files.

The font is named (宋体), not embedded: every OFD reader brings it. The place of each character is written down
(`DeltaX`), so that a reader with another font still shows the same lines and pages.
"""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from records.writing.legible import squares
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
    width_of,
)

NAMESPACE = "http://www.ofdspec.org/2016"
BODY, DECORATION, WATERMARK = "Body", "Foreground", "Background"
"""Layers: the minutes' text, what surrounds it, and what lies below."""
FONT, FONT_ID, FIRST_ID = "宋体", 2, 10
EARLIEST = (1980, 1, 1, 0, 0, 0)
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def write_ofd(minutes: Minutes) -> bytes:
    """The document. Blocks; the same text gives the same bytes."""
    pages = typeset(minutes, squares)
    ids = itertools.count(FIRST_ID)
    page_ids = [next(ids) for _ in pages]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as bundle:

        def add(name: str, text: str) -> None:
            info = zipfile.ZipInfo(name, EARLIEST)
            info.compress_type = zipfile.ZIP_DEFLATED
            bundle.writestr(info, (_HEAD + text).encode())

        add("OFD.xml", _ofd(minutes))
        for number, page in enumerate(pages):
            add(f"Doc_0/Pages/Page_{number}/Content.xml", _page(page, minutes.draft, ids))
        add("Doc_0/PublicRes.xml", _fonts())
        add("Doc_0/Document.xml", _document(page_ids, next(ids)))
    return out.getvalue()


def _ofd(minutes: Minutes) -> str:
    return (
        f'<ofd:OFD xmlns:ofd="{NAMESPACE}" Version="1.1" DocType="OFD"><ofd:DocBody><ofd:DocInfo>'
        f"<ofd:DocID>{minutes.sha256[:32]}</ofd:DocID>"
        f"<ofd:Title>{escape(f'{minutes.case_no} {minutes.title}')}</ofd:Title>"
        f"<ofd:Author>{escape(minutes.court)}</ofd:Author><ofd:Subject>SHA-256 {minutes.sha256}</ofd:Subject>"
        "<ofd:Creator>Yunting</ofd:Creator></ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    )


def _document(page_ids: list[int], last_id: int) -> str:
    pages = "".join(
        f'<ofd:Page ID="{page}" BaseLoc="Pages/Page_{number}/Content.xml"/>' for number, page in enumerate(page_ids)
    )
    return (
        f'<ofd:Document xmlns:ofd="{NAMESPACE}"><ofd:CommonData><ofd:MaxUnitID>{last_id}</ofd:MaxUnitID>'
        f"<ofd:PageArea><ofd:PhysicalBox>0 0 {PAGE_WIDTH_MM:g} {PAGE_HEIGHT_MM:g}</ofd:PhysicalBox></ofd:PageArea>"
        "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData>"
        f"<ofd:Pages>{pages}</ofd:Pages></ofd:Document>"
    )


def _fonts() -> str:
    return (
        f'<ofd:Res xmlns:ofd="{NAMESPACE}" BaseLoc="Res"><ofd:Fonts>'
        f'<ofd:Font ID="{FONT_ID}" FontName="{FONT}" FamilyName="{FONT}" Charset="unicode"/>'
        "</ofd:Fonts></ofd:Res>"
    )


def _page(page: Page, draft: bool, ids: Iterator[int]) -> str:
    layers = []
    if draft:
        layers.append((WATERMARK, _watermark(next(ids))))
    layers.append((BODY, "".join(_text(run, next(ids)) for run in page.runs if not run.decoration)))
    rules = "".join(_rule(y_mm, next(ids)) for y_mm in page.rules)
    layers.append((DECORATION, rules + "".join(_text(run, next(ids)) for run in page.runs if run.decoration)))
    content = "".join(f'<ofd:Layer ID="{next(ids)}" Type="{kind}">{objects}</ofd:Layer>' for kind, objects in layers)
    return f'<ofd:Page xmlns:ofd="{NAMESPACE}"><ofd:Content>{content}</ofd:Content></ofd:Page>'


def _text(run: Run, object_id: int) -> str:
    wide = width_of(run.text, squares) * run.size_mm
    # The box reaches a quarter below the baseline, where letters hang.
    box = f"{run.x_mm:.2f} {run.y_mm - run.size_mm:.2f} {wide + run.size_mm:.2f} {run.size_mm * 1.25:.2f}"
    weight = ' Weight="700"' if run.bold else ""
    return (
        f'<ofd:TextObject ID="{object_id}" Boundary="{box}" Font="{FONT_ID}" Size="{run.size_mm:g}"{weight}>'
        f'<ofd:TextCode X="0" Y="{run.size_mm:g}"{_steps(run)}>{escape(run.text)}</ofd:TextCode></ofd:TextObject>'
    )


def _steps(run: Run) -> str:
    """` DeltaX="g 3 4.94 2.47"`: from each character to the next; runs of equal steps as `g count step`."""
    steps = []
    for step, group in itertools.groupby(squares(character) for character in run.text[:-1]):
        count, length = len(list(group)), f"{step * run.size_mm:.3f}"
        steps.append(f"g {count} {length}" if count > 1 else length)
    return f" DeltaX={quoteattr(' '.join(steps))}" if steps else ""


def _rule(y_mm: float, object_id: int) -> str:
    long_mm = PAGE_WIDTH_MM - RIGHT_MM - LEFT_MM
    return (
        f'<ofd:PathObject ID="{object_id}" Boundary="{LEFT_MM:g} {y_mm:.2f} {long_mm:g} 0.5" LineWidth="0.18">'
        f"<ofd:AbbreviatedData>M 0 0.1 L {long_mm:g} 0.1</ofd:AbbreviatedData></ofd:PathObject>"
    )


def _watermark(object_id: int) -> str:
    """草稿 across the page in light grey, turned by 50 degrees."""
    return (
        f'<ofd:TextObject ID="{object_id}" Boundary="35 70 160 160" Font="{FONT_ID}" Size="60"'
        ' CTM="0.643 -0.766 0.766 0.643 0 110">'
        '<ofd:FillColor Value="228 228 228"/>'
        f'<ofd:TextCode X="0" Y="50" DeltaX="60">{DRAFT}</ofd:TextCode></ofd:TextObject>'
    )
