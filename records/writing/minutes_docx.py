"""笔录 as DOCX (ECMA-376) by python-docx: what a clerk opens, prints and files.

Fonts are named, as always in DOCX: 仿宋 for the body, 宋体 bold for the title (GB/T 9704); a machine without them
shows its own.
"""

from __future__ import annotations

import io
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx import Document
from docx.document import Document as Docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph as Block

from records.writing.minutes import Minutes, Paragraph, ParagraphKind
from records.writing.timeless import timeless
from records.writing.typesetting import (
    BOTTOM_MM,
    DRAFT,
    KEPT_PLACES,
    LEFT_MM,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    RIGHT_MM,
    TOP_MM,
)

BODY_FONT, TITLE_FONT, LATIN_FONT = "仿宋", "宋体", "Times New Roman"
BODY_PT, COURT_PT, TITLE_PT, SMALL_PT = 14, 18, 22, 9
BODY_STYLE, NOTE_STYLE, HEADER_STYLE, PLACE_STYLE, COURT_STYLE, TITLE_STYLE = (
    "MinutesBody",
    "MinutesNote",
    "MinutesHeader",
    "MinutesPlace",
    "MinutesCourt",
    "MinutesTitle",
)


def write_docx(minutes: Minutes) -> bytes:
    """The document. Blocks; the same text gives the same bytes."""
    document = Document()
    _properties(document, minutes)
    _page(document)
    _styles(document)
    _body(document, minutes)
    _around(document, minutes)
    out = io.BytesIO()
    document.save(out)
    return timeless(out.getvalue())


def _body(document: Docx, minutes: Minutes) -> None:
    """The paragraphs, parsed in one go: python-docx looks a style up again for each, five seconds for 2,000 lines."""
    blocks = [_block(COURT_STYLE, ("", minutes.court)), _block(TITLE_STYLE, ("", minutes.title))]
    blocks += [_block(HEADER_STYLE, (f"{item.name}：", item.text)) for item in minutes.fields]
    blocks += [_paragraph(paragraph) for paragraph in minutes.paragraphs]
    blocks.append(_block(BODY_STYLE, ("", minutes.closing), keep=bool(minutes.places)))
    last = min(len(minutes.places), KEPT_PLACES) - 1
    blocks += [
        _block(PLACE_STYLE, ("", f"{place}（签名）："), keep=number < last)
        for number, place in enumerate(minutes.places)
    ]
    body = document.element.body
    section = body.sectPr
    for block in parse_xml(f"<w:body {nsdecls('w')}>{''.join(blocks)}</w:body>"):
        section.addprevious(block)


def _paragraph(paragraph: Paragraph) -> str:
    style = NOTE_STYLE if paragraph.kind is ParagraphKind.NOTE else BODY_STYLE
    who = f"{paragraph.speaker}：" if paragraph.speaker else ""
    return _block(style, (who, paragraph.text), paragraph.language)


def _block(style: str, text: tuple[str, str], language: str = "", *, keep: bool = False) -> str:
    """A paragraph: bold text, then plain text, which may be in another language. `keep`: on the page of the next."""
    tongue = f"<w:rPr><w:lang w:val={quoteattr(language)}/></w:rPr>" if language else ""
    runs = ((text[0], "<w:rPr><w:b/></w:rPr>"), (text[1], tongue))
    shown = "".join(
        f'<w:r>{looks}<w:t xml:space="preserve">{escape(part)}</w:t></w:r>' for part, looks in runs if part
    )
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{"<w:keepNext/>" * keep}</w:pPr>{shown}</w:p>'


def _properties(document: Docx, minutes: Minutes) -> None:
    core = document.core_properties
    # python-docx refuses longer ones.
    core.title = f"{minutes.case_no} {minutes.title}"[:255]
    core.author = minutes.court[:255]
    core.subject = f"SHA-256 {minutes.sha256}"
    core.comments = ""


def _page(document: Docx) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(PAGE_WIDTH_MM), Mm(PAGE_HEIGHT_MM)
    section.left_margin, section.right_margin = Mm(LEFT_MM), Mm(RIGHT_MM)
    section.top_margin, section.bottom_margin = Mm(TOP_MM), Mm(BOTTOM_MM)
    section.header_distance, section.footer_distance = Mm(12), Mm(12)


