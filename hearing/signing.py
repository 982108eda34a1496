"""What a person signs when they sign the minutes, and whether a signature holds. Pure.

Reliable in the sense of 电子签名法 art 13: the key was made on the signer's device and is in no other hands; a later
change of the signature, the picture or the minutes is seen, because all are in the statement.
"""

from __future__ import annotations

import hashlib

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from hearing.review_events import MinutesSigned
from hearing.seal_events import IncidentSigned

_COORDINATE_BYTES = 32
_KEY_BYTES = 91
"""An uncompressed point, as WebCrypto exports it: the only form that the verifier of packages reads."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """Field by field what is signed; encoded with sorted keys, no blanks, UTF-8."""

    image_sha256: str
    minutes_sha256: str
    participant: str
    session: str
    signed_utc_ms: int
    verdict: str


def statement(session: str, signed: MinutesSigned) -> bytes:
    """The very bytes that were signed."""
    return msgspec.json.encode(
        Statement(
            image_sha256=signed.image_sha256,
            minutes_sha256=signed.minutes_sha256,
            participant=signed.participant,
            session=session,
            signed_utc_ms=signed.signed_utc_ms,
            verdict=signed.verdict,
        ),
        order="sorted",
    )


def holds(session: str, signed: MinutesSigned, image: bytes) -> bool:
    """Whether the signature is by that key over that statement, and the picture is the one it names. Never raises on
    bad bytes."""
    if hashlib.sha256(image).hexdigest() != signed.image_sha256:
        return False
    return _is_by(signed.public_key, signed.signature, statement(session, signed))


class IncidentStatement(msgspec.Struct, frozen=True, kw_only=True):
    """Field by field what is signed under a statement on an incident; encoded as `Statement`."""

    incident: int
    participant: str
    session: str
    signed_utc_ms: int
    statement_sha256: str


def incident_statement(session: str, signed: IncidentSigned) -> bytes:
    """The very bytes that were signed."""
    return msgspec.json.encode(
        IncidentStatement(
            incident=signed.incident,
            participant=signed.participant,
            session=session,
            signed_utc_ms=signed.signed_utc_ms,
            statement_sha256=signed.statement_sha256,
        ),
        order="sorted",
    )


def incident_holds(session: str, signed: IncidentSigned) -> bool:
    """Whether the signature under a statement on an incident is by that key. Never raises on bad bytes."""
    return _is_by(signed.public_key, signed.signature, incident_statement(session, signed))


def _is_by(public_key: str, signature_hex: str, message: bytes) -> bool:
    try:
        key_bytes, signature = bytes.fromhex(public_key), bytes.fromhex(signature_hex)
        if len(key_bytes) != _KEY_BYTES or len(signature) != 2 * _COORDINATE_BYTES:
            return False
        key = load_der_public_key(key_bytes)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            return False
        r, s = (int.from_bytes(signature[at : at + _COORDINATE_BYTES]) for at in (0, _COORDINATE_BYTES))
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError, TypeError):
        return False
    except Exception as fault:  # cryptography raises types of its own for keys it does not support
        if type(fault).__module__.startswith("cryptography."):
            return False
        raise
    return True
