"""DTLS-SRTP of one load-generator peer, either role: datagrams in, datagrams and keys out. No sockets here."""

from __future__ import annotations

import datetime
import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from media_server.dataplane.ports import SrtpKeys, SrtpProfile

_EXPORTER = b"EXTRACTOR-dtls_srtp"
_MTU_BYTES = 1200
_RECORD_HEADER_BYTES = 13
_NAMES = {
    SrtpProfile.AEAD_AES_128_GCM: b"SRTP_AEAD_AES_128_GCM",
    SrtpProfile.AES_CM_128_HMAC_SHA1_80: b"SRTP_AES128_CM_SHA1_80",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """A key and its certificate; all peers of a run share one."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def fingerprint(self) -> str:
        """SHA-256 as SDP writes it."""
        return _fingerprint(self.certificate)


@functools.cache
def identity() -> Identity:
    """Made once a process: ECDSA P-256, self-signed, valid for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "load")])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
    return Identity(key, builder.sign(key, hashes.SHA256()))


class Handshake:
    """One association. Feed `take` with DTLS datagrams and call `poll` now and then until `keys` is there."""

    def __init__(
        self, profile: SrtpProfile, fingerprint: str, *, client: bool, send: Callable[[bytes], None]
    ) -> None:
        """`fingerprint`: what the peer's SDP says of its certificate; any other fails the handshake."""
        self.keys: SrtpKeys | None = None
        self.failed: str | None = None
        self._profile, self._fingerprint, self._client, self._send = profile, fingerprint.upper(), client, send
        context: Any = SSL.Context(SSL.DTLS_METHOD)
        context.use_certificate(identity().certificate)
        context.use_privatekey(identity().key)
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        context.set_tlsext_use_srtp(_NAMES[profile])
        self._ssl: Any = SSL.Connection(context, None)
        self._ssl.set_ciphertext_mtu(_MTU_BYTES)
        (self._ssl.set_connect_state if client else self._ssl.set_accept_state)()

    def take(self, datagram: bytes) -> None:
        """A DTLS datagram of the peer."""
        self._ssl.bio_write(datagram)
        self._run()

    def poll(self) -> None:
        """Begin, or send again what seems lost."""
        self._ssl.DTLSv1_handle_timeout()
        self._run()

    def _run(self) -> None:
        if self.keys is None and self.failed is None:
            try:
                self._ssl.do_handshake()
                self._finish()
            except SSL.WantReadError:
                pass
            except SSL.Error as error:
                self.failed = f"DTLS: {error}"
        self._flush()

    def _finish(self) -> None:
        certificate = self._ssl.get_peer_certificate(as_cryptography=True)
        if _fingerprint(certificate) != self._fingerprint:
            self.failed = "DTLS: the certificate is not the one of the SDP"
            return
        salt = 12 if self._profile is SrtpProfile.AEAD_AES_128_GCM else 14
        material: bytes = self._ssl.export_keying_material(_EXPORTER, 2 * (16 + salt))
        keys, salts = (material[:16], material[16:32]), (material[32 : 32 + salt], material[32 + salt :])
        mine = 0 if self._client else 1
        self.keys = SrtpKeys(self._profile, keys[1 - mine], salts[1 - mine], keys[mine], salts[mine])

    def _flush(self) -> None:
        """Several records may come out at once: cut them into datagrams."""
        try:
            written: bytes = self._ssl.bio_read(1 << 16)
        except SSL.Error:
            return
        datagram = b""
        while written:
            size = _RECORD_HEADER_BYTES + int.from_bytes(written[11:13], "big")
            if datagram and len(datagram) + size > _MTU_BYTES:
                self._send(datagram)
                datagram = b""
            datagram, written = datagram + written[:size], written[size:]
        self._send(datagram)


def _fingerprint(certificate: x509.Certificate) -> str:
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest().hex(":").upper()
