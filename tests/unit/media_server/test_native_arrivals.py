"""The C writer of transport-cc feedback against the Python one: the same arrivals give the same bytes."""

from __future__ import annotations

import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.dataplane.arrivals import MAX_SPAN, Arrivals
from tests.fakes import native_code

pytestmark = pytest.mark.unit

_PACKET_BYTES = 1000
_STRUCT_BYTES = 8 * (MAX_SPAN + 4)
STEPS = st.lists(
    st.tuples(
        st.one_of(st.integers(-5, 30), st.integers(-0x8000, 0x7FFF), st.integers(-MAX_SPAN - 2, MAX_SPAN + 2)),
        st.one_of(st.integers(0, 3_000), st.integers(0, 40_000_000)),
        st.booleans(),
    ),
    max_size=120,
)


@pytest.fixture(scope="module")
def c() -> ctypes.CDLL:
    library = native_code.build("arrivals")
    library.yt_arrivals_init.argtypes = [ctypes.c_char_p]
    library.yt_arrivals_add.argtypes = [ctypes.c_char_p, ctypes.c_uint16, ctypes.c_int64]
    library.yt_arrivals_build.argtypes = [ctypes.c_char_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_char_p]
    library.yt_arrivals_build.restype = ctypes.c_size_t
    return library


def built(c: ctypes.CDLL, theirs: ctypes.Array[ctypes.c_char]) -> list[bytes]:
    """All that the C writer has to tell."""
    packets = []
    out = ctypes.create_string_buffer(_PACKET_BYTES)
    while length := c.yt_arrivals_build(theirs, 7, 9, out):
        packets.append(out.raw[:length])
    return packets


@given(st.integers(0, 0xFFFF), st.integers(0, 1 << 44), STEPS)
def test_both_write_the_same(c: ctypes.CDLL, first: int, begun_us: int, steps: list[tuple[int, int, bool]]) -> None:
    ours, theirs = Arrivals(), ctypes.create_string_buffer(_STRUCT_BYTES)
    c.yt_arrivals_init(theirs)
    sequence, now_us = first, begun_us
    for ahead, wait_us, tell in steps:
        sequence, now_us = sequence + ahead & 0xFFFF, now_us + wait_us
        ours.received(sequence, now_us)
        c.yt_arrivals_add(theirs, sequence, now_us)
        if tell:
            assert built(c, theirs) == ours.build(7, 9)
    assert built(c, theirs) == ours.build(7, 9)


def test_a_long_feedback_is_the_same_too(c: ctypes.CDLL) -> None:
    ours, theirs = Arrivals(), ctypes.create_string_buffer(_STRUCT_BYTES)
    c.yt_arrivals_init(theirs)
    for number in range(3 * MAX_SPAN):
        if number % 7:
            ours.received(number & 0xFFFF, number * 100_000)
            c.yt_arrivals_add(theirs, number & 0xFFFF, number * 100_000)
    packets = ours.build(7, 9)
    assert built(c, theirs) == packets
    assert len(packets) > 5
