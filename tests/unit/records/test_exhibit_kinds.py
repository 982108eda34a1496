"""What a file of an exhibit is, is read from its bytes; junk is refused by name and never breaks the reader."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hearing.errors import Refused
from records.exhibit_kinds import MEDIA_TYPES, kind_of

pytestmark = pytest.mark.unit

PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"


def picture(kind: str, size: tuple[int, int] = (30, 20)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "pdf"),
        (picture("PNG"), "png"),
        (picture("JPEG"), "jpg"),
        (b"\0\0\0\x18ftypisom" + bytes(20), "mp4"),
        (b"RIFF\x24\0\0\0WAVEfmt " + bytes(20), "wav"),
    ],
)
def test_each_kind_by_its_bytes(data: bytes, kind: str) -> None:
    assert kind_of(data, data) == kind


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html><script>alert(1)</script>", "exhibit-kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "exhibit-kind"),
        (b"MZ\x90\0", "exhibit-kind"),
        (b"PK\x03\x04", "exhibit-kind"),
        (b"", "exhibit-kind"),
        (PDF[:12], "exhibit-damaged"),
        (picture("PNG")[:20], "exhibit-damaged"),
        (picture("JPEG")[:30], "exhibit-damaged"),
        (picture("PNG")[:16] + (30_000).to_bytes(4) + picture("PNG")[20:], "exhibit-pixels"),
    ],
)
def test_anything_else_is_refused_by_name(data: bytes, code: str) -> None:
    with pytest.raises(Refused, match=code):
        kind_of(data, data)


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(lambda junk: b"\xff\xd8\xff" + junk)))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with contextlib.suppress(Refused):
        assert kind_of(data, data) in MEDIA_TYPES
