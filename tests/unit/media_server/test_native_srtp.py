"""SRTP in C against the Python twin: the same bytes for both profiles, the same windows, garbage refused."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given, settings
from hypothesis import strategies as st

from media_server.dataplane.srtp import CmDirection, Direction, GcmDirection, SrtpError, Window
from tests.fakes import native_code

pytestmark = pytest.mark.unit

GCM, CM = 0, 1
PROFILES = st.sampled_from([GCM, CM])
KEYS = st.tuples(st.binary(min_size=16, max_size=16), st.binary(min_size=14, max_size=14))
SSRCS = st.integers(0, 2**32 - 1)
RTCP = st.builds(lambda head, body: b"\x80\xc9" + head + body, st.binary(min_size=6, max_size=6), st.binary())
"""libsrtp wants a header that looks like RTCP."""


class SealJob(ctypes.Structure):
    _fields_ = [
        ("srtp", ctypes.c_void_p),
        ("out", ctypes.c_char_p),
        ("head", ctypes.c_uint16),
        ("prefix", ctypes.c_uint8 * 32),
        ("prefix_length", ctypes.c_uint8),
        ("body", ctypes.c_char_p),
        ("body_length", ctypes.c_uint16),
        ("ssrc", ctypes.c_uint32),
        ("index", ctypes.c_uint64),
        ("length", ctypes.c_uint16),
    ]


class CWindow(ctypes.Structure):
    _fields_ = [("highest", ctypes.c_int64), ("seen", ctypes.c_uint64 * 16)]


@pytest.fixture(scope="module")
def c() -> ctypes.CDLL:
    library = native_code.build("crypto", "ipsecmb", "srtp")
    why = ctypes.create_string_buffer(200)
    if library.yt_crypto_load(why, ctypes.c_size_t(200)) != 0:
        pytest.skip(why.value.decode())
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    library.yt_srtp_new.restype = pointer
    library.yt_srtp_new.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, size]
    library.yt_srtp_free.argtypes = [pointer]
    library.yt_srtp_seal.argtypes = [pointer, size]
    library.yt_srtp_open.restype = size
    library.yt_srtp_open.argtypes = [pointer, ctypes.c_char_p, size, size, ctypes.c_uint32, ctypes.c_uint64]
    for rtcp in (library.yt_srtcp_seal, library.yt_srtcp_open):
        rtcp.restype = size
        rtcp.argtypes = [pointer, ctypes.c_char_p, size]
    window = ctypes.POINTER(CWindow)
    library.yt_window_index.restype = ctypes.c_int64
    library.yt_window_index.argtypes = [window, ctypes.c_uint16]
    library.yt_window_fresh.restype = ctypes.c_bool
    library.yt_window_fresh.argtypes = [window, ctypes.c_int64]
    library.yt_window_accept.restype = None
    library.yt_window_accept.argtypes = [window, ctypes.c_int64]
    return library


class Native:
    """One direction in C."""

    def __init__(self, c: ctypes.CDLL, profile: int, key: bytes, salt: bytes) -> None:
        self._c = c
        self._srtp = c.yt_srtp_new(profile, key, salt, len(salt))
        assert self._srtp

    def __del__(self) -> None:
        self._c.yt_srtp_free(self._srtp)

    def seal(self, header: bytes, payload: bytes, prefix_bytes: int, ssrc: int, index: int) -> bytes:
        out = ctypes.create_string_buffer(header, len(header) + len(payload) + 16)
        prefix, body = payload[:prefix_bytes], payload[prefix_bytes:]
        job = SealJob(
            self._srtp,
            ctypes.cast(out, ctypes.c_char_p),
            len(header),
            (ctypes.c_uint8 * 32)(*prefix),
            len(prefix),
            body,
            len(body),
            ssrc,
            index,
        )
        self._c.yt_srtp_seal(ctypes.byref(job), 1)
        return out.raw[: job.length]

    def open(self, packet: bytes, head: int, ssrc: int, index: int) -> bytes | None:
        return self._in_place(
            lambda data: self._c.yt_srtp_open(self._srtp, data, head, len(packet), ssrc, index), packet
        )

    def seal_rtcp(self, packet: bytes) -> bytes | None:
        return self._in_place(lambda data: self._c.yt_srtcp_seal(self._srtp, data, len(packet)), packet)

    def open_rtcp(self, packet: bytes) -> bytes | None:
        return self._in_place(lambda data: self._c.yt_srtcp_open(self._srtp, data, len(packet)), packet)

    def _in_place(self, work: Callable[[ctypes.Array[ctypes.c_char]], int], packet: bytes) -> bytes | None:
        data = ctypes.create_string_buffer(packet, len(packet) + 20)
        length = work(data)
        return data.raw[:length] if length else None


def twins(c: ctypes.CDLL, profile: int, keys: tuple[bytes, bytes], *, inbound: bool) -> tuple[Direction, Native]:
    key, salt = keys[0], keys[1][: 12 if profile == GCM else 14]
    twin: Direction = GcmDirection(key, salt) if profile == GCM else CmDirection(key, salt, inbound=inbound)
    return twin, Native(c, profile, key, salt)


def header_of(ssrc: int, sequence: int, words: int) -> bytes:
    """An RTP header with an extension of so many words."""
    extension = b"\xbe\xde" + words.to_bytes(2, "big") + bytes(range(4 * words)) if words else b""
    first = b"\x90" if words else b"\x80"
    return first + b"\x60" + sequence.to_bytes(2, "big") + b"\0\0\0\7" + ssrc.to_bytes(4, "big") + extension


def nonce_of(twin: Direction, ssrc: int, index: int) -> bytes:
    return (twin.salt ^ (ssrc << 48) ^ index).to_bytes(12, "big")


@given(
    PROFILES, KEYS, SSRCS, st.integers(0, 0xFFFF), st.integers(0, 20), st.binary(max_size=1400), st.integers(0, 32)
)
def test_seals_and_opens_as_the_twin(
    c: ctypes.CDLL,
    profile: int,
    keys: tuple[bytes, bytes],
    ssrc: int,
    sequence: int,
    words: int,
    payload: bytes,
    prefix_bytes: int,
) -> None:
    twin, native = twins(c, profile, keys, inbound=False)
    twin_in, native_in = twins(c, profile, keys, inbound=True)
    header, nonce = header_of(ssrc, sequence, words), nonce_of(twin, ssrc, sequence)
    expected = header + twin.seal(nonce, payload, header)
    assert native.seal(header, payload, prefix_bytes, ssrc, sequence) == expected
    assert native_in.open(expected, len(header), ssrc, sequence) == header + payload
    assert twin_in.open(nonce, expected[len(header) :], header) == payload


@given(KEYS, SSRCS, st.integers(0, 2**48 - 1), st.binary(max_size=100))
def test_counts_rollovers_as_the_twin_in_gcm(
    c: ctypes.CDLL, keys: tuple[bytes, bytes], ssrc: int, index: int, payload: bytes
) -> None:
    twin, native = twins(c, GCM, keys, inbound=False)
    header = header_of(ssrc, index & 0xFFFF, 0)
    expected = header + twin.seal(nonce_of(twin, ssrc, index), payload, header)
    assert native.seal(header, payload, 0, ssrc, index) == expected
    assert native.open(expected, len(header), ssrc, index) == header + payload
    assert native.open(expected, len(header), ssrc, index ^ 1 << 47) is None


@settings(max_examples=5)
@given(KEYS, SSRCS)
def test_counts_rollovers_as_libsrtp_in_cm(c: ctypes.CDLL, keys: tuple[bytes, bytes], ssrc: int) -> None:
    twin, native = twins(c, CM, keys, inbound=False)
    for index in range(0x3000, 0x24000, 0x3000):
        header = header_of(ssrc, index & 0xFFFF, 0)
        assert native.seal(header, b"court", 0, ssrc, index) == header + twin.seal(b"", b"court", header), hex(index)


@given(PROFILES, KEYS, SSRCS, st.lists(RTCP, min_size=1, max_size=6))
def test_seals_and_opens_rtcp_as_the_twin(
    c: ctypes.CDLL, profile: int, keys: tuple[bytes, bytes], ssrc: int, packets: list[bytes]
) -> None:
    twin, native = twins(c, profile, keys, inbound=False)
    twin_in, native_in = twins(c, profile, keys, inbound=True)
    for packet in packets:
        # One sender: libsrtp numbers each SSRC by itself, we number all together; receivers take both.
        packet = packet[:4] + ssrc.to_bytes(4, "big") + packet[8:]
        sealed = twin.seal_rtcp(packet)
        assert native.seal_rtcp(packet) == sealed
        assert twin_in.open_rtcp(sealed) == native_in.open_rtcp(sealed) == packet
        assert native_in.open_rtcp(sealed) is None, "replayed"


@given(PROFILES, KEYS, st.binary(max_size=120))
def test_refuses_garbage_as_the_twin(c: ctypes.CDLL, profile: int, keys: tuple[bytes, bytes], garbage: bytes) -> None:
    twin, native = twins(c, profile, keys, inbound=True)
    assert native.open_rtcp(garbage) is None
    with pytest.raises(SrtpError):
        twin.open_rtcp(garbage)
    header = header_of(5, 6, 0)
    assert native.open(header + garbage, len(header), 5, 6) is None
    with pytest.raises(InvalidTag):
        twin.open(nonce_of(twin, 5, 6), garbage, header)


@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("step"), st.integers(-1100, 1100)),
            st.tuples(st.just("step"), st.integers(-3, 5)),
            st.tuples(st.just("any"), st.integers(0, 0xFFFF)),
        ),
        max_size=60,
    ),
    st.integers(0, 0xFFFF),
)
def test_windows_are_alike(c: ctypes.CDLL, moves: list[tuple[str, int]], start: int) -> None:
    twin, native = Window(), CWindow(-1)
    sequence = start
    for kind, value in itertools.chain([("any", start)], moves):
        sequence = value if kind == "any" else (sequence + value) & 0xFFFF
        index = twin.index_of(sequence)
        assert c.yt_window_index(native, sequence) == index
        for near in range(max(0, index - 2), index + 3):
            assert c.yt_window_fresh(native, near) == twin.fresh(near)
        if twin.fresh(index):
            twin.accept(index)
            c.yt_window_accept(native, index)
        assert native.highest == twin.highest
    for index in range(max(0, twin.highest - 1030), twin.highest + 2):
        assert c.yt_window_fresh(native, index) == twin.fresh(index)
