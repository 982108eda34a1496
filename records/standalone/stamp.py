"""What an RFC 3161 time stamp is of, read without a library."""

from __future__ import annotations

import re

_SHA256_OID = bytes.fromhex("0609608648016503040201")
"""DER of the object identifier."""


def imprint_of(stamp: bytes) -> tuple[bytes, str]:
    """What an RFC 3161 answer stamps: the SHA-256 and the time it says (YYYYMMDDHHMMSS[.f]Z). Its signature is not
    looked at. ValueError for whatever is no granted stamp over a SHA-256."""
    try:
        ((_, response),) = _elements(stamp)
        (_, status), (_, token) = _elements(response)
        if _elements(status)[0] not in {(2, b"\0"), (2, b"\1")}:
            raise ValueError("the stamp was not granted")
        (_, wrapped) = _elements(token)[1]
        ((_, signed),) = _elements(wrapped)
        (_, content) = _elements(signed)[2]
        ((_, octets),) = _elements(_elements(content)[1][1])
        ((_, info),) = _elements(octets)
        parts = _elements(info)
        (_, algorithm), (_, digest) = _elements(parts[2][1])
        when = parts[4][1].decode("ascii")
    except (IndexError, ValueError) as error:
        granted = "granted" in str(error)
        raise ValueError(str(error) if granted else "not a time stamp") from error
    if not algorithm.startswith(_SHA256_OID) or len(digest) != 32 or not re.match(r"[0-9]{14}(\.[0-9]+)?Z\Z", when):
        raise ValueError("not a time stamp over a SHA-256")
    return digest, when


def _elements(data: bytes) -> list[tuple[int, bytes]]:
    """The elements of DER, one after the other, as (tag, content). ValueError for anything else."""
    found, at = [], 0
    while at < len(data):
        if len(data) - at < 2:
            raise ValueError("cut off")
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            more = size & 0x7F
            if not 0 < more <= 4 or len(data) - at < more:
                raise ValueError("a length that is not of DER")
            size = int.from_bytes(data[at : at + more], "big")
            at += more
        if len(data) - at < size:
            raise ValueError("cut off")
        found.append((tag, data[at : at + size]))
        at += size
    return found
