"""Receipts (docs/ballot-log.md, section 8): of a leaf that is in the log, and of a ballot that came too late."""

from __future__ import annotations

import msgspec

from records.keys import CourtKey


def receipt(head: bytes, leaf: bytes) -> bytes:
    """The receipt of a leaf under the first head that covers it. Both are canonical JSON, and so is the receipt:
    nothing is encoded anew, since there may be thousands in a second."""
    return b'{"head":%b,"leaf":%b}' % (head, leaf)


class _Late(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    closed_seq: int
    creditor: str
    division: str
    idem: str
    key: str
    late: bool
    meeting: str
    motion: str
    round: int
    signature: str = ""
    utc_ms: int


_encoder = msgspec.json.Encoder(order="sorted")


def late_receipt(
    *,
    meeting: str,
    motion: str,
    round: int,
    creditor: str,
    division: str,
    idem: str,
    closed_seq: int,
    utc_ms: int,
    key: CourtKey,
) -> bytes:
    """The signed word that a ballot came at `utc_ms`, after the leaf `closed_seq` had closed the motion."""
    late = _Late(
        closed_seq=closed_seq,
        creditor=creditor,
        division=division,
        idem=idem,
        key=key.fingerprint,
        late=True,
        meeting=meeting,
        motion=motion,
        round=round,
        utc_ms=utc_ms,
    )
    signature = key.sign(_encoder.encode(late)).hex()
    return _encoder.encode(msgspec.structs.replace(late, signature=signature))
