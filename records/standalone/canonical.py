"""Canonical JSON: names sorted, no spaces, UTF-8, no floats."""

from __future__ import annotations

import json
from typing import Any

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _refuse(text: str) -> Any:
    raise ValueError(f"no float has a canonical form: {text}")


_decode = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse).decode


def parse_object(line: bytes) -> dict[str, Any] | None:
    """The object of a line of canonical JSON, or None when it is anything else."""
    try:
        text = line.decode("utf-8")
        value = _decode(text)
        if type(value) is dict and _encode(value) == text:
            return value
    except (ValueError, RecursionError):
        pass
    return None


def canonical_text(value: Any) -> str:
    """As `canonical_bytes`, before UTF-8."""
    return _encode(value)


def canonical_bytes(value: Any) -> bytes:
    """ValueError where it has no canonical form."""
    return _encode(value).encode("utf-8")


def canonical_without(value: dict[str, Any], field: str) -> bytes:
    """The canonical form of `value` less one field: what a signature in that field is over."""
    return canonical_bytes({name: inner for name, inner in value.items() if name != field})
