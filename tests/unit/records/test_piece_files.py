"""Pieces on a disk that loses bytes, or that somebody writes to: what was written, or nothing, and then it is made
again."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.composite.piece_files import MAGIC, Head, Shelf

pytestmark = pytest.mark.unit

KEY = bytes(range(32))


class Thing(msgspec.Struct, frozen=True):
    name: str
    data: bytes


THING = Thing("name", b"what was composed" * 40)
keys = st.sampled_from([None, KEY])


def shelf(folder: Path, key: bytes | None) -> Shelf[Thing]:
    return Shelf(folder, "thing", Thing, key)


def put(folder: Path, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "000003.thing").write_bytes(data)


def piece(body: bytes, *, sealed: bool = False, digest: str = "d") -> bytes:
    """As somebody makes it who knows how, and has no key."""
    head = msgspec.json.encode(
        Head(digest=digest, sha256=hashlib.sha256(body).hexdigest(), bytes=len(body), sealed=sealed)
    )
    return MAGIC + struct.pack(">I", len(head)) + head + body


def is_lost(folder: Path, key: bytes | None) -> None:
    """It is not read, not taken for good, and can be written again."""
    again = shelf(folder, key)
    assert again.read(3) is None
    assert not again.any(3)
    assert not again.good(3, "d")
    again.write(3, "d", THING)
    assert shelf(folder, key).good(3, "d")
    assert shelf(folder, key).read(3) == THING


@given(key=keys, at=st.integers(0, 2000), flip=st.integers(1, 255), cut=st.none() | st.integers(0, 2000))
def test_a_piece_that_changed_on_the_disk_is_never_read(
    tmp_path_factory: pytest.TempPathFactory, key: bytes | None, at: int, flip: int, cut: int | None
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    shelf(folder, key).write(3, "d", THING)
    data = bytearray((folder / "000003.thing").read_bytes())
    data[at % len(data)] ^= flip
    put(folder, bytes(data[: cut % len(data)] if cut is not None else data))
    found = shelf(folder, key).read(3)
    # Without a key nothing but the digest itself can have become another: that piece is made again as well.
    assert found is None or (key is None and found == THING and not shelf(folder, key).good(3, "d"))


@given(key=keys, data=st.binary(max_size=60) | st.binary(max_size=60).map(lambda rest: MAGIC + rest))
def test_any_bytes_are_no_piece(tmp_path_factory: pytest.TempPathFactory, key: bytes | None, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    put(folder, data)
    is_lost(folder, key)


@given(key=keys, body=st.binary(max_size=60), sealed=st.booleans())
def test_any_bytes_in_a_whole_piece_are_no_piece(
    tmp_path_factory: pytest.TempPathFactory, key: bytes | None, body: bytes, sealed: bool
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    put(folder, piece(body, sealed=sealed))
    is_lost(folder, key)


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("deep", [b'{"digest":' + b"[" * 100_000, b"[" * 3_000])
def test_a_head_without_an_end_is_no_piece(tmp_path: Path, key: bytes | None, deep: bytes) -> None:
    put(tmp_path, MAGIC + struct.pack(">I", len(deep)) + deep)
    is_lost(tmp_path, key)


def test_a_piece_of_an_earlier_version_is_made_again(tmp_path: Path) -> None:
    put(tmp_path, piece(msgspec.msgpack.encode({"name": "it had no data then"})))
    is_lost(tmp_path, None)


def test_where_pieces_are_sealed_a_plain_one_is_not_taken(tmp_path: Path) -> None:
    put(tmp_path, piece(msgspec.msgpack.encode(Thing("forged", b""))))
    assert not shelf(tmp_path, KEY).good(3, "d")
    is_lost(tmp_path, KEY)


def test_a_sealed_piece_is_never_taken_for_one_made_from_something_else(tmp_path: Path) -> None:
    shelf(tmp_path, KEY).write(3, "before", THING)
    data = (tmp_path / "000003.thing").read_bytes()
    put(tmp_path, piece(data[data.index(b"}") + 1 :], sealed=True))
    assert shelf(tmp_path, KEY).good(3, "d")
    is_lost(tmp_path, KEY)


def test_what_the_disk_does_not_give_back_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf(tmp_path, None).write(3, "d", THING)

    def broken(path: Path) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", broken)
        assert shelf(tmp_path, None).read(3) is None
    is_lost(tmp_path, None)
