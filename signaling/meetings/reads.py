"""Read receipts: who opened which document, and when first. Durable."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from records.ports import KeyValueStore
from signaling.meetings.firsts import Done, Firsts

READS = "meeting_reads"

Read = Done
"""Ids of documents."""


class Reads:
    """Of all meetings."""

    def __init__(self, store: KeyValueStore) -> None:
        self._firsts = Firsts(store, READS)

    async def note(self, meeting: str, person: str, document: str, utc_ms: int) -> None:
        """The person opened the document; the first time stays. Durable. Idempotent."""
        await self._firsts.note(meeting, person, document, msgspec.json.encode(utc_ms))

    async def of(self, meeting: str, person: str) -> tuple[str, ...]:
        """Documents that the person has opened."""
        return tuple(sorted((await self._firsts.everybody(meeting)).get(person, ())))

    async def readers(self, meeting: str) -> Mapping[str, Read]:
        """Everybody who opened something, with what."""
        return await self._firsts.everybody(meeting)

    async def times(self, meeting: str, document: str) -> dict[str, int]:
        """When each person first opened the document, in UTC ms."""
        values = await self._firsts.values(meeting)
        return {person: msgspec.json.decode(raw, type=int) for (person, of), raw in values.items() if of == document}
