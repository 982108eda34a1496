"""STUN binding messages (RFC 8489) as ICE uses them (RFC 8445): parse, check, answer. Pure, no sockets.

An ICE-lite agent only answers: `parse` turns a datagram into a `Message`, `Message.authentic` checks
MESSAGE-INTEGRITY with our password, `success` and `failure` build the reply. `request` is for tests and tools.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

MAGIC_COOKIE = 0x2112A442
HEADER_BYTES = 20
MAX_MESSAGE_BYTES = 1500

_FINGERPRINT_XOR = 0x5354554E
_INTEGRITY_BYTES = 20
_MAX_ATTRIBUTES = 32


class Class(IntEnum):
    """Message class bits of the type field, for method Binding."""

    REQUEST = 0x0001
    INDICATION = 0x0011
    SUCCESS = 0x0101
    ERROR = 0x0111


class Attribute(IntEnum):
    """Attribute types we read or write; any other below 0x8000 must be understood and is refused with 420."""

    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    UNKNOWN_ATTRIBUTES = 0x000A
    XOR_MAPPED_ADDRESS = 0x0020
    PRIORITY = 0x0024
    USE_CANDIDATE = 0x0025
    SOFTWARE = 0x8022
    FINGERPRINT = 0x8028
    ICE_CONTROLLED = 0x8029
    ICE_CONTROLLING = 0x802A


_KNOWN = frozenset(int(attribute) for attribute in Attribute)
_FIXED_BYTES = {
    Attribute.MESSAGE_INTEGRITY: _INTEGRITY_BYTES,
    Attribute.PRIORITY: 4,
    Attribute.USE_CANDIDATE: 0,
    Attribute.FINGERPRINT: 4,
    Attribute.ICE_CONTROLLED: 8,
    Attribute.ICE_CONTROLLING: 8,
}


class StunError(ValueError):
    """The datagram is no STUN message this module reads; the text says why."""


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed Binding message. `attributes` are in wire order up to MESSAGE-INTEGRITY, first of a kind counts."""

    kind: Class
    transaction: bytes
    """12 bytes."""
    attributes: tuple[tuple[int, bytes], ...]
    raw: bytes
    integrity_at: int | None
    """Offset of the MESSAGE-INTEGRITY attribute in `raw`."""

    def get(self, attribute: Attribute) -> bytes | None:
        """Value of the first attribute of this type, or None."""
        return next((value for kind, value in self.attributes if kind == attribute), None)

    @property
    def username(self) -> str | None:
        """USERNAME as text; None when absent or not UTF-8. In a check it is `<our ufrag>:<their ufrag>`."""
        value = self.get(Attribute.USERNAME)
        try:
            return None if value is None else value.decode()
        except UnicodeDecodeError:
            return None

    @property
    def use_candidate(self) -> bool:
        """The controlling agent nominates this pair (RFC 8445 7.3.1.5)."""
        return self.get(Attribute.USE_CANDIDATE) is not None

    @property
    def unknown_required(self) -> tuple[int, ...]:
        """Comprehension-required attribute types that we do not know (RFC 8489 6.3.1)."""
        return tuple(kind for kind, _ in self.attributes if kind < 0x8000 and kind not in _KNOWN)

    def authentic(self, password: str) -> bool:
        """Whether MESSAGE-INTEGRITY (short-term credential, HMAC-SHA1) fits `password`. False when absent."""
        if self.integrity_at is None:
            return False
        expected = _integrity(self.raw[: self.integrity_at], password)
        found = self.raw[self.integrity_at + 4 : self.integrity_at + 4 + _INTEGRITY_BYTES]
        return hmac.compare_digest(expected, found)

    @property
    def mapped_address(self) -> tuple[str, int] | None:
        """XOR-MAPPED-ADDRESS of an answer; None when absent or malformed."""
        value = self.get(Attribute.XOR_MAPPED_ADDRESS)
        if value is None or len(value) not in (8, 20) or value[1] != (1 if len(value) == 8 else 2):
            return None
        port = int.from_bytes(value[2:4], "big") ^ (MAGIC_COOKIE >> 16)
        mask = MAGIC_COOKIE.to_bytes(4, "big") + self.transaction
        host = ipaddress.ip_address(bytes(a ^ b for a, b in zip(value[4:], mask, strict=False)))
        return str(host), port

    @property
    def error_code(self) -> int | None:
        """ERROR-CODE of an error answer, such as 401."""
        value = self.get(Attribute.ERROR_CODE)
        return None if value is None or len(value) < 4 else (value[2] & 7) * 100 + value[3]


