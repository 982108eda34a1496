"""Payload descriptors in C against their Python twin: keyframes, layers, VP8's running numbers, on any bytes."""

from __future__ import annotations

import ctypes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_server.dataplane import descriptors
from media_server.dataplane.descriptors import Dependencies, Layers, Shift
from media_server.payloads import is_keyframe
from tests.fakes import layer_captures, native_code

pytestmark = pytest.mark.unit

CODECS = ["opus", "h264", "vp8", "vp9", "av1", "h265"]
UNITS = st.lists(
    st.builds(lambda kind, body: bytes((kind,)) + body, st.integers(0, 255), st.binary(max_size=6)), max_size=4
).map(lambda units: b"".join(len(unit).to_bytes(2, "big") + unit for unit in units))
VP8 = st.builds(
    lambda first, flags, data: bytes((first | 0x80, flags)) + data,
    st.sampled_from([0x10, 0x00, 0x30, 0x11]),
    st.integers(0, 15).map(lambda bits: bits << 4),
    st.binary(max_size=8),
)
PAYLOADS = st.one_of(
    st.binary(max_size=40),
    st.binary(max_size=40).map(lambda data: b"\x78" + data),
    st.builds(lambda units, rest: b"\x18" + units + rest, UNITS, st.binary(max_size=3)),
    st.builds(lambda flags, data: bytes((flags | 0x0A,)) + data, st.integers(0, 255), st.binary(max_size=30)),
    VP8,
)
SHIFTS = st.builds(Shift, st.integers(0, 0x7FFF), st.integers(0, 255), st.integers(0, 31))


class CLayers(ctypes.Structure):
    _fields_ = [
        ("known", ctypes.c_bool),
        ("begins", ctypes.c_bool),
        ("ends", ctypes.c_bool),
        ("sync", ctypes.c_bool),
        ("spatial", ctypes.c_uint8),
        ("temporal", ctypes.c_uint8),
        ("up", ctypes.c_int8),
    ]

    def as_python(self) -> Layers | None:
        found = Layers(self.spatial, self.temporal, self.begins, self.ends, self.up, self.sync)
        return found if self.known else None


class CVp8(ctypes.Structure):
    _fields_ = [
        ("picture", ctypes.c_int32),
        ("tl0", ctypes.c_int16),
        ("key", ctypes.c_int16),
        ("picture_at", ctypes.c_uint8),
        ("tl0_at", ctypes.c_uint8),
        ("key_at", ctypes.c_uint8),
        ("picture_wide", ctypes.c_bool),
        ("layers", CLayers),
    ]


class COffsets(ctypes.Structure):
    _fields_ = [("picture", ctypes.c_uint16), ("tl0", ctypes.c_uint8), ("key", ctypes.c_uint8)]


class CMap(ctypes.Structure):
    _fields_ = [
        ("offsets", COffsets),
        ("moved", COffsets),
        ("last", CVp8),
        ("started", ctypes.c_bool),
        ("dropped", ctypes.c_int32),
    ]


@pytest.fixture(scope="module")
def c() -> ctypes.CDLL:
    library = native_code.build("descriptors", "vp8", "dependency")
    library.yt_codec_named.argtypes = [ctypes.c_char_p]
    library.yt_is_keyframe.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t]
    library.yt_is_keyframe.restype = ctypes.c_bool
    library.yt_layers_read.argtypes = [ctypes.POINTER(CLayers), ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t]
    library.yt_layers_read.restype = None
    library.yt_vp8_parse.argtypes = [ctypes.POINTER(CVp8), ctypes.c_char_p, ctypes.c_size_t]
    library.yt_vp8_parse.restype = ctypes.c_bool
    library.yt_vp8_following.argtypes = [ctypes.POINTER(CVp8), COffsets, ctypes.POINTER(CVp8)]
    library.yt_vp8_following.restype = COffsets
    library.yt_vp8_rewrite.argtypes = [ctypes.c_char_p, ctypes.POINTER(CVp8), COffsets]
    library.yt_vp8_rewrite.restype = None
    library.yt_dependency_read.argtypes = [
        ctypes.POINTER(CLayers),
        ctypes.c_char_p,
        ctypes.c_int64,
        ctypes.c_char_p,
        ctypes.c_size_t,
    ]
    library.yt_dependency_read.restype = None
    for name in ("switched", "sent", "dropped"):
        function = getattr(library, f"yt_vp8_{name}")
        function.argtypes = [ctypes.POINTER(CMap), ctypes.POINTER(CVp8)]
        function.restype = ctypes.c_bool if name == "dropped" else None
    return library


def parsed(c: ctypes.CDLL, payload: bytes) -> CVp8 | None:
    vp8 = CVp8()
    return vp8 if c.yt_vp8_parse(vp8, payload, len(payload)) else None


def rewritten(c: ctypes.CDLL, payload: bytes, offsets: COffsets) -> bytes:
    vp8 = parsed(c, payload)
    if vp8 is None:
        return payload
    data = ctypes.create_string_buffer(payload, len(payload) + 1)
    c.yt_vp8_rewrite(data, vp8, offsets)
    return data.raw[:-1]


