"""A signature of the minutes holds only while nothing of it has changed."""

from __future__ import annotations

import hypothesis.strategies as st
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given

from hearing.signing import holds, statement
from tests.fakes.signer import PICTURE, Signer

pytestmark = pytest.mark.unit

SIGNED = Signer().signed("S", "plaintiff", "ab" * 32, 1_795_000_000_000, verdict="V")


def test_a_whole_signature_holds() -> None:
    assert holds("S", SIGNED, PICTURE)


def test_the_statement_is_the_same_bytes_in_every_language() -> None:
    assert (
        statement("S", SIGNED)
        == (
            f'{{"image_sha256":"{SIGNED.image_sha256}","minutes_sha256":"{SIGNED.minutes_sha256}","participant":"plaintiff",'
            '"session":"S","signed_utc_ms":1795000000000,"verdict":"V"}'
        ).encode()
    )


@pytest.mark.parametrize(
    "field", ["participant", "minutes_sha256", "image_sha256", "verdict", "signature", "public_key"]
)
@given(data=st.data())
def test_one_changed_character_anywhere_breaks_it(field: str, data: st.DataObject) -> None:
    text = getattr(SIGNED, field)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("0123456789abcdef").filter(lambda c: c != text[at]))
    changed = msgspec.structs.replace(SIGNED, **{field: text[:at] + other + text[at + 1 :]})
    assert not holds("S", changed, PICTURE)


@given(st.integers(0, len(PICTURE) - 1), st.integers(1, 255))
def test_one_flipped_byte_of_the_picture_breaks_it(at: int, flip: int) -> None:
    picture = PICTURE[:at] + bytes([PICTURE[at] ^ flip]) + PICTURE[at + 1 :]
    assert not holds("S", SIGNED, picture)


def test_another_session_or_time_breaks_it() -> None:
    assert not holds("T", SIGNED, PICTURE)
    later = msgspec.structs.replace(SIGNED, signed_utc_ms=SIGNED.signed_utc_ms + 1)
    assert not holds("S", later, PICTURE)


@given(st.binary(max_size=120), st.binary(max_size=120))
def test_bytes_that_are_no_key_or_signature_are_no_fault(key: bytes, signature: bytes) -> None:
    odd = msgspec.structs.replace(SIGNED, public_key=key.hex(), signature=signature.hex())
    assert not holds("S", odd, PICTURE)


def test_keys_of_other_kinds_are_refused() -> None:
    others = (
        ed25519.Ed25519PrivateKey.generate().public_key(),
        rsa.generate_private_key(65537, 1024).public_key(),
    )
    for key in others:
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()
        assert not holds("S", msgspec.structs.replace(SIGNED, public_key=der), PICTURE)
