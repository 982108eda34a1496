"""Creditors' tables as files: csv (UTF-8, UTF-16, GB 18030) and xlsx. Blocks: for a thread or a command line."""

from __future__ import annotations

import codecs
import csv
import datetime
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from python_calamine import CalamineError, CalamineWorkbook

from hearing.errors import UserError
from voting.claims import Claim
from voting.roll_columns import read_layout
from voting.roll_rows import RefusedRow, RowReader

MAX_ROWS = 1_000_000
MAX_CSV_BYTES = 1 << 30
MAX_XLSX_BYTES = 256 << 20
MAX_UNPACKED_BYTES = 2 << 30
"""Of an xlsx, which is a ZIP: what turns out to be larger when it is unpacked is not read, whatever it claims."""
HEADER_WITHIN = 20
"""The header is looked for in so many first rows: titles stand above it."""
_STEP_ROWS = 2_000
_CHUNK_BYTES = 1 << 20

_UNSOUND = (zipfile.BadZipFile, zlib.error, EOFError, OSError, IndexError, ValueError, RuntimeError)
"""What a broken or encrypted ZIP ends in."""

Progress = Callable[[int], None]
"""Gets permille, from 0 to 1000, never less than before."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds. `rows` counts claims and refused rows; `without_decision` are among the claims."""

    claims: tuple[Claim, ...]
    refused: tuple[RefusedRow, ...]
    without_decision: tuple[RefusedRow, ...] = ()

    @property
    def rows(self) -> int:
        """Rows below the header that were not blank."""
        return len(self.claims) + len(self.refused)


def read_table(path: Path, now_utc_ms: int, progress: Progress = lambda permille: None) -> Table:
    """Read the file, which is taken for what its first bytes say. Raises UserError: `roll-file` (unreadable, too
    large, too many rows), `roll-header`."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK\x03\x04"):
        return _read_rows(_xlsx_rows(path, size), now_utc_ms, progress)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise _bad("旧版 xls 文件请另存为 xlsx 或 csv", "save an old xls file as xlsx or csv")
    if size > MAX_CSV_BYTES:
        raise _bad("文件超过 1 GB", "the file is larger than 1 GB")
    encoding = _encoding_of(path)
    with path.open("r", encoding=encoding, newline="") as text:
        return _read_rows(_csv_rows(text, path, size), now_utc_ms, progress)


def _read_rows(rows: Iterator[tuple[int, int, Sequence[str]]], now_utc_ms: int, progress: Progress) -> Table:
    """`rows` gives (line, permille read, cells)."""
    reader: RowReader | None = None
    problem: UserError | None = None
    seen = 0
    for line, permille, cells in rows:
        seen += 1
        if seen > MAX_ROWS:
            raise _bad(f"超过 {MAX_ROWS:,} 行", f"more than {MAX_ROWS:,} rows")
        if seen % _STEP_ROWS == 0:
            progress(min(permille, 999))
        if reader is not None:
            reader.read(line, cells)
            continue
        try:
            reader = RowReader(read_layout(cells), now_utc_ms)
        except UserError as why:
            # The row that looks most like a header says best what is wrong with it.
            problem = why if problem is None or sum(map(bool, cells)) > 1 else problem
            if seen >= HEADER_WITHIN:
                break
    if reader is None:
        raise problem or _bad("文件是空的", "the file is empty")
    progress(1000)
    return Table(tuple(reader.claims), tuple(reader.refused), tuple(reader.without_decision))


def _encoding_of(path: Path) -> str:
    """The first encoding in which every byte of the file makes sense. Raises UserError `roll-file`."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8-sig", "gb18030"]
    for encoding in candidates:
        if _decodes(path, encoding):
            return encoding
    raise _bad("文字编码不是 UTF-8、UTF-16 或 GBK", "the text is neither UTF-8 nor UTF-16 nor GBK")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _csv_rows(text: IO[str], path: Path, size: int) -> Iterator[tuple[int, int, Sequence[str]]]:
    first = text.readline(_CHUNK_BYTES)
    text.seek(0)
    delimiter = max(",\t;", key=first.count)
    lines = csv.reader(text, delimiter=delimiter, strict=True)
    assert isinstance(text, io.TextIOWrapper)
    while True:
        begun = lines.line_num + 1
        try:
            cells = next(lines, None)
        except csv.Error as problem:
            raise _bad(f"第 {begun} 行格式有误：{problem}", f"line {begun}: {problem}") from None
        if cells is None:
            return
        yield begun, text.buffer.tell() * 1000 // max(size, 1), cells


def _xlsx_rows(path: Path, size: int) -> Iterator[tuple[int, int, Sequence[str]]]:
    if size > MAX_XLSX_BYTES:
        raise _bad("xlsx 文件超过 256 MB，请另存为 csv", "the xlsx is larger than 256 MB: save it as csv")
    try:
        _check_unpacked(path)
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    except (*_UNSOUND, CalamineError) as problem:
        raise _bad(f"不是完好的 xlsx 文件（{problem}）", f"not a sound xlsx file ({problem})") from None
    height = max(sheet.total_height, 1)
    first = sheet.start[0] if sheet.start is not None else 0
    for number, cells in enumerate(sheet.iter_rows()):
        yield first + number + 1, number * 1000 // height, [_cell(cell) for cell in cells]


def _check_unpacked(path: Path) -> None:
    """Unpacks everything once, keeping nothing. Raises UserError `roll-file`, and one of `_UNSOUND`."""
    unpacked = 0
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                # No office program writes others, and their unpackers give as much at once as there is.
                raise zipfile.BadZipFile("packed in a way that no xlsx is")
            # The reader stops at the size that an entry claims: let it go on to the real end and check the CRC there.
            entry.file_size = 1 << 62
            with archive.open(entry) as packed:
                while chunk := packed.read(_CHUNK_BYTES):
                    unpacked += len(chunk)
                    if unpacked > MAX_UNPACKED_BYTES:
                        raise _bad("xlsx 解压后过大", "the xlsx unpacks to too much")


def _cell(value: object) -> str:
    """A cell as it would be typed: whole numbers without a point, no float beyond what fifteen digits carry."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.date | datetime.time | bool):
        return str(value)
    return value if isinstance(value, str) else str(value)


def _bad(zh: str, en: str) -> UserError:
    return UserError("roll-file", f"债权表文件有误：{zh}", f"the table's file: {en}")
