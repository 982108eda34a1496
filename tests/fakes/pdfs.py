"""PDFs for exhibits: some pages of one colour each, and one that nobody lives to see drawn."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

Colour = tuple[int, int, int]
LANDSCAPE = (400.0, 200.0)


def coloured_pdf(*colours: Colour, size: tuple[float, float] = LANDSCAPE) -> bytes:
    """A page of `size` points for each colour."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=size, invariant=True)
    for red, green, blue in colours:
        canvas.setFillColorRGB(red / 255, green / 255, blue / 255)
        canvas.rect(0, 0, *size, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def lettered_pdf(*titles: str) -> bytes:
    """A page of A4 for each title, with lines to read below it; the font is not in the file."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(595.0, 842.0), invariant=True)
    for title in titles:
        canvas.setFont("STSong-Light", 28)
        canvas.drawString(72, 750, title)
        canvas.setFont("STSong-Light", 12)
        for line in range(30):
            canvas.drawString(72, 700 - 20 * line, f"第{line + 1}条　双方约定，货款应于收到货物之日起三十日内付清。")
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def endless_pdf(depth: int = 12) -> bytes:
    """One page whose drawing draws another sixteen times, which draws another sixteen times, and so on."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>",
        _stream(b"", b"/X Do"),
    ]
    for number in range(5, 5 + depth):
        head = b"/Type/XObject/Subtype/Form/BBox[0 0 400 200]/Resources<</XObject<</X %d 0 R>>>>" % (number + 1)
        objects.append(_stream(head, b"/X Do " * 16))
    objects.append(_stream(b"/Type/XObject/Subtype/Form/BBox[0 0 400 200]", b"0 0 m 400 200 l S " * 16))
    return _file(objects)


def _stream(head: bytes, body: bytes) -> bytes:
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (head, len(body), body)


def _file(objects: Sequence[bytes]) -> bytes:
    data = b"%PDF-1.7\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
        len(objects) + 1,
        len(data),
    )
