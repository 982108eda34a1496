"""笔录 in every format: the same text in DOCX, PDF and OFD, whatever the log holds."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import docx
import msgspec
import pypdf
import pytest

from hearing.errors import UserError
from records.writing import minutes_pdf
from records.writing.legible import squares
from records.writing.minutes import Minutes, Proof, of_log
from records.writing.minutes_docx import write_docx
from records.writing.minutes_ofd import BODY, NAMESPACE, write_ofd
from records.writing.minutes_pdf import find_font, write_pdf
from records.writing.typesetting import BOTTOM_MM, PAGE_HEIGHT_MM, TOP_MM, typeset
from tests.fakes.minutes import TZ, Sitting, said
from yunting.bench.spoken import spoken_log

pytestmark = pytest.mark.integration

MM = 72 / 25.4
HOSTILE = "甲<b>&amp;]]>\x00\x08\u202e乙\ufffe\"'𠮷龘㛃 {\\an8} -->\u2028丙"


def hostile() -> Minutes:
    sitting = Sitting().at(90_000)
    sitting.note(said(HOSTILE, 1_000), said("I saw the note No. YT-2024/18877.", 20_000, "witness", "en"))
    return sitting.minutes()


@pytest.fixture(params=["a hearing", "hostile text"])
def minutes(request: pytest.FixtureRequest) -> Minutes:
    return of_log(spoken_log(120), TZ) if request.param == "a hearing" else hostile()


@pytest.fixture(autouse=True)
def font() -> None:
    try:
        find_font()
    except UserError as error:
        pytest.skip(error.en)


def test_docx_holds_the_text(minutes: Minutes) -> None:
    document = docx.Document(io.BytesIO(write_docx(minutes)))
    assert [block.text for block in document.paragraphs] == list(minutes.lines())


def test_docx_names_a_chinese_font_and_pages_are_numbered(minutes: Minutes) -> None:
    with zipfile.ZipFile(io.BytesIO(write_docx(minutes))) as bundle:
        assert 'w:eastAsia="仿宋"' in bundle.read("word/styles.xml").decode()
        foot = b"".join(bundle.read(name) for name in bundle.namelist() if "footer" in name).decode()
    assert "NUMPAGES" in foot
    assert minutes.sha256 in foot


def test_pdf_holds_the_text_and_embeds_its_font(minutes: Minutes) -> None:
    reader = pypdf.PdfReader(io.BytesIO(write_pdf(minutes).data))
    assert squeezed("".join(body_of(page) for page in reader.pages)) == squeezed(minutes.text())
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    shown = [font for font in fonts if font["/BaseFont"] != "/Helvetica"]
    assert shown
    assert all("/FontFile2" in font["/FontDescriptor"] for font in shown)


def test_ofd_holds_the_text_and_a_place_for_every_character(minutes: Minutes) -> None:
    with zipfile.ZipFile(io.BytesIO(write_ofd(minutes))) as bundle:
        assert bundle.testzip() is None
        for name in bundle.namelist():
            ET.fromstring(bundle.read(name))
        document = ET.fromstring(bundle.read("Doc_0/Document.xml"))
        pages = [f"Doc_0/{page.get('BaseLoc')}" for page in document.iter(f"{{{NAMESPACE}}}Page")]
        codes = [code for page in pages for code in body_codes(ET.fromstring(bundle.read(page)))]
    assert squeezed("".join(code.text or "" for code in codes)) == squeezed(minutes.text())
    for code in codes:
        text = code.text or ""
        assert len(steps(code.get("DeltaX"))) == len(text) - 1


def test_ofd_ids_are_unique(minutes: Minutes) -> None:
    with zipfile.ZipFile(io.BytesIO(write_ofd(minutes))) as bundle:
        found = [node.get("ID") for name in bundle.namelist() for node in ET.fromstring(bundle.read(name)).iter()]
    ids = [int(each) for each in found if each]
    assert len(ids) == len(set(ids))


def test_only_a_draft_says_so() -> None:
    entries = spoken_log(3)
    for draft in (True, False):
        minutes = of_log(entries, TZ, draft)
        with zipfile.ZipFile(io.BytesIO(write_ofd(minutes))) as bundle:
            assert ("草稿" in bundle.read("Doc_0/Pages/Page_0/Content.xml").decode()) is draft
        with zipfile.ZipFile(io.BytesIO(write_docx(minutes))) as bundle:
            head = "".join(bundle.read(name).decode() for name in bundle.namelist() if "header" in name)
            assert ("草稿" in head) is draft
        page = pypdf.PdfReader(io.BytesIO(write_pdf(minutes).data)).pages[0].extract_text()
        assert ("草" in page) is draft


def test_pages_hold_every_paragraph_and_nothing_runs_off() -> None:
    minutes = of_log(spoken_log(300), TZ)
    pages = typeset(minutes)
    assert len(pages) > 10
    text = "".join(run.text for page in pages for run in page.runs if not run.decoration)
    assert squeezed(text) == squeezed(minutes.text())
    for page in pages:
        for run in page.runs:
            if not run.decoration:
                assert TOP_MM <= run.y_mm <= PAGE_HEIGHT_MM - BOTTOM_MM
                assert run.x_mm + sum(map(squares, run.text.rstrip())) * run.size_mm <= 210 - 25


def test_what_the_font_cannot_show_is_said() -> None:
    assert "𠮷" in write_pdf(hostile()).missing
    assert write_pdf(of_log(spoken_log(30), TZ)).missing == ()


def test_without_a_font_the_package_to_install_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(minutes_pdf, "KNOWN_FONTS", (str(tmp_path / "none.ttc"),))
    with pytest.raises(UserError, match="fonts-wqy-microhei"):
        find_font()
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    with pytest.raises(UserError, match="TrueType"):
        write_pdf(hostile(), broken)


def test_the_same_minutes_give_the_same_bytes(minutes: Minutes) -> None:
    assert write_ofd(minutes) == write_ofd(minutes)
    assert write_pdf(minutes).data == write_pdf(minutes).data


def squeezed(text: str) -> str:
    """Without blanks and line ends, which pages break at."""
    return "".join(text.split())


def body_of(page: pypdf.PageObject) -> str:
    """The text between head and foot that is not turned."""
    found: list[str] = []

    def take(text: str, cm: list[float], tm: list[float], *rest: object) -> None:
        y_mm = PAGE_HEIGHT_MM - tm[5] / MM
        if cm[1] == 0 and TOP_MM <= y_mm <= PAGE_HEIGHT_MM - BOTTOM_MM + 0.1:
            found.append(text)

    page.extract_text(visitor_text=take)
    return "".join(found)


def body_codes(page: ET.Element) -> list[ET.Element]:
    layers = [layer for layer in page.iter(f"{{{NAMESPACE}}}Layer") if layer.get("Type") == BODY]
    return [code for layer in layers for code in layer.iter(f"{{{NAMESPACE}}}TextCode")]


def steps(delta: str | None) -> list[float]:
    """The distances that a DeltaX stands for (GB/T 33190, 11.3)."""
    tokens = (delta or "").split()
    found: list[float] = []
    while tokens:
        first = tokens.pop(0)
        if first == "g":
            count, step = int(tokens.pop(0)), float(tokens.pop(0))
            found += [step] * count
        else:
            found.append(float(first))
    return found


def test_by_what_a_package_is_checked_stands_at_the_foot_of_every_page_and_is_not_signed() -> None:
    plain = of_log(spoken_log(120), TZ)
    minutes = msgspec.structs.replace(plain, proof=Proof(key="ab" * 32, verifier="cd" * 32))
    assert minutes.sha256 == plain.sha256
    footer = docx.Document(io.BytesIO(write_docx(minutes))).sections[0].footer
    printed = "".join(paragraph.text for paragraph in footer.paragraphs)
    assert "ab" * 32 in printed
    assert "cd" * 32 in printed
    pages = pypdf.PdfReader(io.BytesIO(write_pdf(minutes).data)).pages
    assert len(pages) > 1
    with zipfile.ZipFile(io.BytesIO(write_ofd(minutes))) as bundle:
        sheets = [bundle.read(name).decode() for name in bundle.namelist() if name.endswith("Content.xml")]
    for shown in (*(page.extract_text() for page in pages), *sheets):
        assert "密钥指纹" in shown
        assert "abab " * 15 + "abab" in shown
        assert "cdcd " * 15 + "cdcd" in shown
