"""Sealed files: read like the plain ones, and nothing in them can be changed, moved or exchanged unseen."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.errors import UserError
from records.vault.sealed_file import RECORD_BYTES, SealedReader, SealedWriter, is_sealed, plain_bytes
from records.vault.unlocked import for_av, open_recorded, recorded_bytes, unlock

pytestmark = pytest.mark.unit

KEY = bytes(range(32))


def sealed(path: Path, pieces: Sequence[bytes], key: bytes = KEY) -> bytes:
    """The plain bytes that were written."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    writer = SealedWriter(descriptor, key, path.name)
    for piece in pieces:
        left = memoryview(piece)
        while left:
            left = left[writer.write(left) :]
    os.close(descriptor)
    return b"".join(pieces)


def plain(path: Path, key: bytes = KEY, name: str | None = None) -> bytes:
    with SealedReader(path, key, name or path.name) as reader:
        return reader.readall() or b""


def records_of(path: Path) -> list[bytes]:
    """The file's head, then its records as they lie."""
    data = path.read_bytes()
    parts, at = [data[:40]], 40
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4]) + 16
        parts.append(data[at:end])
        at = end
    return parts


@given(
    pieces=st.lists(st.binary(max_size=400).map(lambda data: data * 300), max_size=6),
    cuts=st.lists(st.tuples(st.integers(0, 800_000), st.integers(0, 90_000)), max_size=8),
)
def test_any_part_reads_as_of_a_plain_file(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], cuts: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("sealed") / "a.mkv"
    whole = sealed(path, pieces)
    unlock(path.parent, KEY)
    assert recorded_bytes(path) == plain_bytes(path) == len(whole)
    with open_recorded(path) as file:
        assert file.read() == whole
        for first, count in cuts:
            file.seek(first)
            assert file.read(count) == whole[first : first + count]


def test_what_is_written_cannot_be_read_from_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    sealed(path, [b"the witness said" * 1000])
    assert b"witness" not in path.read_bytes()
    assert is_sealed(path)


def test_the_same_twice_looks_different(tmp_path: Path) -> None:
    sealed(tmp_path / "a", [b"x" * 100])
    first = (tmp_path / "a").read_bytes()
    sealed(tmp_path / "a", [b"x" * 100])
    second = (tmp_path / "a").read_bytes()
    assert first[8:40] != second[8:40]
    assert first[44:] != second[44:]


@pytest.mark.parametrize("cut", range(1, 200, 13))
def test_what_a_crash_leaves_is_read_to_its_last_whole_record(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.mkv"
    sealed(path, [b"a" * 1000, b"b" * 1000, b"c" * 150])
    os.truncate(path, path.stat().st_size - cut)
    kept = 2000 if cut <= 170 else 1000
    assert plain(path) == (b"a" * 1000 + b"b" * 1000)[:kept]
    assert plain_bytes(path) == kept


def test_a_file_of_which_only_the_name_reached_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(b"YTSEAL1\nshort")
    assert plain_bytes(path) == 0
    assert plain(path) == b""


@pytest.mark.parametrize("place", [44, 60, 1044, 1063])
def test_a_changed_byte_never_reads_as_something_else(tmp_path: Path, place: int) -> None:
    path = tmp_path / "a.mkv"
    sealed(path, [b"a" * 1000, b"b" * 1000])
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with SealedReader(path, KEY, "a.mkv") as reader:
        read = reader.readall() or b""
        assert reader.damaged > 0 or len(read) < 2000
    assert set(read[:1000]) in ({0}, {ord("a")})
    assert set(read[1000:]) <= {0, ord("b")}
    assert read != b"a" * 1000 + b"b" * 1000


def test_records_can_be_neither_exchanged_nor_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    sealed(path, [b"a" * 100, b"b" * 100, b"c" * 100])
    head, first, second, third = records_of(path)
    for order in ((second, first, third), (first, third), (second, third), (first, first, third)):
        path.write_bytes(head + b"".join(order))
        kept = plain(path)
        assert kept.replace(b"\0", b"") in (b"a" * 100 + b"c" * 100, b"a" * 100, b"c" * 100, b"")


def test_a_file_cannot_take_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    sealed(path, [b"a" * 100])
    assert plain(path, name="b.mkv") == bytes(100)
    assert plain(path, key=bytes(32)) == bytes(100)


def test_without_the_key_it_is_said_and_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    sealed(folder / "a.mkv", [b"a" * 100])
    assert recorded_bytes(folder / "a.mkv") == 100
    for call in (open_recorded, for_av):
        with pytest.raises(UserError) as refused:
            call(folder / "a.mkv")
        assert refused.value.code == "recording-locked"


def test_a_file_that_is_not_sealed_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    for data in (b"\x1aE\xdf\xa3 a plain one", b""):
        path.write_bytes(data)
        with open_recorded(path) as file:
            assert file.read() == data
        assert recorded_bytes(path) == len(data)
        assert for_av(path) == str(path)


def test_a_file_that_grows_is_read_as_far_as_it_was_when_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    writer = SealedWriter(descriptor, KEY, "a.mkv")
    writer.write(b"first")
    with SealedReader(path, KEY, "a.mkv") as reader:
        writer.write(b"second")
        assert reader.readall() == b"first"
    assert plain(path) == b"firstsecond"
    os.close(descriptor)


def test_a_full_disk_leaves_whole_records_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.mkv"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    writer = SealedWriter(descriptor, KEY, "a.mkv")
    writer.write(b"a" * 1000)
    truth, calls = os.write, iter([700])

    def half(fd: int, data: bytes) -> int:
        for count in calls:
            return truth(fd, data[:count])
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="full"):
        writer.write(b"b" * 1000)
    monkeypatch.undo()
    os.close(descriptor)
    assert path.stat().st_size == 40 + 4 + 1000 + 16
    assert plain(path) == b"a" * 1000


def test_a_large_write_is_taken_in_records(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    whole = sealed(path, [os.urandom(3 * RECORD_BYTES + 5)])
    assert [len(record) - 20 for record in records_of(path)[1:]] == [RECORD_BYTES] * 3 + [5]
    unlock(tmp_path, KEY)
    file: BinaryIO = open_recorded(path)
    file.seek(-5, os.SEEK_END)
    assert file.read() == whole[-5:]
    file.close()


def test_a_file_that_was_looked_through_before_is_looked_at_again_where_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    writer = SealedWriter(descriptor, KEY, "a.mkv")
    whole = b""
    with contextlib.ExitStack() as readers:
        opened = []
        for number in range(20):
            whole += bytes([number]) * (number + 1)
            writer.write(bytes([number]) * (number + 1))
            opened.append((readers.enter_context(SealedReader(path, KEY, "a.mkv")), whole))
        assert all(reader.readall() == then for reader, then in opened)
    os.close(descriptor)
    os.truncate(path, path.stat().st_size - 1)
    assert plain(path) == whole[:-20]
