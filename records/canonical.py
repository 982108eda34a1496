"""Canonical JSON: the one text of a value that is hashed and signed.

Object keys sorted by code point, no blanks, UTF-8 without escapes beyond JSON's own, integers only. It equals
`json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()` of the standard library,
so that a verifier needs nothing else; a property test keeps the two the same. (RFC 8785 without its floats.)
"""

from __future__ import annotations

from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(order="sorted")


def canonical(value: Any) -> bytes:
    """Canonical JSON of a msgspec struct or of plain dicts, lists, strings, integers, booleans and None.

    TypeError when a float is anywhere inside; UnicodeEncodeError for lone surrogates.
    """
    plain = msgspec.to_builtins(value)
    _refuse_floats(plain)
    return _encoder.encode(plain)


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"a float has no canonical text: {value!r}")
    if isinstance(value, dict):
        for inner in value.values():
            _refuse_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_floats(inner)
