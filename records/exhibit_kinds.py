"""What kind of file an exhibit is, by its bytes: a name or a declared type is anybody's word. Pure."""

from __future__ import annotations

from hearing.errors import Refused
from hearing.exhibit_events import FileKind

HEAD_BYTES = 256 << 10
"""Enough of a file's beginning: a photograph's size stands after its embedded preview."""
TAIL_BYTES = 2_048
MAX_SIDE = 20_000
MAX_PIXELS = 150_000_000
"""A picture beyond these is a bomb, not a scan (A3 at 1200 dpi has 279 million, at 600 dpi 70)."""
MEDIA_TYPES: dict[FileKind, str] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "mp4": "video/mp4",
    "wav": "audio/wav",
}
_PNG = b"\x89PNG\r\n\x1a\n"
_SOF = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a JPEG frame header (ITU-T T.81, table B.1)."""


def kind_of(head: bytes, tail: bytes) -> FileKind:
    """The kind of a file of which these are the first HEAD_BYTES and the last TAIL_BYTES (all, where it is shorter).
    Raises Refused `exhibit-kind`, `exhibit-damaged`, `exhibit-pixels`."""
    if head.startswith(b"%PDF-"):
        if b"%%EOF" not in tail:
            raise _damaged("PDF")
        return "pdf"
    if head.startswith(_PNG):
        _check_size(_png_size(head), "PNG")
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        _check_size(_jpeg_size(head), "JPEG")
        return "jpg"
    if head[4:8] == b"ftyp":
        return "mp4"
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "wav"
    raise Refused(
        "exhibit-kind",
        "只能上传 PDF、PNG、JPEG、MP4 或 WAV 文件；以文件内容为准，与文件名无关",
        "exhibits are PDF, PNG, JPEG, MP4 or WAV, whatever the file is called",
    )


def _png_size(head: bytes) -> tuple[int, int] | None:
    if head[12:16] != b"IHDR" or len(head) < 24:
        return None
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    """Width and height of the first frame; None when there is none in what is known of the file."""
    at = 2
    while at + 9 <= len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _SOF:
            return int.from_bytes(head[at + 7 : at + 9]), int.from_bytes(head[at + 5 : at + 7])
        at += 2 + int.from_bytes(head[at + 2 : at + 4])
    return None


def _check_size(size: tuple[int, int] | None, kind: str) -> None:
    if size is None or min(size) < 1:
        raise _damaged(kind)
    width, height = size
    if max(size) > MAX_SIDE or width * height > MAX_PIXELS:
        raise Refused(
            "exhibit-pixels", f"图片过大（{width}×{height}）", f"the picture is too large ({width} by {height})"
        )


def _damaged(kind: str) -> Refused:
    return Refused("exhibit-damaged", f"{kind} 文件不完整或已损坏", f"the {kind} is damaged or not whole")
