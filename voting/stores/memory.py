"""A LeafStore in memory: nothing survives. For tests, and for meetings that are only rehearsed."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

from records.errors import OutOfOrder
from voting.ports import KeptHead


class MemoryLeafStore:
    """LeafStore."""

    def __init__(self) -> None:
        self._leaves: dict[str, list[bytes]] = defaultdict(list)
        self._heads: dict[str, list[KeptHead]] = defaultdict(list)

    async def commit(self, meeting: str, first: int, leaves: Sequence[bytes], head: KeptHead) -> None:
        due = len(self._leaves.get(meeting, ()))
        if first != due or head.size != due + len(leaves) or not leaves:
            raise OutOfOrder(meeting, first, due)
        self._leaves[meeting] += leaves
        self._heads[meeting].append(head)

    async def size(self, meeting: str) -> int:
        return len(self._leaves.get(meeting, ()))

    async def leaves(self, meeting: str, first: int = 0) -> AsyncIterator[bytes]:
        for leaf in self._leaves.get(meeting, [])[first:]:
            yield leaf

    async def leaf(self, meeting: str, seq: int) -> bytes | None:
        known = self._leaves.get(meeting, [])
        return known[seq] if 0 <= seq < len(known) else None

    async def heads(self, meeting: str) -> Sequence[KeptHead]:
        return tuple(self._heads.get(meeting, ()))

    async def head_over(self, meeting: str, seq: int) -> KeptHead | None:
        heads = self._heads.get(meeting, [])
        place = bisect_right(heads, seq, key=lambda head: head.size)
        return heads[place] if place < len(heads) else None

    async def meetings(self) -> Sequence[str]:
        return tuple(sorted(self._leaves))

    async def close(self) -> None:
        """Nothing to release."""
