"""What voting needs from a store: one small Protocol, one contract suite (`tests/contracts/leaf_store.py`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec


class KeptHead(msgspec.Struct, frozen=True):
    """A signed head as kept: its size, and its canonical JSON."""

    size: int
    data: bytes


class LeafStore(Protocol):
    """Append-only store of the meetings' ballot logs. One writer for each meeting; readers see what is durable."""

    async def commit(self, meeting: str, first: int, leaves: Sequence[bytes], head: KeptHead) -> None:
        """Make the leaves, from seq `first` on, and the head over them durable (synced to disk) before returning:
        all or nothing. Raises `records.errors.OutOfOrder` when `first` is not the size of the stored log or the head
        is not over its new end, `StoreUnavailable` when it cannot be said that everything is durable."""

    async def size(self, meeting: str) -> int:
        """Leaves in the log; 0 for an unknown meeting."""

    def leaves(self, meeting: str, first: int = 0) -> AsyncIterator[bytes]:
        """The leaves from seq `first` on, in order."""

    async def leaf(self, meeting: str, seq: int) -> bytes | None:
        """One leaf, or None."""

    async def heads(self, meeting: str) -> Sequence[KeptHead]:
        """All heads, by size."""

    async def head_over(self, meeting: str, seq: int) -> KeptHead | None:
        """The first head whose size is greater than `seq`, or None."""

    async def meetings(self) -> Sequence[str]:
        """Ids of all meetings that have a log, in order."""

    async def close(self) -> None:
        """Release. Idempotent."""
