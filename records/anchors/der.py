"""As much of DER (X.690) as it takes to put a time stamp's certificates in order.

OpenSSL writes the certificates of a signature in the order of the chain, where DER asks for that of their bytes, and
a strict reader refuses the whole answer. They are not under the signature: in order they mean the same.
"""

from __future__ import annotations

from typing import NamedTuple

_CERTIFICATES = 0xA0
"""[0] IMPLICIT SET OF Certificate, after version, algorithms and content (RFC 5652, section 5.1)."""


class _Element(NamedTuple):
    tag: int
    begin: int
    content: int
    end: int


def with_certificates_in_order(stamp: bytes) -> bytes:
    """The `TimeStampResp` with its certificates as DER has them; itself where it has none. ValueError for what is no
    time stamp."""
    try:
        (response,) = _elements(stamp, 0, len(stamp))
        token = _inside(stamp, response)[1]
        (signed,) = _inside(stamp, _inside(stamp, token)[1])
        certificates = _inside(stamp, signed)[3]
    except IndexError as problem:
        raise ValueError("not a time stamp") from problem
    if certificates.tag != _CERTIFICATES:
        return stamp
    each = sorted(stamp[one.begin : one.end] for one in _inside(stamp, certificates))
    return stamp[: certificates.content] + b"".join(each) + stamp[certificates.end :]


def _inside(data: bytes, element: _Element) -> list[_Element]:
    return _elements(data, element.content, element.end)


def _elements(data: bytes, at: int, end: int) -> list[_Element]:
    found = []
    while at < end:
        begin, tag = at, data[at]
        size = data[at + 1]
        at += 2
        if size & 0x80:
            more = size & 0x7F
            if not 0 < more <= 4:
                raise ValueError("a length that is not of DER")
            size = int.from_bytes(data[at : at + more], "big")
            at += more
        if at + size > end:
            raise ValueError("cut off")
        found.append(_Element(tag, begin, at, at + size))
        at += size
    return found
