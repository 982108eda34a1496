"""Documents of a meeting: what they are is said by their bytes; what was read is counted by creditor and kept."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.memory import MemoryStore
from records.writing.minutes_docx import write_docx
from records.writing.minutes_ofd import write_ofd
from signaling.meetings.document_kinds import MEDIA_TYPES, kind_of
from signaling.meetings.document_shelf import DocumentShelf
from signaling.meetings.reads import Reads
from signaling.meetings.transfer import disposition
from tests.fakes.minutes import Sitting

pytestmark = pytest.mark.unit


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as bundle:
        for name in names:
            bundle.writestr(name, "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n", "pdf"),
        (b"\x89PNG\r\n\x1a\n\x00", "png"),
        (b"\xff\xd8\xff\xe0\x00", "jpg"),
        (zipped("[Content_Types].xml", "word/document.xml"), "docx"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (zipped("OFD.xml", "Doc_0/Document.xml"), "ofd"),
        (zipped("word/document.xml", "word/vbaProject.bin"), None),
        (zipped("page.html"), None),
        (zipped("word/document.xml")[:-30], None),
        (b"<html><script>alert(1)</script>", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b" %PDF-1.7", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", None),
        (b"", None),
    ],
)
def test_the_kind_is_that_of_the_bytes(tmp_path: Path, data: bytes, kind: str | None) -> None:
    file = tmp_path / "evil.html"
    file.write_bytes(data)
    assert kind_of(file) == kind


def test_what_yunting_writes_itself_is_taken(tmp_path: Path) -> None:
    minutes = Sitting().minutes()
    for kind, data in (("docx", write_docx(minutes)), ("ofd", write_ofd(minutes))):
        (tmp_path / "x").write_bytes(data)
        assert kind_of(tmp_path / "x") == kind


def test_a_document_is_whole_or_not_there_and_names_lead_nowhere_else(tmp_path: Path) -> None:
    shelf = DocumentShelf(tmp_path)
    draft = shelf.draft("M1")
    draft.write_bytes(b"%PDF-1.7")
    file = shelf.file("M1", "a" * 64, "pdf")
    assert not file.exists()
    shelf.keep("M1", draft, "a" * 64, "pdf")
    assert file.read_bytes() == b"%PDF-1.7"
    assert [each.name for each in file.parent.iterdir()] == [file.name]
    for meeting, sha256, kind in (("..", "a" * 64, "pdf"), ("M1", "../x", "pdf"), ("M1", "a" * 64, "../html")):
        with pytest.raises(ValueError, match="not a"):
            shelf.file(meeting, sha256, kind)


async def test_the_first_opening_stays_also_after_a_restart() -> None:
    store = MemoryStore()
    reads = Reads(store)
    await reads.note("M", "C1", "D1", 5)
    await reads.note("M", "C1", "D1", 9)
    await reads.note("M", "C2", "D1", 7)
    await reads.note("M", "C1", "D2", 8)
    await reads.note("N", "C1", "D3", 8)
    for known in (reads, Reads(store)):
        assert await known.of("M", "C1") == ("D1", "D2")
        assert await known.of("M", "C3") == ()
        assert await known.times("M", "D1") == {"C1": 5, "C2": 7}
        assert set(await known.readers("M")) == {"C1", "C2"}


@given(st.text(max_size=200))
def test_a_name_never_breaks_out_of_its_header(name: str) -> None:
    header = disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert "\n" not in header
    assert "/" not in header.partition("filename=")[2].partition(";")[0]


def test_every_kind_has_a_media_type_that_runs_nothing() -> None:
    assert not {"text/html", "image/svg+xml", "text/xml"} & set(MEDIA_TYPES.values())
