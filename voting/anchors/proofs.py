"""What came back from outside, kept beside the log: the evidence itself, of which the log has the hash."""

from __future__ import annotations

import msgspec

from records.anchors.port import Kind
from records.ports import KeyValueStore

PROOFS = "meeting_anchors"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `anchors.jsonl` (docs/ballot-log.md, section 10). `evidence` is lower-case hex."""

    anchor: Kind
    evidence: str
    head: msgspec.Raw


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Proof)


class Proofs:
    """Of all meetings."""

    def __init__(self, store: KeyValueStore) -> None:
        self._store = store

    async def add(self, meeting: str, size: int, kind: Kind, head: bytes, evidence: bytes) -> None:
        """Durable before it returns. Idempotent; of the same head and kind the newest stays."""
        proof = Proof(anchor=kind, evidence=evidence.hex(), head=msgspec.Raw(head))
        await self._store.put(PROOFS, f"{meeting}/{size:016}/{kind}", _encoder.encode(proof))

    async def last(self, meeting: str, kind: Kind) -> int:
        """Size of the largest head that this kind has taken; 0 for none."""
        keys = await self._store.keys(PROOFS, f"{meeting}/")
        return max((int(key.split("/")[1]) for key in keys if key.endswith(f"/{kind}")), default=0)

    async def all(self, meeting: str) -> list[Proof]:
        """By size."""
        found = [await self._store.get(PROOFS, key) for key in await self._store.keys(PROOFS, f"{meeting}/")]
        return [_decoder.decode(raw) for raw in found if raw is not None]

    async def lines(self, meeting: str) -> bytes:
        """The file `anchors.jsonl`."""
        return b"".join(_encoder.encode(proof) + b"\n" for proof in await self.all(meeting))
