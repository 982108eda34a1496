"""Drawing one page of a PDF in a process of its own: `python -m records.media.pdf_child`. See `pdf_pages`.

Standard input: one line of JSON (`Asked`), then the file. Standard output: one line of JSON (`Found`), then the page
as RGB, row by row. Whatever is wrong with the file ends the process with another code than 0.

The file is a stranger's, and PDFium is a parser in C++ without a sandbox: so the process has limits for time and
memory, no file that it could write, and no descriptor but those three. PDFium is built without JavaScript.
"""

from __future__ import annotations

import ctypes
import resource
import sys
from pathlib import Path
from typing import Any

import msgspec

CPU_S = 15
"""A page of A0 scanned in colour takes three; what takes longer was made to."""
MEMORY_BYTES = 1 << 30
MOST_SIDE = 4_000
FONTS = Path(__file__).parent.parent / "assets" / "fonts"
"""For text whose font is not in the file. Ours alone: the same picture on every machine."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Page 0 only counts. The picture is the largest with even sides that fits."""

    page: int
    width: int
    height: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """`width` and `height` in px; 0 when none was asked for."""

    pages: int
    width: int = 0
    height: int = 0


def main() -> int:
    """Entry point of the child."""
    for what, most in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    asked = msgspec.json.decode(sys.stdin.buffer.readline(), type=Asked)
    found, rgb = draw(sys.stdin.buffer.read(), asked)
    sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n" + rgb)
    sys.stdout.buffer.flush()
    return 0


def draw(data: bytes, asked: Asked) -> tuple[Found, bytes]:
    """The page as it would be printed: with stamps, comments and filled-in forms. Raises what PDFium raises."""
    pdfium = _pdfium()
    document = pdfium.PdfDocument(data)
    pages = len(document)
    if asked.page == 0:
        return Found(pages=pages), b""
    document.init_forms()
    page = document[asked.page - 1]
    size = page.get_size()
    width, height = _fit(size[0], size[1], asked)
    bitmap = pdfium.PdfBitmap.new_native(width, height, pdfium.raw.FPDFBitmap_BGR, rev_byteorder=True)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
    flags = pdfium.raw.FPDF_ANNOT | pdfium.raw.FPDF_REVERSE_BYTE_ORDER
    place = (bitmap, page, 0, 0, width, height, 0, flags)
    pdfium.raw.FPDF_RenderPageBitmap(*place)
    if document.formenv is not None:
        pdfium.raw.FPDF_FFLDraw(document.formenv, *place)
    rows = memoryview(bitmap.buffer).cast("B")
    stride = bitmap.stride
    rgb = b"".join(rows[y * stride : y * stride + 3 * width] for y in range(height))
    return Found(pages=pages, width=width, height=height), rgb


def _fit(page_width: float, page_height: float, asked: Asked) -> tuple[int, int]:
    if not (0 < page_width < 1e6 and 0 < page_height < 1e6):
        raise ValueError(f"a page of {page_width} by {page_height} points")
    wide, high = min(asked.width, MOST_SIDE), min(asked.height, MOST_SIDE)
    scale = min(wide / page_width, high / page_height)
    return _even(page_width * scale, wide), _even(page_height * scale, high)


def _even(side: float, most: int) -> int:
    return max(2, min(round(side), most) // 2 * 2)


def _pdfium() -> Any:
    import pypdfium2_raw as raw

    # Whoever comes first decides: the package itself would take the fonts of this machine.
    folders = (ctypes.c_char_p * 2)(str(FONTS).encode(), None)
    paths = ctypes.cast(folders, ctypes.POINTER(ctypes.POINTER(ctypes.c_char)))
    raw.FPDF_InitLibraryWithConfig(raw.FPDF_LIBRARY_CONFIG(version=2, m_pUserFontPaths=paths))
    import pypdfium2

    return pypdfium2


if __name__ == "__main__":
    sys.exit(main())
