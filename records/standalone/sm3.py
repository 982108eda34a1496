"""The hashes: SM3 (GB/T 32905-2016), also for Pythons whose OpenSSL lacks it, and those of SHA-2."""

from __future__ import annotations

import hashlib
from typing import Any

_M32 = 0xFFFFFFFF


def _rotate(word: int, bits: int) -> int:
    bits %= 32
    return (word << bits | word >> (32 - bits)) & _M32


class PureSm3:
    """SM3 as a hashlib-like object; about a thousand times slower than OpenSSL's."""

    def __init__(self, data: bytes = b"") -> None:
        self._state = [
            *(0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600),
            *(0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E),
        ]
        self._rest = b""
        self._length = 0
        self.update(data)

    def update(self, data: bytes) -> None:
        """Feed more bytes."""
        self._length += len(data)
        data = self._rest + bytes(data)
        whole = len(data) // 64 * 64
        for start in range(0, whole, 64):
            self._state = _sm3_block(self._state, data[start : start + 64])
        self._rest = data[whole:]

    def digest(self) -> bytes:
        """Of what was fed so far, 32 bytes."""
        tail = self._rest + b"\x80" + b"\0" * ((55 - len(self._rest)) % 64) + (self._length * 8).to_bytes(8, "big")
        state = self._state
        for start in range(0, len(tail), 64):
            state = _sm3_block(state, tail[start : start + 64])
        return b"".join(word.to_bytes(4, "big") for word in state)

    def hexdigest(self) -> str:
        """`digest` in lower-case hex."""
        return self.digest().hex()


def _sm3_block(state: list[int], block: bytes) -> list[int]:
    w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ _rotate(w[j - 3], 15)
        w.append(x ^ _rotate(x, 15) ^ _rotate(x, 23) ^ _rotate(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        constant = 0x79CC4519 if j < 16 else 0x7A879D8A
        ss1 = _rotate((_rotate(a, 12) + e + _rotate(constant, j)) & _M32, 7)
        ss2 = ss1 ^ _rotate(a, 12)
        ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
        gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g)
        tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & _M32
        tt2 = (gg + h + ss1 + w[j]) & _M32
        d, c, b, a = c, _rotate(b, 9), a, tt1
        h, g, f, e = g, _rotate(f, 19), e, tt2 ^ _rotate(tt2, 9) ^ _rotate(tt2, 17)
    return [old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h))]


def new_hash(algorithm: str, data: bytes = b"") -> Any:
    """A fresh hash object of `sha512`, `sha256` or `sm3`, fed with `data`."""
    if algorithm != "sm3":
        return hashlib.new(algorithm, data)
    try:
        return hashlib.new("sm3", data)
    except ValueError:
        return PureSm3(data)