@settings(max_examples=500)
@given(PAYLOADS)
def test_keyframes_and_layers_are_found_alike(c: ctypes.CDLL, payload: bytes) -> None:
    for codec in CODECS:
        found = c.yt_is_keyframe(c.yt_codec_named(codec.encode()), payload, len(payload))
        assert found == is_keyframe(codec, payload), codec
    layers = CLayers()
    c.yt_layers_read(layers, c.yt_codec_named(b"vp9"), payload, len(payload))
    assert layers.as_python() == descriptors.vp9(payload)
    c.yt_layers_read(layers, c.yt_codec_named(b"vp8"), payload, len(payload))
    ours = descriptors.vp8(payload)
    assert layers.as_python() == (ours and ours.layers)


@given(PAYLOADS | VP8, VP8, SHIFTS)
def test_vp8_numbers_are_moved_alike(c: ctypes.CDLL, payload: bytes, last: bytes, shift: Shift) -> None:
    ours, theirs = descriptors.vp8(payload), parsed(c, payload)
    assert (ours is None) == (theirs is None)
    assert rewritten(c, payload, COffsets(*shift)) == descriptors.vp8_moved(payload, shift)
    before = descriptors.vp8(last)
    if ours is None or theirs is None or before is None:
        return
    assert (theirs.picture, theirs.tl0, theirs.key) == ours[:3]
    found = c.yt_vp8_following(parsed(c, last), COffsets(*shift), theirs)
    assert Shift(found.picture, found.tl0, found.key) == descriptors.vp8_following(before, shift, ours)


def vp8_packet(picture: int, tl0: int, key: int, temporal: int = 0) -> bytes:
    """A whole VP8 frame with all numbers, 15-bit PictureID."""
    return bytes((0x90, 0xF0, 0x80 | picture >> 8, picture & 0xFF, tl0, temporal << 6 | key, 0x01))


def test_numbers_go_on_over_left_out_frames_and_a_switch(c: ctypes.CDLL) -> None:
    """What a decoder sees: PictureIDs without a gap, whatever was left out and wherever it came from."""
    numbers = CMap()
    streams = [
        [vp8_packet(0x7FFE + n & 0x7FFF, 250 + n // 2 & 255, 30, n % 2) for n in range(8)],
        [vp8_packet(77 + n, 9 + n // 2, 3, n % 2) for n in range(8)],
    ]
    seen = []
    for stream in streams:
        for at, payload in enumerate(stream):
            vp8 = parsed(c, payload)
            if at == 0:
                c.yt_vp8_switched(numbers, vp8)
            if at % 4 == 3:
                assert c.yt_vp8_dropped(numbers, vp8)
                assert not c.yt_vp8_dropped(numbers, vp8)
                continue
            c.yt_vp8_sent(numbers, vp8)
            out = descriptors.vp8(rewritten(c, payload, numbers.offsets))
            assert out is not None
            seen.append((out.picture, out.tl0, out.key))
    assert [picture for picture, _, _ in seen] == [0x7FFE + n & 0x7FFF for n in range(12)]
    assert [tl0 for _, tl0, _ in seen] == [250, 250, 251, 252, 252, 253, 254, 254, 255, 0, 0, 1]
    assert [key for _, _, key in seen] == [30] * 6 + [31] * 6


@st.composite
def structures(draw: st.DrawFn) -> str:
    """Bits of an extended descriptor that brings a structure."""
    targets = draw(st.integers(1, 32))
    bits = f"10000{draw(st.integers(0, 63)):06b}{targets - 1:05b}"
    steps = draw(st.lists(st.sampled_from(["00", "01", "01", "10"]), max_size=10))
    bits += "".join(steps) + "11"
    for _ in range(len(steps) + 1):
        bits += "".join(draw(st.lists(st.sampled_from(["00", "01", "10", "11"]), min_size=targets, max_size=targets)))
    return bits


ELEMENTS = st.one_of(
    st.builds(lambda head, number: bytes((head, 0, number)), st.integers(0, 255), st.integers(0, 255)),
    st.builds(
        lambda head, bits, cut: (
            bytes((head, 0, 0)) + int(bits + "0" * (-len(bits) % 8), 2).to_bytes((len(bits) + 7) // 8, "big")
        )[:cut],
        st.integers(0, 255),
        structures(),
        st.just(255) | st.integers(3, 40),
    ),
    st.binary(max_size=20),
)


@given(st.lists(st.tuples(ELEMENTS, st.integers(0, 1 << 48)), max_size=12))
def test_dependency_descriptors_are_read_alike(c: ctypes.CDLL, elements: list[tuple[bytes, int]]) -> None:
    ours, state = Dependencies(), ctypes.create_string_buffer(4096)
    for element, index in elements:
        layers = CLayers()
        c.yt_dependency_read(layers, state, index, element, len(element))
        assert layers.as_python() == ours.read(element, index)


@pytest.mark.parametrize("name", layer_captures.NAMES)
def test_what_chromium_sends_is_read_alike(c: ctypes.CDLL, name: str) -> None:
    ours, state = Dependencies(), ctypes.create_string_buffer(4096)
    codec = c.yt_codec_named(name.partition("-")[0].encode())
    for index, packet in enumerate(layer_captures.packets(name)):
        layers, descriptor = CLayers(), CLayers()
        c.yt_layers_read(layers, codec, packet.payload, len(packet.payload))
        by_payload = {"vp8": lambda payload: descriptors.vp8(payload).layers, "vp9": descriptors.vp9}
        assert layers.as_python() == by_payload.get(name[:3], lambda _: None)(packet.payload)
        c.yt_dependency_read(descriptor, state, index, packet.descriptor, len(packet.descriptor))
        assert descriptor.as_python() == ours.read(packet.descriptor, index)