def _styles(document: Docx) -> None:
    normal: Any = document.styles["Normal"]
    normal.font.size = Pt(BODY_PT)
    normal.font.name = LATIN_FONT
    _fonts(normal.element.get_or_add_rPr(), BODY_FONT)
    normal.paragraph_format.space_after = Pt(0)
    normal.paragraph_format.line_spacing = Pt(23)
    for name, first_pt, left_pt, before_pt in (
        (BODY_STYLE, 2 * BODY_PT, 0, 0),
        (NOTE_STYLE, 2 * BODY_PT, 0, 0),
        (HEADER_STYLE, -3 * BODY_PT, 3 * BODY_PT, 0),
        (PLACE_STYLE, 0, 0, 14),
        (COURT_STYLE, 0, 0, 0),
        (TITLE_STYLE, 0, 0, 6),
    ):
        style: Any = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = normal
        layout = style.paragraph_format
        layout.first_line_indent, layout.left_indent = Pt(first_pt), Pt(left_pt)
        layout.space_before = Pt(before_pt)
        if name in {COURT_STYLE, TITLE_STYLE}:
            layout.alignment = WD_ALIGN_PARAGRAPH.CENTER
            layout.line_spacing = 1.0
            style.font.bold = True
            style.font.size = Pt(COURT_PT if name == COURT_STYLE else TITLE_PT)
            layout.space_after = Pt(0 if name == COURT_STYLE else 12)
            _fonts(style.element.get_or_add_rPr(), TITLE_FONT)


def _around(document: Docx, minutes: Minutes) -> None:
    """Head and foot of every page: case number and 草稿, the strip for signatures, page number and hashes."""
    section = document.sections[0]
    head = section.header.paragraphs[0]
    _small(head, f"{minutes.case_no} {minutes.title}")
    if minutes.draft:
        head.add_run()._element.append(parse_xml(_WATERMARK))
    strip = section.footer.paragraphs[0]
    share_mm = (PAGE_WIDTH_MM - LEFT_MM - RIGHT_MM) / max(1, len(minutes.strip))
    for number, who in enumerate(minutes.strip):
        if number:
            strip.paragraph_format.tab_stops.add_tab_stop(Mm(share_mm * number))
        _small(strip, f"\t{who}" if number else who)
    # The style's own stops, centre and right, would come first.
    strip.style = document.styles["Normal"]
    border = {"w:val": "single", "w:sz": "4", "w:space": "8", "w:color": "444444"}
    borders = _set(strip._element.get_or_add_pPr(), "w:pBdr", {})
    _set(borders, "w:top", border)
    foot = section.footer.add_paragraph()
    _small(foot, "第 ")
    _field(foot, "PAGE")
    _small(foot, " 页 共 ")
    _field(foot, "NUMPAGES")
    _small(foot, " 页")
    digest = section.footer.add_paragraph()
    _small(digest, f"文本SHA-256 {minutes.sha256}")
    for line in minutes.proof.lines() if minutes.proof is not None else ():
        _small(section.footer.add_paragraph(), line)


def _small(block: Block, text: str) -> None:
    block.add_run(text).font.size = Pt(SMALL_PT)


def _field(block: Block, code: str) -> None:
    """A number that the program counts: PAGE, NUMPAGES."""
    field = _set(block._element, "w:fldSimple", {"w:instr": code})
    run = _set(field, "w:r", {})
    _set(_set(run, "w:rPr", {}), "w:sz", {"w:val": str(2 * SMALL_PT)})
    _set(run, "w:t", {}).text = "1"


def _fonts(properties: Any, east_asian: str) -> None:
    fonts = properties.get_or_add_rFonts()
    for attribute, name in (("ascii", LATIN_FONT), ("hAnsi", LATIN_FONT), ("eastAsia", east_asian)):
        fonts.set(qn(f"w:{attribute}"), name)


def _set(parent: Any, tag: str, attributes: dict[str, str]) -> Any:
    child = parent.makeelement(qn(tag), {qn(name): value for name, value in attributes.items()})
    parent.append(child)
    return child


_WATERMARK = (
    f"<w:pict {nsdecls('w')} xmlns:v='urn:schemas-microsoft-com:vml' "
    "xmlns:o='urn:schemas-microsoft-com:office:office'>"
    "<v:shapetype id='_x0000_t136' coordsize='21600,21600' o:spt='136' adj='10800' "
    "path='m@7,l@8,m@5,21600l@6,21600e'>"
    "<v:formulas><v:f eqn='sum #0 0 10800'/><v:f eqn='prod #0 2 1'/><v:f eqn='sum 21600 0 @1'/>"
    "<v:f eqn='sum 0 0 @2'/><v:f eqn='sum 21600 0 @3'/><v:f eqn='if @0 @3 0'/><v:f eqn='if @0 21600 @1'/>"
    "<v:f eqn='if @0 0 @2'/><v:f eqn='if @0 @4 21600'/></v:formulas>"
    "<v:path textpathok='t' o:connecttype='rect'/><v:textpath on='t' fitshape='t'/></v:shapetype>"
    "<v:shape id='draft' o:spid='_x0000_s2049' type='#_x0000_t136' style='position:absolute;margin-left:0;"
    "margin-top:0;width:400pt;height:200pt;rotation:310;z-index:-251658752;mso-position-horizontal:center;"
    "mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin' "
    "fillcolor='#d8d8d8' stroked='f'><v:fill opacity='.5'/>"
    f"<v:textpath style='font-family:\"{TITLE_FONT}\";font-size:1pt' string='{DRAFT}'/></v:shape></w:pict>"
)
