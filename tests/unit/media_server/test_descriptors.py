"""Layers of video packets, and VP8's running numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.dataplane import extensions
from media_server.dataplane.descriptors import (
    NO_SHIFT,
    Dependencies,
    Layers,
    Shift,
    vp8,
    vp8_following,
    vp8_moved,
    vp9,
)

pytestmark = pytest.mark.unit


def packed(bits: str) -> bytes:
    """Bits as text, spaces ignored, padded to whole bytes."""
    bits = bits.replace(" ", "")
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


FULL = bytes((0x90, 0xF0, 0x80 | 0x12, 0x34, 200, 0x40 | 0x20 | 5)) + b"frame"
"""PictureID 0x1234 in 15 bits, TL0PICIDX 200, TID 1, Y, KEYIDX 5."""


def test_reads_a_whole_vp8_descriptor() -> None:
    read = vp8(FULL)
    assert read is not None
    assert (read.picture, read.tl0, read.key) == (0x1234, 200, 5)
    assert read.layers == Layers(0, 1, True, False, 1, True)


@pytest.mark.parametrize(
    ("payload", "picture"),
    [(b"\x10\x00", -1), (b"\x80\x80\x05x", 5), (b"\x80\x80\x85\x01x", 0x501), (b"\x80\x00x", -1)],
)
def test_reads_short_vp8_descriptors(payload: bytes, picture: int) -> None:
    read = vp8(payload)
    assert read is not None
    assert read.picture == picture


@pytest.mark.parametrize("size", range(1, 6))
def test_a_vp8_descriptor_cut_short_is_none(size: int) -> None:
    assert vp8(FULL[:size]) is None
    assert vp8_moved(FULL[:size], Shift(1, 1, 1)) == FULL[:size]


def test_moves_vp8_numbers_and_nothing_else() -> None:
    moved = vp8_moved(FULL, Shift(0x7FFF, 100, 30))
    read = vp8(moved)
    assert read is not None
    assert (read.picture, read.tl0, read.key) == (0x1233, 44, 3)
    assert read.layers == Layers(0, 1, True, False, 1, True)
    assert moved[6:] == b"frame"
    assert vp8_moved(b"\x80\x80\x7fx", Shift(3)) == b"\x80\x80\x02x"


@given(st.binary(max_size=12), st.binary(max_size=12), st.tuples(*[st.integers(0, 0x7FFF)] * 3))
def test_a_following_stream_goes_on_by_one(last: bytes, first: bytes, moved: tuple[int, int, int]) -> None:
    before, after, shift = vp8(last), vp8(first), Shift(*moved)
    if before is None or after is None:
        return
    sent, then = vp8(vp8_moved(last, shift)), vp8(vp8_moved(first, vp8_following(before, shift, after)))
    assert sent is not None
    assert then is not None
    for old, new, size in ((sent.tl0, then.tl0, 256), (sent.key, then.key, 32), (sent.picture, then.picture, 128)):
        assert old < 0 or new < 0 or (new - old) % size == 1


@given(st.binary(max_size=12))
def test_no_shift_changes_nothing(payload: bytes) -> None:
    assert vp8_moved(payload, NO_SHIFT) == payload


def test_reads_vp9_layers() -> None:
    payload = bytes((0x80 | 0x20 | 0x08, 0x81, 0x02, 2 << 5 | 0x10 | 1 << 1)) + b"frame"
    assert vp9(payload) == Layers(1, 2, True, False, 7, False)
    assert vp9(payload[:3]) is None
    assert vp9(b"\x8c\x01x") is None
    assert vp9(b"") is None


HEAD = "1 1 {template:06b} 0000000000000001"
STRUCTURE = (
    "1 0 0 0 0 001010 00010"  # structure present; offset 10, three targets
    "01 01 11"  # three temporal layers
    "10 10 10"  # T0: switch for all
    "00 01 10"  # T1: discardable for 1, switch for 2
    "00 00 01"
)  # fmt: skip


def test_reads_av1_dependency_descriptors() -> None:
    reader = Dependencies()
    plain = [packed(HEAD.format(template=10 + at)) for at in range(4)]
    assert reader.read(plain[0], 1) is None, "no structure seen"
    assert reader.read(packed(HEAD.format(template=10) + STRUCTURE), 2) == Layers(0, 0, True, True, 2, False)
    assert reader.read(plain[1], 3) == Layers(0, 1, True, True, 2, False)
    assert reader.read(plain[2], 4) == Layers(0, 2, True, True, -1, False)
    assert reader.read(plain[3], 5) is None
    own = packed(HEAD.format(template=12) + "0 1 1 0 0 111 00 00 10")
    assert reader.read(own, 6) == Layers(0, 2, True, True, 2, False)


def test_a_structure_cut_short_changes_nothing() -> None:
    reader, whole = Dependencies(), packed(HEAD.format(template=10) + STRUCTURE)
    for size in range(len(whole)):
        assert reader.read(whole[:size], 1) is None
    assert reader.read(whole, 1) is not None


def test_a_repair_of_an_earlier_keyframe_does_not_bring_its_structure_back() -> None:
    reader = Dependencies()
    old = packed(HEAD.format(template=0) + STRUCTURE.replace("001010", "000000"))
    assert reader.read(packed(HEAD.format(template=10) + STRUCTURE), 9) is not None
    assert reader.read(old, 7) is None
    delta = packed(HEAD.format(template=11))
    assert reader.read(delta, 10) == Layers(0, 1, True, True, 2, False)
    reader.restart()
    assert reader.read(old, 2) is not None
    assert reader.read(delta, 10) is None


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_no_bytes_break_a_reader(elements: list[bytes]) -> None:
    reader = Dependencies()
    for index, element in enumerate(elements):
        read = reader.read(element, index)
        assert read is None or (0 <= read.spatial <= 3 and 0 <= read.temporal <= 7)
        vp8(element)
        vp9(element)


def test_hop_extensions_come_last_and_win() -> None:
    hop = [(3, b"abs"), (5, b"cc")]
    block = extensions.pack(extensions.mapped({1: b"x", 2: b"y"}, {1: 5, 2: 1}), hop)
    assert list(extensions.read(block).items()) == [(1, b"y"), (3, b"abs"), (5, b"cc")]
    assert block[:2] == b"\xbe\xde"
    assert extensions.pack([(200, b"cc")])[:2] == b"\x10\x00"
    assert extensions.send_time(64_000_000 + 500_000) == (1 << 17).to_bytes(3, "big")
