"""Sealed files on a disk that loses bytes, or that somebody writes to: what is read is what was written or zeros, in
its place, and nothing else happens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.vault.sealed_file import MAGIC, RECORD_BYTES, SealedReader, SealedWriter, is_sealed, plain_bytes
from records.vault.unlocked import open_recorded, recorded_bytes, unlock

pytestmark = pytest.mark.unit

KEY = bytes(range(32))
PIECES = [b"a" * 70, b"b" * 300, b"c", b"d" * 90]
WHOLE = b"".join(PIECES)


def sealed(path: Path) -> bytes:
    """The bytes as they lie."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    writer = SealedWriter(descriptor, KEY, path.name)
    for piece in PIECES:
        writer.write(piece)
    os.close(descriptor)
    return path.read_bytes()


def read(path: Path) -> tuple[bytes, int]:
    """All that can be read, and how many records were damaged."""
    with SealedReader(path, KEY, path.name) as reader:
        found = reader.readall() or b""
        assert len(found) == reader.size == plain_bytes(path)
        return found, reader.damaged


changes = st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), min_size=1, max_size=4)


@given(changes=changes, cut=st.none() | st.integers(0, 700))
def test_a_changed_file_reads_as_what_was_written_or_zeros(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], cut: int | None
) -> None:
    path = tmp_path_factory.mktemp("sealed") / "a.mkv"
    data = bytearray(sealed(path))
    for at, flip in changes:
        data[at % len(data)] ^= flip
    path.write_bytes(bytes(data[: cut % len(data)] if cut is not None else data))
    unlock(path.parent, KEY)
    if not is_sealed(path):
        assert recorded_bytes(path) == path.stat().st_size
        with pytest.raises(ValueError, match=r"a\.mkv"):
            SealedReader(path, KEY, "a.mkv")
        return
    found, _ = read(path)
    for at, byte in enumerate(found):
        # In its own place: a record that is longer than it was opens with no key.
        assert byte in {0, WHOLE[at] if at < len(WHOLE) else 0}
    with open_recorded(path) as file:
        assert file.read() == found


@given(rest=st.binary(max_size=200))
def test_any_bytes_hold_nothing(tmp_path_factory: pytest.TempPathFactory, rest: bytes) -> None:
    path = tmp_path_factory.mktemp("sealed") / "a.mkv"
    for data in (rest, MAGIC + rest, MAGIC + bytes(32) + rest):
        path.write_bytes(data)
        if not is_sealed(path):
            with pytest.raises(ValueError, match=r"a\.mkv"):
                SealedReader(path, KEY, "a.mkv")
            continue
        found, _ = read(path)
        assert not any(found)
        assert len(found) <= len(rest)


@pytest.mark.parametrize("length", [0, RECORD_BYTES + 1, 0xFFFF_FFFF])
def test_a_length_that_no_record_has_ends_the_file_there(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.mkv"
    data = bytearray(sealed(path))
    at = 40 + 4 + len(PIECES[0]) + 16
    data[at : at + 4] = length.to_bytes(4)
    path.write_bytes(data)
    assert read(path) == (PIECES[0], 0)


def test_a_file_that_is_cut_while_it_is_read_gives_zeros(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    data = sealed(path)
    with SealedReader(path, KEY, "a.mkv") as reader:
        os.truncate(path, len(data) - 50)
        assert reader.readall() == WHOLE[:-90] + bytes(90)
        assert reader.damaged == 1


def test_a_file_that_was_copied_over_is_looked_at_anew(tmp_path: Path) -> None:
    """The places of records are known by the file's salt, which a copy has too."""
    path = tmp_path / "a.mkv"
    data = sealed(path)
    assert read(path) == (WHOLE, 0)
    at = 40 + 4 + len(PIECES[0]) + 16
    path.write_bytes(data[:at] + (0xFFFF_FFFF).to_bytes(4) + data[at + 4 :])
    assert read(path)[0] in (PIECES[0], WHOLE)
