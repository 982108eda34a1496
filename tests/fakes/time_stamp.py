"""The shape of a time stamp (RFC 3161, section 2.4.2) without a signature, for who reads no more than its imprint."""

from __future__ import annotations

from collections.abc import Sequence

_SHA256 = bytes.fromhex("300d06096086480165030402010500")
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    length = bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def time_stamp(digest: bytes, certificates: Sequence[bytes] = ()) -> bytes:
    """A granted `TimeStampResp` over a SHA-256, of 2027-01-15 08:00; `certificates` are what stands in each."""
    imprint = _der(0x30, _SHA256, _der(0x04, digest))
    info = _der(
        0x30, b"\x02\x01\x01", b"\x06\x03\x2a\x03\x04", imprint, b"\x02\x01\x05", _der(0x18, b"20270115080000Z")
    )
    content = _der(0x30, _TST_INFO, _der(0xA0, _der(0x04, info)))
    chain = [_der(0xA0, *(_der(0x30, each) for each in certificates))] if certificates else []
    signed = _der(0x30, b"\x02\x01\x03", _der(0x31, _SHA256), content, *chain, _der(0x31))
    token = _der(0x30, _SIGNED_DATA, _der(0xA0, signed))
    return _der(0x30, _der(0x30, b"\x02\x01\x00"), token)
