"""Bytes that can be read only whole: the last of them gone, the others are noise.

Why: a database that overwrites what it deletes still moves small rows about, and now and then leaves a copy of a
row's beginning in an unused part of a page (SQLite with `secure_delete`: about one in a thousand deleted rows). What
is longer than a page's share of a row lies in pages of its own, which are overwritten surely when the row goes. So a
sealed item ends with 2 KB of noise from which the mask of all before it is made: no noise, no item. The idea is the
anti-forensic splitter of LUKS (C. Fruhwirth, New Methods in Hard Disk Encryption, 2005, chapter 5).
"""

from __future__ import annotations

import hashlib
import os

NOISE_BYTES = 2_048
"""More than twice of what SQLite keeps of a row beside others, at pages of 4 KB (1,002 bytes)."""


def spread(data: bytes) -> bytes:
    """`data` and NOISE_BYTES more; different each time. This hides nothing from who has all of it."""
    noise = os.urandom(NOISE_BYTES)
    return _masked(data, noise) + noise


def gathered(whole: bytes) -> bytes:
    """What was spread. ValueError for what is too short; with other damage it is other bytes."""
    if len(whole) < NOISE_BYTES:
        raise ValueError(f"{len(whole)} bytes")
    return _masked(whole[:-NOISE_BYTES], whole[-NOISE_BYTES:])


def _masked(data: bytes, noise: bytes) -> bytes:
    mask = hashlib.shake_256(noise).digest(len(data))
    return (int.from_bytes(data) ^ int.from_bytes(mask)).to_bytes(len(data))
