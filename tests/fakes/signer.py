"""A person's device that signs minutes as a browser does (WebCrypto: ECDSA, P-256, SHA-256)."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hearing.review_commands import SignMinutes
from hearing.review_events import MinutesSigned
from hearing.seal_events import IncidentSigned
from hearing.signing import incident_statement, statement

PICTURE = b"\x89PNG a hand-written name"


class Signer:
    """Makes a new key for each instance."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()

    def signed(
        self,
        session: str,
        participant: str,
        minutes_sha256: str,
        utc_ms: int,
        verdict: str = "",
        picture: bytes = PICTURE,
    ) -> MinutesSigned:
        """A signature that holds."""
        draft = MinutesSigned(
            participant=participant,
            minutes_sha256=minutes_sha256,
            image_sha256=hashlib.sha256(picture).hexdigest(),
            public_key=self.public_key,
            signature="",
            verdict=verdict,
            signed_utc_ms=utc_ms,
        )
        der = self._key.sign(statement(session, draft), ec.ECDSA(SHA256()))
        signature = b"".join(number.to_bytes(32) for number in decode_dss_signature(der))
        return msgspec.structs.replace(draft, signature=signature.hex())

    def signed_incident(
        self, session: str, participant: str, incident: int, statement_sha256: str, utc_ms: int
    ) -> dict[str, Any]:
        """Fields of a signature under a statement on an incident, as the page sends them."""
        draft = IncidentSigned(
            incident=incident,
            participant=participant,
            statement_sha256=statement_sha256,
            public_key=self.public_key,
            signature="",
            signed_utc_ms=utc_ms,
        )
        der = self._key.sign(incident_statement(session, draft), ec.ECDSA(SHA256()))
        signature = b"".join(number.to_bytes(32) for number in decode_dss_signature(der))
        return {
            "incident": incident,
            "statement_sha256": statement_sha256,
            "public_key": self.public_key,
            "signature": signature.hex(),
            "signed_utc_ms": utc_ms,
        }


def command_of(signed: MinutesSigned) -> SignMinutes:
    """What the page sends."""
    return SignMinutes(
        minutes_sha256=signed.minutes_sha256,
        image_sha256=signed.image_sha256,
        public_key=signed.public_key,
        signature=signed.signature,
        verdict=signed.verdict,
        signed_utc_ms=signed.signed_utc_ms,
    )
