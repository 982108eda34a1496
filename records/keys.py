"""The court's signing key: Ed25519 (RFC 8032) in a PEM file that only the server may read."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from records.errors import KeyFault
from records.private_folder import private_folder


class CourtKey:
    """Signs heads and manifests. Reads and writes files synchronously: load it before the event loop starts."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_bytes = private.public_key().public_bytes_raw()
        """The raw 32-byte public key."""
        self.fingerprint = fingerprint_of(self.public_bytes)
        """SHA-256 of the raw public key, lower-case hex: what the court publishes."""

    @classmethod
    def generate(cls) -> CourtKey:
        """A new key that is kept nowhere."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load_or_create(cls, path: Path) -> CourtKey:
        """The key in `path` (PKCS#8 PEM, mode 0600), made when absent. Idempotent; of two processes that start
        together one makes it and both get the same. Raises KeyFault."""
        try:
            return cls._load(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise KeyFault(f"{path}: {error.strerror}") from error
        try:
            _create(path, Ed25519PrivateKey.generate())
            return cls._load(path)
        except OSError as error:
            raise KeyFault(f"{path}: {error.strerror}") from error

    @classmethod
    def _load(cls, path: Path) -> CourtKey:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            pem = file.read(10_000)
        if mode & 0o077:
            raise KeyFault(f"{path}: mode {mode:03o} lets others read the court's key; run chmod 600")
        try:
            private = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError) as error:
            raise KeyFault(f"{path}: not an unencrypted PEM key ({error})") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyFault(f"{path}: an Ed25519 key is needed")
        return cls(private)

    def sign(self, message: bytes) -> bytes:
        """64-byte Ed25519 signature."""
        return self._private.sign(message)


def fingerprint_of(public_bytes: bytes) -> str:
    """SHA-256 of a raw public key, lower-case hex."""
    return hashlib.sha256(public_bytes).hexdigest()


def verify(public_bytes: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` over `message` is by the holder of the raw public key. Never raises on bad bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public_bytes).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _create(path: Path, private: Ed25519PrivateKey) -> None:
    """Write the key whole or not at all, never over an existing one."""
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    private_folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        draft.unlink(missing_ok=True)
