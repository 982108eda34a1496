"""Ed25519 signatures (RFC 8032 section 5.1), checked with integers alone. One key signs thousands of heads, so
products come from a table for each point."""

from __future__ import annotations

import functools
import hashlib

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_D2 = 2 * _D % _P
_SQRT_M1 = pow(2, (_P - 1) // 4, _P)
_WINDOW_BITS = 6
_MASK = (1 << _WINDOW_BITS) - 1


def _recover_x(y: int, sign: int) -> int | None:
    if y >= _P:
        return None
    x2 = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (_P + 3) // 8, _P)
    if (x * x - x2) % _P:
        x = x * _SQRT_M1 % _P
    if (x * x - x2) % _P:
        return None
    return _P - x if x & 1 != sign else x


def _add(p: tuple[int, int, int, int], q: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = p[3] * q[3] % _P * _D2 % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _table(point: tuple[int, int, int, int]) -> list[list[tuple[int, int, int, int]]]:
    """[window][digit] -> digit * 2^(window * bits) * point."""
    windows = []
    for _ in range(0, 256, _WINDOW_BITS):
        row = [(0, 1, 1, 0), point]
        for _ in range(_MASK - 1):
            row.append(_add(row[-1], point))
        windows.append(row)
        point = _add(row[-1], point)
    return windows


@functools.lru_cache(maxsize=8)
def _table_of_minus(public: bytes) -> list[list[tuple[int, int, int, int]]] | None:
    number = int.from_bytes(public, "little")
    y = number & ((1 << 255) - 1)
    x = _recover_x(y, number >> 255)
    return None if x is None else _table((_P - x, y, 1, (_P - x) * y % _P))


@functools.lru_cache(maxsize=1)
def _table_of_base() -> list[list[tuple[int, int, int, int]]]:
    y = 4 * pow(5, _P - 2, _P) % _P
    x = _recover_x(y, 0) or 0
    return _table((x, y, 1, x * y % _P))


def ed25519_verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes) over `message` is by the holder of `public` (32). Never raises on bad bytes."""
    if len(public) != 32 or len(signature) != 64:
        return False
    minus_key = _table_of_minus(public)
    s = int.from_bytes(signature[32:], "little")
    if minus_key is None or s >= _L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    total: tuple[int, int, int, int] = (0, 1, 1, 0)
    for table, scalar in ((_table_of_base(), s), (minus_key, k)):
        for row in table:
            digit = scalar & _MASK
            if digit:
                total = _add(total, row[digit])
            scalar >>= _WINDOW_BITS
    z = pow(total[2], _P - 2, _P)
    x, y = total[0] * z % _P, total[1] * z % _P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]
