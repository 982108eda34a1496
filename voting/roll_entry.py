"""One line of a frozen roll (docs/ballot-log.md, section 3)."""

from __future__ import annotations

import msgspec

from voting.words import Group, Standing


class RollEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one creditor votes with in one group. No name: `person` binds it to one without telling whom."""

    amount_fen: int
    court_ref: str
    creditor: str
    group: Group
    kind: Standing
    person: str
    secured_fen: int


_encoder = msgspec.json.Encoder(order="sorted")


def entry_bytes(entry: RollEntry) -> bytes:
    """Canonical JSON of the entry: a leaf of the roll's tree."""
    return _encoder.encode(entry)
