"""The C consent answers against the Python they are the twin of, for anything that a client sends."""

from __future__ import annotations

import ctypes
import functools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server import stun
from media_server.dataplane.consent import Consent
from tests.fakes import native_code

pytestmark = pytest.mark.unit

UFRAG, PASSWORD = "ours", "a password of ours"
KINDS = [6, 8, 9, 0xA, 0x20, 0x24, 0x25, 0x77, 0x8022, 0x8028, 0x8029, 0x802A, 0xC057]
NAMES = st.sampled_from(
    [b"ours:theirs", b"ours:", b"ours", b"ourss:x", b"theirs:ours", "ours:庭".encode(), b"ours:\xff"]
)
ATTRIBUTES = st.lists(
    st.tuples(st.just(6), NAMES)
    | st.tuples(st.sampled_from(KINDS), st.binary(max_size=9))
    | st.sampled_from([(0x24, bytes(4)), (0x25, b""), (0x802A, bytes(8)), (0x8029, bytes(8))]),
    max_size=5,
)


class Address(ctypes.Structure):
    _fields_ = [
        ("ip", ctypes.c_uint8 * 16),
        ("scope", ctypes.c_uint32),
        ("port", ctypes.c_uint16),
        ("family", ctypes.c_uint16),
    ]


@functools.cache
def library() -> ctypes.CDLL:
    made = native_code.build("consent", "crypto", "ipsecmb", "udp")
    made.yt_consent_new.restype = ctypes.c_void_p
    made.yt_consent_new.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    made.yt_consent_answer.restype = ctypes.c_size_t
    made.yt_consent_answer.argtypes = [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(Address), ctypes.c_char_p,
    ]  # fmt: skip
    why = ctypes.create_string_buffer(200)
    if made.yt_crypto_load(why, ctypes.c_size_t(len(why))):
        pytest.skip(why.value.decode())
    return made


def compiled(data: bytes, host: str, port: int) -> bytes | None:
    source, out = Address(), ctypes.create_string_buffer(80)
    assert library().yt_address_parse(ctypes.byref(source), host.encode(), ctypes.c_uint16(port))
    consent = library().yt_consent_new(UFRAG.encode(), PASSWORD.encode())
    length = library().yt_consent_answer(consent, data, len(data), ctypes.byref(source), out)
    library().yt_consent_free(ctypes.c_void_p(consent))
    return out.raw[:length] if length else None


def same(data: bytes, host: str = "192.0.2.7", port: int = 9) -> bool:
    """Whether both answer it, after they did the same."""
    plain = Consent(UFRAG, PASSWORD).answer(data, (host, port))
    assert compiled(data, host, port) == (plain[0] if plain else None)
    return plain is not None


@given(ATTRIBUTES, st.sampled_from(["192.0.2.7", "2001:db8::9"]), st.integers(1, 65535), st.booleans())
def test_signed_requests(attributes: list[tuple[int, bytes]], host: str, port: int, named: bool) -> None:
    first = [(6, b"ours:theirs")] if named else []
    body = b"".join(
        struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4) for kind, value in first + attributes
    )
    head = struct.pack("!HHI", 1, len(body) + 24, stun.MAGIC_COOKIE) + b"transaction1"
    integrity = stun._integrity(head + body, PASSWORD)
    head = head[:2] + struct.pack("!H", len(body) + 32) + head[4:]
    message = head + body + struct.pack("!HH", 8, 20) + integrity
    message += struct.pack("!HHI", 0x8028, 4, stun._crc(message))
    same(message, host, port)


@given(st.integers(0, 200), st.integers(0, 255), st.integers(0, 200))
def test_a_check_with_one_byte_changed_or_its_end_cut_off(at: int, value: int, length: int) -> None:
    data = bytearray(stun.request(b"transaction1", f"{UFRAG}:theirs", PASSWORD, use_candidate=True))
    assert same(bytes(data))
    same(bytes(data[:length]))
    data[at % len(data)] = value
    same(bytes(data))
