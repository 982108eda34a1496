"""Writing a BagIt bag (RFC 8493) whose every byte is listed, hashed twice and signed.

Payload files are hashed while they are written. The signature covers both tag manifests, they cover every tag file,
the manifests every payload file; so one Ed25519 signature vouches for the whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from records import verify
from records.file_names import is_safe_path
from records.keys import CourtKey
from records.vault.unlocked import open_recorded

CHUNK_BYTES = 1 << 20
LONGEST_PATH = 150
"""Characters of a path inside a package: with the package's own name (80) that makes fewer than 240 of the 259 that
Windows takes, drive and folder included."""


class Bag:
    """A bag under construction in `folder` (which must be empty). Synchronous: used from a worker thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.digests: dict[str, dict[str, str]] = {}
        self.payload_bytes = 0
        self._known: dict[str, str] = {}
        self.progress: Callable[[int], None] | None = None
        """Called with the bytes just hashed."""

    def add(self, path: str, data: bytes) -> None:
        """A payload or tag file of these bytes."""
        target = self._target(path)
        target.write_bytes(data)
        self._note(path, iter([data]))

    def copy(self, path: str, source: Path) -> None:
        """A file copied from elsewhere, hashed in the same pass; a sealed recording's plain bytes."""
        target = self._target(path)
        with open_recorded(source) as reader, target.open("wb") as writer:

            def copied() -> Iterator[bytes]:
                for chunk in _chunks(reader):
                    writer.write(chunk)
                    yield chunk

            self._note(path, copied())

    def adopt(self, path: str) -> None:
        """A file that is already in its place in the bag."""
        with self._target(path).open("rb") as reader:
            self._note(path, _chunks(reader))

    def seal(self, key: CourtKey, info: Mapping[str, str]) -> str:
        """Write the tag files and the signature; returns SHA-512 of `manifest-sha512.txt`. Only once."""
        payload = {path: d for path, d in self.digests.items() if path.startswith("data/")}
        oxum = {"Payload-Oxum": f"{self.payload_bytes}.{len(payload)}"}
        self.add("bagit.txt", verify.BAGIT_TXT)
        lines = [f"{name}: {' '.join(text.split())}\n" for name, text in {**info, **oxum}.items()]
        self.add("bag-info.txt", "".join(lines).encode())
        self.add(verify.KEY_FILE, public_pem(key))
        for algorithm, path in zip(verify.ALGORITHMS, verify.MANIFESTS, strict=True):
            self.add(path, _manifest(payload, algorithm))
        tags = {path: d for path, d in self.digests.items() if not path.startswith("data/")}
        statement = f"Yunting-Package-Signature: 1\nKey: {key.fingerprint}\n"
        for algorithm, path in zip(verify.ALGORITHMS, verify.TAG_MANIFESTS, strict=True):
            text = _manifest(tags, algorithm)
            self._target(path).write_bytes(text)
            statement += f"{path}: {hashlib.sha512(text).hexdigest()}\n"
        signature = key.sign(statement.encode()).hex()
        self._target(verify.SIGNATURE_FILE).write_text(f"{statement}Signature: {signature}\n", newline="\n")
        return self.digests[verify.MANIFESTS[0]]["sha512"]

    def _target(self, path: str) -> Path:
        if not is_safe_path(path) or len(path) > LONGEST_PATH:
            raise ValueError(f"{path!r} is no safe path inside a package")
        # Where case does not count one of the two would take the other's place.
        if self._known.setdefault(path.casefold(), path) != path:
            raise ValueError(f"{path!r} differs from {self._known[path.casefold()]!r} in case only")
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _note(self, path: str, chunks: Iterator[bytes]) -> None:
        hashes: dict[str, Any] = {algorithm: verify.new_hash(algorithm) for algorithm in verify.ALGORITHMS}
        for chunk in chunks:
            for item in hashes.values():
                item.update(chunk)
            if path.startswith("data/"):
                self.payload_bytes += len(chunk)
            if self.progress is not None:
                self.progress(len(chunk))
        self.digests[path] = {algorithm: item.hexdigest() for algorithm, item in hashes.items()}


def public_pem(key: CourtKey) -> bytes:
    """SubjectPublicKeyInfo PEM of the court's public key (RFC 8410)."""
    public = Ed25519PublicKey.from_public_bytes(key.public_bytes)
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _manifest(digests: Mapping[str, Mapping[str, str]], algorithm: str) -> bytes:
    return "".join(f"{digests[path][algorithm]}  {path}\n" for path in sorted(digests)).encode()


def _chunks(reader: Any) -> Iterator[bytes]:
    while chunk := reader.read(CHUNK_BYTES):
        yield chunk
