"""A certificate for trying things out: browsers give camera and microphone to HTTPS pages only."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
import socket
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from records.private_folder import private_folder

LIFETIME_DAYS = 397
"""Browsers refuse longer ones."""
RENEW_BEFORE_DAYS = 14


def ensure_certificate(folder: Path, extra_names: tuple[str, ...] = ()) -> tuple[Path, Path]:
    """(certificate, private key) as PEM files in `folder`, made when absent, expiring or lacking a name. Idempotent.

    Self-signed for 127.0.0.1, ::1, localhost, this machine's name and `extra_names` (host names or addresses).
    Blocks on files and on key generation: call it in a thread. Raises OSError.
    """
    certificate, private_key = folder / "server.crt", folder / "server.key"
    names = (*_own_names(), *extra_names)
    if private_key.exists() and _still_good(certificate, names):
        return certificate, private_key
    private_folder(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(private_key, pem, 0o600)
    _write(certificate, _self_signed(key, names).public_bytes(serialization.Encoding.PEM), 0o644)
    return certificate, private_key


def _own_names() -> tuple[str, ...]:
    return tuple(dict.fromkeys(("127.0.0.1", "::1", "localhost", socket.gethostname())))


def _general_name(name: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)


def _self_signed(key: ec.EllipticCurvePrivateKey, names: tuple[str, ...]) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Yunting demo")])
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=LIFETIME_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _still_good(path: Path, names: tuple[str, ...]) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        present = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    left = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    return left.days >= RENEW_BEFORE_DAYS and all(_general_name(name) in list(present) for name in names)


def _write(path: Path, content: bytes, mode: int) -> None:
    draft = path.with_suffix(path.suffix + ".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    draft.replace(path)
