"""Keyframes and VP8's running numbers in C against the Python twins, on any bytes and on plausible ones."""

from __future__ import annotations

import ctypes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_server.payloads import is_keyframe
from tests.fakes import native_code

pytestmark = pytest.mark.unit

CODECS = ["opus", "h264", "vp8", "vp9", "av1", "h265"]
UNITS = st.lists(
    st.builds(lambda kind, body: bytes((kind,)) + body, st.integers(0, 255), st.binary(max_size=6)), max_size=4
).map(lambda units: b"".join(len(unit).to_bytes(2, "big") + unit for unit in units))
PAYLOADS = st.one_of(
    st.binary(max_size=40),
    st.binary(max_size=40).map(lambda data: b"\x78" + data),
    st.builds(lambda units, rest: b"\x18" + units + rest, UNITS, st.binary(max_size=3)),
    st.builds(lambda flags, data: bytes((0x90, flags)) + data, st.integers(0, 255), st.binary(max_size=8)),
    st.builds(lambda flags, data: bytes((flags | 0x0A,)) + data, st.integers(0, 255), st.binary(max_size=30)),
)


@pytest.fixture(scope="module")
def c() -> ctypes.CDLL:
    library = native_code.build("descriptors")
    library.yt_codec_named.argtypes = [ctypes.c_char_p]
    library.yt_is_keyframe.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t]
    library.yt_is_keyframe.restype = ctypes.c_bool
    return library


@settings(max_examples=500)
@given(PAYLOADS)
def test_keyframes_are_found_alike(c: ctypes.CDLL, payload: bytes) -> None:
    for codec in CODECS:
        found = c.yt_is_keyframe(c.yt_codec_named(codec.encode()), payload, len(payload))
        assert found == is_keyframe(codec, payload), codec
