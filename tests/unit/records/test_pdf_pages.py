"""A page of a PDF as a picture: whole and in proportion, and none of a file that would harm who opens it."""

from __future__ import annotations

import io
import sys

import pypdf
import pytest

from records.media import pdf_pages
from records.media.pdf_pages import count_pages, draw_page
from tests.fakes.pdfs import coloured_pdf, endless_pdf

pytestmark = pytest.mark.unit

RED, BLUE = (255, 0, 0), (0, 0, 255)
TWO = coloured_pdf(RED, BLUE)


def test_the_page_that_is_asked_for_is_drawn_as_large_as_there_is_room() -> None:
    for page, colour in ((1, RED), (2, BLUE)):
        drawn = draw_page(io.BytesIO(TWO), page, 333, 900)
        assert drawn is not None
        assert (drawn.pages, drawn.width, drawn.height) == (2, 332, 166)
        assert drawn.image().getpixel((160, 80)) == colour
    assert count_pages(io.BytesIO(TWO)) == 2


def test_it_is_the_same_picture_each_time() -> None:
    assert draw_page(io.BytesIO(TWO), 2, 333, 900) == draw_page(io.BytesIO(TWO), 2, 333, 900)


def test_chinese_in_a_font_that_the_file_does_not_bring_is_legible() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    pictures = []
    for words in ("国", "国国", "庭"):
        stream = io.BytesIO()
        canvas = Canvas(stream, pagesize=(200, 100))
        canvas.setFont("STSong-Light", 60)
        canvas.drawString(20, 30, words)
        canvas.save()
        stream.seek(0)
        drawn = draw_page(stream, 1, 200, 100)
        assert drawn is not None
        pictures.append(drawn.image().convert("L").point(lambda value: value < 128 and 255))
    one, two = (picture.getbbox() for picture in pictures[:2])
    assert one is not None
    assert two is not None
    assert two[2] - two[0] > 1.8 * (one[2] - one[0])
    assert pictures[0].tobytes() != pictures[2].tobytes(), "not the same box for whatever character"


@pytest.mark.parametrize("page", [3, 10_000])
def test_there_is_no_picture_of_a_page_that_is_not_there(page: int) -> None:
    assert draw_page(io.BytesIO(TWO), page, 100, 100) is None


def locked() -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(TWO))
    writer.encrypt("secret", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"%%EOF", locked()],
    ids=["empty", "rubbish", "password"],
)
def test_what_cannot_be_opened_has_no_pages_and_no_picture(data: bytes) -> None:
    assert draw_page(io.BytesIO(data), 1, 100, 100) is None
    assert count_pages(io.BytesIO(data)) == 0


def test_a_page_that_is_never_done_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    # The real limit would only make the test longer.
    limited = "import records.media.pdf_child as child, sys; child.CPU_S = 1; sys.exit(child.main())"
    monkeypatch.setattr(pdf_pages, "_COMMAND", (sys.executable, "-c", limited))
    assert draw_page(io.BytesIO(TWO), 1, 100, 100) is not None
    assert draw_page(io.BytesIO(endless_pdf()), 1, 400, 200) is None


@pytest.mark.parametrize(
    "program",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "import sys; sys.stdin.buffer.read(); sys.exit(1)",
        "import sys; sys.stdin.buffer.read(); print('no JSON')",
        'import sys; sys.stdin.buffer.read(); print(\'{"pages":1,"width":90000,"height":90000}\')',
        "import sys; sys.stdin.buffer.read(); sys.stdout.write('x' * 5_000_000)",
        "bytearray(1 << 40)",
    ],
    ids=["crash", "code", "words", "size", "flood", "memory"],
)
def test_whatever_becomes_of_the_process_there_is_just_no_picture(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf_pages, "_COMMAND", (sys.executable, "-c", program))
    assert draw_page(io.BytesIO(TWO * 500), 1, 100, 100) is None


def test_the_process_is_held_to_its_memory_and_may_write_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import resource, records.media.pdf_child as child, msgspec, sys\n"
        "child.draw = lambda data, asked: (child.Found(pages=tell()), b'')\n"
        "def tell():\n"
        "    limits = [resource.getrlimit(each) for each in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE)]\n"
        "    return int(limits == [(child.MEMORY_BYTES,) * 2, (0, 0)])\n"
        "sys.exit(child.main())"
    )
    monkeypatch.setattr(pdf_pages, "_COMMAND", (sys.executable, "-c", program))
    assert count_pages(io.BytesIO(TWO)) == 1