def parse(data: bytes) -> Message:
    """Read a Binding message. FINGERPRINT is verified when present; integrity is not (see `Message.authentic`).

    Raises StunError, and nothing else, for any other input.
    """
    if not HEADER_BYTES <= len(data) <= MAX_MESSAGE_BYTES:
        raise StunError(f"{len(data)} bytes is no STUN message")
    kind, length, cookie = struct.unpack_from("!HHI", data)
    if cookie != MAGIC_COOKIE:
        raise StunError("wrong magic cookie")
    if length % 4 or length != len(data) - HEADER_BYTES:
        raise StunError(f"length field {length} does not fit {len(data)} bytes")
    try:
        message_class = Class(kind)
    except ValueError:
        raise StunError(f"message type {kind:#06x} is not Binding") from None

    attributes: list[tuple[int, bytes]] = []
    integrity_at: int | None = None
    at = HEADER_BYTES
    while at < len(data):
        if len(data) - at < 4:
            raise StunError("attribute header cut off")
        attribute, size = struct.unpack_from("!HH", data, at)
        value = data[at + 4 : at + 4 + size]
        if len(value) != size:
            raise StunError(f"attribute {attribute:#06x} cut off")
        if _FIXED_BYTES.get(attribute, size) != size:
            raise StunError(f"attribute {attribute:#06x} has {size} bytes")
        if attribute == Attribute.FINGERPRINT:
            if at + 8 != len(data) or int.from_bytes(value, "big") != _crc(data[:at]):
                raise StunError("wrong FINGERPRINT")
        elif integrity_at is None:
            # What follows MESSAGE-INTEGRITY is not covered by it and must be ignored (RFC 8489 14.5).
            if attribute == Attribute.MESSAGE_INTEGRITY:
                integrity_at = at
            if len(attributes) == _MAX_ATTRIBUTES:
                raise StunError(f"more than {_MAX_ATTRIBUTES} attributes")
            attributes.append((attribute, value))
        at += 4 + size + (-size % 4)
    return Message(message_class, data[8:20], tuple(attributes), data, integrity_at)


def success(request: Message, source: tuple[str, int], password: str) -> bytes:
    """Binding success for `request`, which came from `source`, signed with our `password`."""
    attributes = [(Attribute.XOR_MAPPED_ADDRESS, _xor_address(source, request.transaction))]
    return _build(Class.SUCCESS, request.transaction, attributes, password)


def failure(request: Message, code: int, reason: str, password: str | None = None) -> bytes:
    """Binding error such as 400, 401, 420 or 487; unsigned without a password (the sender was not identified)."""
    attributes = [(Attribute.ERROR_CODE, struct.pack("!HBB", 0, code // 100, code % 100) + reason.encode())]
    if code == 420:
        unknown = request.unknown_required
        attributes.append((Attribute.UNKNOWN_ATTRIBUTES, struct.pack(f"!{len(unknown)}H", *unknown)))
    return _build(Class.ERROR, request.transaction, attributes, password)


def request(
    transaction: bytes,
    username: str,
    password: str,
    *,
    priority: int = 0x6E7F00FF,
    tie_breaker: int = 0,
    controlling: bool = True,
    use_candidate: bool = False,
) -> bytes:
    """A connectivity check as a full agent sends it (RFC 8445 7.1)."""
    role = Attribute.ICE_CONTROLLING if controlling else Attribute.ICE_CONTROLLED
    attributes = [
        (Attribute.USERNAME, username.encode()),
        (Attribute.PRIORITY, priority.to_bytes(4, "big")),
        (role, tie_breaker.to_bytes(8, "big")),
    ]
    if use_candidate:
        attributes.append((Attribute.USE_CANDIDATE, b""))
    return _build(Class.REQUEST, transaction, attributes, password)


def _build(
    kind: Class, transaction: bytes, attributes: Sequence[tuple[Attribute, bytes]], password: str | None
) -> bytes:
    body = b"".join(_attribute(attribute, value) for attribute, value in attributes)
    message = _header(kind, len(body), transaction) + body
    if password is not None:
        message += _attribute(Attribute.MESSAGE_INTEGRITY, _integrity(message, password))
    message = _header(kind, len(message) - HEADER_BYTES + 8, transaction) + message[HEADER_BYTES:]
    return message + _attribute(Attribute.FINGERPRINT, _crc(message).to_bytes(4, "big"))


def _header(kind: int, length: int, transaction: bytes) -> bytes:
    return struct.pack("!HHI", kind, length, MAGIC_COOKIE) + transaction


def _attribute(kind: Attribute, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _integrity(before: bytes, password: str) -> bytes:
    """HMAC over everything before the attribute, with the length field counting the attribute itself."""
    length = struct.pack("!H", len(before) - HEADER_BYTES + 4 + _INTEGRITY_BYTES)
    return hmac.digest(password.encode(), before[:2] + length + before[4:], hashlib.sha1)


def _crc(before: bytes) -> int:
    return zlib.crc32(before) ^ _FINGERPRINT_XOR


def _xor_address(address: tuple[str, int], transaction: bytes) -> bytes:
    host = ipaddress.ip_address(address[0]).packed
    mask = MAGIC_COOKIE.to_bytes(4, "big") + transaction
    family = 1 if len(host) == 4 else 2
    packed = bytes(a ^ b for a, b in zip(host, mask, strict=False))
    return struct.pack("!BBH", 0, family, address[1] ^ (MAGIC_COOKIE >> 16)) + packed
