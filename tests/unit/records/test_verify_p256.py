"""The verifier's own P-256 against the library it does without, and against keys and signatures that are none."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from records.verify.p256 import p256_verify

pytestmark = pytest.mark.unit

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# FIPS 186-4 test vectors, SigVer.rsp, [P-256,SHA-256]: the first that is good (Result = P).
GOOD = (
    "e424dc61d4bb3cb7ef4344a7f8957a0c5134e16f7a67c074f82e6e12f49abf3c"
    "970eed7aa2bc48651545949de1dddaf0127e5965ac85d1243d6f60e7dfaee927",
    "bf96b99aa49c705c910be33142017c642ff540c76349b9dab72f981fd9347f4f"
    "17c55095819089c2e03b9cd415abdf12444e323075d98f31920b9e0f57ec871c",
    "e1130af6a38ccb412a9c8d13e15dbfc9e69a16385af3c3f1e5da954fd5e7c45fd75e2b8c36699228e92840c0562fbf3772f07e17f1add56588dd45f7450e1217ad239922dd9c32695dc71ff2424ca0dec1321aa47064a044b7fe3c2b97d03ce470a592304c5ef21eed9f93da56bb232d1eeb0035f9bf0dfafdcc4606272b20a3",
)


def spki(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def signed(private: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    der = private.sign(message, ec.ECDSA(SHA256()))
    return b"".join(number.to_bytes(32) for number in decode_dss_signature(der))


def test_a_published_vector() -> None:
    point, signature, message = map(bytes.fromhex, GOOD)
    key = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004") + point
    assert p256_verify(key, signature, message)
    assert not p256_verify(key, signature, message + b"\0")


@settings(max_examples=25, deadline=None)
@given(st.integers(1, ORDER - 1), st.binary(max_size=200), st.integers(0, 511))
def test_it_agrees_with_the_library(secret: int, message: bytes, flipped_bit: int) -> None:
    private = ec.derive_private_key(secret, ec.SECP256R1())
    signature = bytearray(signed(private, message))
    assert p256_verify(spki(private), bytes(signature), message)
    signature[flipped_bit // 8] ^= 1 << flipped_bit % 8
    assert not p256_verify(spki(private), bytes(signature), message)


@settings(max_examples=60)
@given(st.binary(max_size=100), st.binary(max_size=70), st.binary(max_size=10))
def test_it_never_raises(public: bytes, signature: bytes, message: bytes) -> None:
    assert not p256_verify(public, signature, message)


def test_what_is_no_key_and_no_signature_is_refused() -> None:
    private = ec.derive_private_key(7, ec.SECP256R1())
    key, good = spki(private), signed(private, b"x")
    off_the_curve = key[:-1] + bytes([key[-1] ^ 1])
    compressed = private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    for public in (off_the_curve, compressed, key + b"\0", key[:27] + b"\xff" * 64):
        assert not p256_verify(public, good, b"x")
    for signature in (bytes(64), good[:32] + bytes(32), bytes(32) + good[32:], b"\xff" * 64):
        assert not p256_verify(key, signature, b"x")
