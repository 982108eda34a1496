"""The verifier's own cryptography against published vectors and against the libraries it does without."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from records.standalone.canonical import canonical_bytes, parse_object
from records.standalone.ed25519 import ed25519_verify
from records.standalone.sm3 import PureSm3, new_hash

pytestmark = pytest.mark.unit

# RFC 8032, section 7.1: TEST 1, 2, 3, SHA(abc): secret key, public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
        "3dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_ed25519_vectors_of_rfc_8032(public: str, message: str, signature: str) -> None:
    key, text, mark = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert ed25519_verify(key, mark, text)
    assert not ed25519_verify(key, mark, text + b"\0")
    assert not ed25519_verify(key, mark[:32] + bytes(32), text)


@settings(max_examples=25)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
def test_ed25519_agrees_with_the_library(seed: bytes, message: bytes, flipped_bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert ed25519_verify(public, signature, message)
    altered = bytearray(signature)
    altered[flipped_bit // 8] ^= 1 << flipped_bit % 8
    assert not ed25519_verify(public, bytes(altered), message)


@settings(max_examples=40)
@given(st.binary(max_size=40), st.binary(max_size=70), st.binary(max_size=10))
def test_ed25519_never_raises(public: bytes, signature: bytes, message: bytes) -> None:
    assert not ed25519_verify(public, signature, message)


def test_ed25519_refuses_a_malleable_scalar() -> None:
    public, message, signature = (bytes.fromhex(part) for part in RFC_8032[1])
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = int.from_bytes(signature[32:], "little") + order
    assert not ed25519_verify(public, signature[:32] + scalar.to_bytes(32, "little"), message)


def test_sm3_vectors_of_gb_t_32905() -> None:
    assert PureSm3(b"abc").hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert PureSm3(b"abcd" * 16).hexdigest() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


@given(st.lists(st.binary(max_size=150), max_size=4))
def test_pure_sm3_agrees_with_openssl(parts: list[bytes]) -> None:
    pure = PureSm3()
    for part in parts:
        pure.update(part)
    assert pure.hexdigest() == hashlib.new("sm3", b"".join(parts)).hexdigest()


def test_sm3_falls_back_where_openssl_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str, *_: object) -> object:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(hashlib, "new", without)
    item = new_hash("sm3")
    item.update(b"abc")
    assert item.hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@given(st.text(max_size=300))
def test_line_parser_takes_only_canonical_objects(text: str) -> None:
    found = parse_object(text.encode("utf-8", "replace"))
    assert found is None or canonical_bytes(found) == text.encode("utf-8", "replace")
