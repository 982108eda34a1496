"""ECDSA signatures with P-256 and SHA-256 (FIPS 186-5), checked with integers alone: what people sign with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from records.standalone.canonical import canonical_bytes

_FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_CURVE_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_GENERATOR = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    1,
)
_NOWHERE = (1, 1, 0)
"""The point at infinity, in Jacobian coordinates."""
_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""SubjectPublicKeyInfo of an uncompressed P-256 point (RFC 5480), up to the point."""


def p256_signed(session: str, event: dict[str, Any], fields: Sequence[str]) -> bool:
    """Whether an event's `signature` is by its `public_key` (both hex) over the session and these fields of it."""
    try:
        stated = {"session": session, **{name: event[name] for name in fields}}
        key, signature = bytes.fromhex(event["public_key"]), bytes.fromhex(event["signature"])
    except (KeyError, TypeError, ValueError):
        return False
    return p256_verify(key, signature, canonical_bytes(stated))


def p256_verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (r and s, 32 bytes each) over `message` is by the holder of `public`, a key as WebCrypto
    exports it ("spki", 91 bytes). Never raises on bad bytes."""
    if len(public) != 91 or not public.startswith(_SPKI) or len(signature) != 64:
        return False
    x, y = int.from_bytes(public[27:59], "big"), int.from_bytes(public[59:], "big")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if x >= _FIELD or y >= _FIELD or (y * y - x * x * x + 3 * x - _CURVE_B) % _FIELD:
        return False
    if not (0 < r < _ORDER and 0 < s < _ORDER):
        return False
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    inverse = pow(s, _ORDER - 2, _ORDER)
    point = _sum_of_products(digest * inverse % _ORDER, _GENERATOR, r * inverse % _ORDER, (x, y, 1))
    if point[2] == 0:
        return False
    return point[0] * pow(point[2], 2 * (_FIELD - 2), _FIELD) % _FIELD % _ORDER == r


def _sum_of_products(u: int, p: tuple[int, int, int], v: int, q: tuple[int, int, int]) -> tuple[int, int, int]:
    """[u]p + [v]q, both scalars walked at once."""
    picks = (_NOWHERE, p, q, _joined(p, q))
    total = _NOWHERE
    for bit in range(max(u.bit_length(), v.bit_length()) - 1, -1, -1):
        total = _joined(_doubled(total), picks[(u >> bit & 1) | (v >> bit & 1) << 1])
    return total


def _doubled(p: tuple[int, int, int]) -> tuple[int, int, int]:
    x, y, z = p
    if z == 0 or y == 0:
        return _NOWHERE
    yy = y * y % _FIELD
    s = 4 * x * yy % _FIELD
    zz = z * z % _FIELD
    m = 3 * (x - zz) * (x + zz) % _FIELD
    nx = (m * m - 2 * s) % _FIELD
    return nx, (m * (s - nx) - 8 * yy * yy) % _FIELD, 2 * y * z % _FIELD


def _joined(p: tuple[int, int, int], q: tuple[int, int, int]) -> tuple[int, int, int]:
    if p[2] == 0:
        return q
    if q[2] == 0:
        return p
    pzz, qzz = p[2] * p[2] % _FIELD, q[2] * q[2] % _FIELD
    u, v = p[0] * qzz % _FIELD, q[0] * pzz % _FIELD
    s, t = p[1] * qzz * q[2] % _FIELD, q[1] * pzz * p[2] % _FIELD
    if u == v:
        return _doubled(p) if s == t else _NOWHERE
    h, r = v - u, t - s
    hh = h * h % _FIELD
    hhh, uhh = h * hh % _FIELD, u * hh % _FIELD
    x = (r * r - hhh - 2 * uhh) % _FIELD
    return x, (r * (uhh - x) - s * hhh) % _FIELD, h * p[2] * q[2] % _FIELD
