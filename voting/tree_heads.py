"""Signed tree heads (docs/ballot-log.md, section 8): what the log was, at a size, by the court's key."""

from __future__ import annotations

import msgspec

from records.keys import CourtKey, fingerprint_of, verify


class TreeHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One head. `root` and `signature` are lower-case hex."""

    alg: str
    key: str
    meeting: str
    root: str
    signature: str
    size: int
    utc_ms: int


class _Unsigned(msgspec.Struct, frozen=True, kw_only=True):
    alg: str
    key: str
    meeting: str
    root: str
    size: int
    utc_ms: int


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(TreeHead)


def sign_head(meeting: str, alg: str, size: int, root: bytes, utc_ms: int, key: CourtKey) -> TreeHead:
    """The head, signed."""
    unsigned = _Unsigned(alg=alg, key=key.fingerprint, meeting=meeting, root=root.hex(), size=size, utc_ms=utc_ms)
    signature = key.sign(_encoder.encode(unsigned)).hex()
    return TreeHead(
        alg=alg,
        key=key.fingerprint,
        meeting=meeting,
        root=unsigned.root,
        signature=signature,
        size=size,
        utc_ms=utc_ms,
    )


def head_bytes(head: TreeHead) -> bytes:
    """Canonical JSON of the head."""
    return _encoder.encode(head)


def read_head(data: bytes) -> TreeHead:
    """The head of its JSON. Raises msgspec.MsgspecError."""
    return _decoder.decode(data)


def head_is_valid(head: TreeHead, public_bytes: bytes) -> bool:
    """Whether the holder of this raw public key signed this very head."""
    unsigned = _Unsigned(
        alg=head.alg, key=head.key, meeting=head.meeting, root=head.root, size=head.size, utc_ms=head.utc_ms
    )
    try:
        signature = bytes.fromhex(head.signature)
    except ValueError:
        return False
    return fingerprint_of(public_bytes) == head.key and verify(public_bytes, signature, _encoder.encode(unsigned))
