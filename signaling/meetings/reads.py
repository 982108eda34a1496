"""Read receipts: who opened which document, and when first. Durable; what the console asks for is kept in memory."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping

import msgspec

from records.ports import KeyValueStore

READS = "meeting_reads"

Read = frozenset[str]
"""Ids of documents."""


class Reads:
    """Of all meetings. A meeting's are read from the store when they are first asked for."""

    def __init__(self, store: KeyValueStore) -> None:
        self._store = store
        self._known: dict[str, dict[str, Read]] = {}
        self._same: dict[Read, Read] = {}
        """Most people have read the same: one set for all of them."""
        self._reading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def note(self, meeting: str, person: str, document: str, utc_ms: int) -> None:
        """The person opened the document; the first time stays. Durable. Idempotent."""
        readers = await self.readers(meeting)
        if document in readers.get(person, ()):
            return
        await self._store.add(READS, f"{meeting}/{person}/{document}", msgspec.json.encode(utc_ms))
        self._add(self._known[meeting], person, document)

    async def of(self, meeting: str, person: str) -> tuple[str, ...]:
        """Documents that the person has opened."""
        return tuple(sorted((await self.readers(meeting)).get(person, ())))

    async def readers(self, meeting: str) -> Mapping[str, Read]:
        """Everybody who opened something, with what."""
        known = self._known.get(meeting)
        if known is None:
            async with self._reading[meeting]:
                known = self._known.get(meeting)
                if known is None:
                    known = await self._load(meeting)
                    self._known[meeting] = known
        return known

    async def times(self, meeting: str, document: str) -> dict[str, int]:
        """When each person first opened the document, in UTC ms. Reads the whole table, which is one query instead of
        a hundred thousand."""
        found = {}
        for key, raw in await self._store.items(READS):
            where, person, of = key.split("/")
            if where == meeting and of == document:
                found[person] = msgspec.json.decode(raw, type=int)
        return found

    async def _load(self, meeting: str) -> dict[str, Read]:
        known: dict[str, Read] = {}
        for key in await self._store.keys(READS, f"{meeting}/"):
            _, person, document = key.split("/")
            self._add(known, person, document)
        return known

    def _add(self, known: dict[str, Read], person: str, document: str) -> None:
        documents = known.get(person, frozenset()) | {document}
        known[person] = self._same.setdefault(documents, documents)
