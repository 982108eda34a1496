"""Identifiers: ULIDs (https://github.com/ulid/spec), sortable by time, and the eight-digit hearing code."""

from __future__ import annotations

import re
import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}\Z")
_CASE_NO = re.compile(r"[（(]\d{4}[)）][^\s\x00-\x1f/\\]{1,40}号\Z")


def new_ulid(utc_ms: int) -> str:
    """A new 26-character identifier: 48 bits of `utc_ms`, 80 random bits. ValueError outside the range."""
    if not 0 <= utc_ms < 1 << 48:
        raise ValueError(f"utc_ms {utc_ms} does not fit a ULID")
    number = (utc_ms << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -5, -5))


def is_ulid(text: str) -> bool:
    """Whether `text` is a ULID in canonical (upper) case."""
    return _ULID.match(text) is not None


def time_of(ulid: str) -> int:
    """The `utc_ms` it was made with. ValueError for anything else."""
    if not is_ulid(ulid):
        raise ValueError(f"{ulid!r} is no ULID")
    number = 0
    for letter in ulid[:10]:
        number = number << 5 | _ALPHABET.index(letter)
    return number


def new_hearing_code() -> str:
    """Eight digits that a person types at a kiosk (庭审码); unguessable only together with a rate limit."""
    return f"{secrets.randbelow(10**8):08d}"


def is_case_no(text: str) -> bool:
    """Whether `text` looks like a Chinese case number, e.g. (2018)粤01破1号."""
    return _CASE_NO.match(text) is not None
