"""Reading what a package says of itself: manifests, key, signature. Junk gives None."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from records.verify.names import TAG_MANIFESTS


def parse_manifest(text: bytes) -> dict[str, str] | None:
    """{path: digest} of a BagIt manifest, or None when a line is wrong or a path is listed twice."""
    entries: dict[str, str] = {}
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return None
    if lines.pop() != "":
        return None
    for line in lines:
        match = re.match(r"([0-9a-f]{64}|[0-9a-f]{128})  ([^\r\n]+)\Z", line)
        if match is None or match.group(2) in entries:
            return None
        entries[match.group(2)] = match.group(1)
    return entries


def parse_info(text: bytes | None) -> dict[str, str]:
    """The fields of `bag-info.txt`; of a field that is there twice the first."""
    fields: dict[str, str] = {}
    for line in (text or b"").decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name, value.strip())
    return fields


def parse_public_key(pem: bytes | None) -> bytes | None:
    """Raw Ed25519 key of a SubjectPublicKeyInfo PEM (RFC 8410), or None."""
    match = re.match(
        rb"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]{1,200})\n-----END PUBLIC KEY-----\n\Z", pem or b""
    )
    if match is None:
        return None
    try:
        der = base64.b64decode(match.group(1).replace(b"\n", b""), validate=True)
    except (binascii.Error, ValueError):
        return None
    prefix = bytes.fromhex("302a300506032b6570032100")
    return der[len(prefix) :] if der.startswith(prefix) and len(der) == len(prefix) + 32 else None


def parse_signature(data: bytes | None) -> dict[str, Any] | None:
    """What the signature file says, or None. The bytes before its last line are what is signed."""
    pattern = (
        rb"(Yunting-Package-Signature: 1\nKey: ([0-9a-f]{64})\n"
        rb"tagmanifest-sha512\.txt: ([0-9a-f]{128})\ntagmanifest-sm3\.txt: ([0-9a-f]{128})\n)"
        rb"Signature: ([0-9a-f]{128})\n\Z"
    )
    match = re.match(pattern, data or b"")
    if match is None:
        return None
    digests = dict(zip(TAG_MANIFESTS, (match.group(3).decode(), match.group(4).decode())))
    return {
        "signed": match.group(1),
        "key": match.group(2).decode(),
        "digests": digests,
        "signature": bytes.fromhex(match.group(5).decode()),
    }


def is_number(value: Any) -> bool:
    """An integer; JSON's true and false are none."""
    return type(value) is int
