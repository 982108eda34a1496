"""The court's key file."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from records.errors import KeyFault
from records.keys import CourtKey, verify

pytestmark = pytest.mark.unit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "court.pem"


def test_is_made_once_and_read_after_that(path: Path) -> None:
    made = CourtKey.load_or_create(path)
    assert CourtKey.load_or_create(path).public_bytes == made.public_bytes
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["court.pem"]
    assert made.fingerprint == hashlib.sha256(made.public_bytes).hexdigest()


def test_signs_what_others_can_verify(path: Path) -> None:
    key = CourtKey.load_or_create(path)
    signature = key.sign("判决".encode())
    assert verify(key.public_bytes, signature, "判决".encode())
    assert not verify(key.public_bytes, signature, b"other")
    assert not verify(CourtKey.generate().public_bytes, signature, "判决".encode())
    assert not verify(b"short", b"", b"")


def test_of_many_that_start_together_all_get_one_key(path: Path) -> None:
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(CourtKey.load_or_create(path).public_bytes)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused(path: Path, mode: int) -> None:
    CourtKey.load_or_create(path)
    path.chmod(mode)
    with pytest.raises(KeyFault, match="chmod 600"):
        CourtKey.load_or_create(path)


@pytest.mark.parametrize("content", [b"", b"no key", b"\x00" * 100, b"-----BEGIN PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFault, match=r"court\.pem"):
        CourtKey.load_or_create(path)
    assert path.read_bytes() == content


def test_a_key_of_another_kind_is_refused(path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir()
    path.write_bytes(other)
    path.chmod(0o600)
    with pytest.raises(KeyFault, match="Ed25519"):
        CourtKey.load_or_create(path)


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(KeyFault, match="file"):
        CourtKey.load_or_create(tmp_path / "file" / "court.pem")
