"""The C header code against the Python it is the twin of: same elements, same bytes, for anything a peer sends."""

from __future__ import annotations

import ctypes
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from media_server.dataplane import extensions
from tests.fakes import native_code

pytestmark = pytest.mark.unit

ELEMENTS = st.lists(st.tuples(st.integers(1, 16), st.binary(max_size=18)), max_size=6)
BLOCKS = st.one_of(
    ELEMENTS.map(lambda all_: b"\x10\x00\0\0" + b"".join(bytes((id_, len(value))) + value for id_, value in all_)),
    st.builds(
        lambda profile, body: profile + b"\0\0" + body,
        st.sampled_from([b"\xbe\xde", b"\xbe\xde", b"\x10\x00", b"\x10\x0f", b"\x20\x00"]),
        st.lists(
            st.binary(max_size=40)
            | st.builds(lambda head, body: bytes((head,)) + body, st.integers(0, 255), st.binary()),
            max_size=12,
        ).map(b"".join),
    ),
)
MAPS = st.dictionaries(st.integers(0, 255), st.integers(1, 255), max_size=20) | st.just(
    {number: number for number in range(1, 256)}
)


class Rtp(ctypes.Structure):
    _fields_ = [
        ("timestamp", ctypes.c_uint32),
        ("ssrc", ctypes.c_uint32),
        ("sequence", ctypes.c_uint16),
        ("payload_type", ctypes.c_uint8),
        ("marker", ctypes.c_uint8),
        ("padded", ctypes.c_bool),
        ("extension_at", ctypes.c_uint16),
        ("extension_bytes", ctypes.c_uint16),
        ("header_bytes", ctypes.c_uint16),
    ]


class Element(ctypes.Structure):
    _fields_ = [("at", ctypes.c_uint16), ("id", ctypes.c_uint8), ("length", ctypes.c_uint8)]


class Elements(ctypes.Structure):
    _fields_ = [("count", ctypes.c_uint16), ("list", Element * 256)]


class Hop(ctypes.Structure):
    _fields_ = [("transport_cc", ctypes.c_uint8), ("abs_send_time", ctypes.c_uint8)]


class Block(ctypes.Structure):
    _fields_ = [
        ("bytes", ctypes.c_uint16),
        ("transport_cc_at", ctypes.c_uint16),
        ("abs_send_time_at", ctypes.c_uint16),
        ("data", ctypes.c_uint8 * 244),
    ]


@pytest.fixture(scope="module")
def c() -> ctypes.CDLL:
    library = native_code.build("rtp")
    library.yt_rtp_parse.restype = ctypes.c_bool
    library.yt_rtp_parse.argtypes = [ctypes.POINTER(Rtp), ctypes.c_char_p, ctypes.c_size_t]
    library.yt_rtp_unpadded.restype = ctypes.c_size_t
    library.yt_rtp_unpadded.argtypes = [ctypes.POINTER(Rtp), ctypes.c_char_p, ctypes.c_size_t]
    library.yt_elements_read.argtypes = [ctypes.POINTER(Elements), ctypes.c_char_p, ctypes.c_size_t]
    library.yt_elements_read.restype = None
    library.yt_block_write.argtypes = [
        ctypes.POINTER(Block),
        ctypes.c_char_p,
        ctypes.POINTER(Elements),
        ctypes.c_char_p,
        ctypes.c_bool,
        Hop,
    ]
    library.yt_block_write.restype = None
    library.yt_block_stamp.argtypes = [ctypes.POINTER(Block), ctypes.c_void_p, ctypes.c_uint16, ctypes.c_uint32]
    library.yt_block_stamp.restype = None
    library.yt_abs_send_time.argtypes = [ctypes.c_int64]
    library.yt_abs_send_time.restype = ctypes.c_uint32
    library.yt_rtp_write.restype = ctypes.c_size_t
    library.yt_rtp_write.argtypes = [
        ctypes.c_void_p,
        ctypes.c_uint8,
        ctypes.c_uint16,
        ctypes.c_uint32,
        ctypes.c_uint32,
        ctypes.POINTER(Block),
    ]
    return library


def elements_of(c: ctypes.CDLL, block: bytes) -> Elements:
    elements = Elements()
    c.yt_elements_read(elements, block, len(block))
    return elements


@given(BLOCKS | st.binary(max_size=30))
@example(b"\x10\x00\0\0" + bytes(number for each in range(1, 256) for number in (each, 0)))
def test_elements_are_read_alike(c: ctypes.CDLL, block: bytes) -> None:
    elements = elements_of(c, block)
    found = [
        (element.id, block[element.at : element.at + element.length]) for element in elements.list[: elements.count]
    ]
    assert found == list(extensions.read(block).items())


@given(
    BLOCKS,
    MAPS,
    st.integers(0, 16),
    st.integers(0, 16) | st.integers(0, 255),
    st.integers(0, 0xFFFF),
    st.integers(0, 1 << 52),
    st.booleans(),
)
def test_headers_are_written_alike(
    c: ctypes.CDLL,
    block: bytes,
    ids: dict[int, int],
    transport_cc: int,
    abs_send_time: int,
    number: int,
    now_us: int,
    one_byte_only: bool,
) -> None:
    if transport_cc == abs_send_time:
        transport_cc = 0
    written, out = Block(), (ctypes.c_uint8 * 256)()
    table = bytes(ids.get(element, 0) for element in range(256))
    c.yt_block_write(written, block, elements_of(c, block), table, one_byte_only, Hop(transport_cc, abs_send_time))
    length = c.yt_rtp_write(out, 0x80 | 96, number, 90_000, 0xABCD, written)
    c.yt_block_stamp(written, ctypes.byref(out, 12), number, c.yt_abs_send_time(now_us))
    hop = [(abs_send_time, extensions.send_time(now_us)), (transport_cc, number.to_bytes(2, "big"))]
    kept = extensions.mapped(extensions.read(block), ids, one_byte_only=one_byte_only)
    expected = extensions.pack(kept, [element for element in hop if element[0]])
    fixed = bytes((0x90 if expected else 0x80, 0x80 | 96)) + struct.pack("!HII", number, 90_000, 0xABCD)
    assert bytes(out[:length]) == fixed + expected


@given(st.binary(max_size=90).map(lambda data: bytes((0x80 | data[0] & 0x3F,)) + data[1:] if data else data))
def test_a_header_is_inside_its_packet(c: ctypes.CDLL, data: bytes) -> None:
    view = Rtp()
    good = c.yt_rtp_parse(view, data, len(data))
    head = 12 + 4 * (data[0] & 15) if data else 12
    if data and data[0] & 16:
        head += 4 + 4 * int.from_bytes(data[head + 2 : head + 4], "big")
    assert good == (len(data) >= head)
    if not good:
        return
    assert (view.header_bytes, view.extension_at) == (head, 12 + 4 * (data[0] & 15))
    assert (view.extension_bytes > 0) == bool(data[0] & 16)
    assert (view.marker, view.payload_type) == (data[1] & 0x80, data[1] & 0x7F)
    assert (view.sequence, view.timestamp, view.ssrc) == tuple(
        int.from_bytes(data[start:end], "big") for start, end in ((2, 4), (4, 8), (8, 12))
    )
    body = data[head:]
    payload = body if not data[0] & 32 else body[: -body[-1]] if body and 0 < body[-1] <= len(body) else b""
    assert c.yt_rtp_unpadded(view, body, len(body)) == len(payload)
