"""What kind of document a file is, by its bytes: a name or a declared type is anybody's word. Blocks."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ofd": "application/ofd",
    "png": "image/png",
    "jpg": "image/jpeg",
}
"""The kinds that are taken. None of them runs as a page of ours when a browser opens it: no HTML, no SVG."""
_HEADS = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}
_PARTS = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "OFD.xml": "ofd"}
_MACROS = "vbaproject.bin"
_HEAD_BYTES = 8
_UNREADABLE = (zipfile.BadZipFile, zlib.error, NotImplementedError, UnicodeError, ValueError, EOFError)


def kind_of(file: Path) -> str | None:
    """A key of `MEDIA_TYPES`; None for anything else, and for an office document with macros. Raises OSError."""
    with file.open("rb") as reader:
        head = reader.read(_HEAD_BYTES)
    for start, kind in _HEADS.items():
        if head.startswith(start):
            return kind
    return _of_zip(file) if head.startswith(b"PK\x03\x04") else None


def _of_zip(file: Path) -> str | None:
    """By the names inside; nothing is unpacked."""
    try:
        with zipfile.ZipFile(file) as bundle:
            names = set(bundle.namelist())
    except _UNREADABLE:
        return None
    if any(name.lower().endswith(_MACROS) for name in names):
        return None
    return next((kind for part, kind in _PARTS.items() if part in names), None)
