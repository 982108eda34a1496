"""What happened to people first: kept durably with the first time staying, and known in memory by person."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping

from records.ports import KeyValueStore

Done = frozenset[str]
"""What a person has done, or what was done with them."""


class Firsts:
    """One table. What belongs to a scope (a meeting) is read from the store when it is first asked for; nobody but
    this object may write the table."""

    def __init__(self, store: KeyValueStore, table: str) -> None:
        self._store = store
        self._table = table
        self._known: dict[str, dict[str, Done]] = {}
        self._same: dict[Done, Done] = {}
        """Most people have done the same: one set for all of them."""
        self._reading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def note(self, scope: str, person: str, what: str, value: bytes) -> bool:
        """Durably; whether it was the first time. The first value stays. None of the names holds a `/`."""
        everybody = await self.everybody(scope)
        if what in everybody.get(person, ()):
            return False
        first = await self._store.add(self._table, f"{scope}/{person}/{what}", value)
        self._add(self._known[scope], person, what)
        return first

    async def value(self, scope: str, person: str, what: str) -> bytes | None:
        """What was kept, or None."""
        return await self._store.get(self._table, f"{scope}/{person}/{what}")

    async def everybody(self, scope: str) -> Mapping[str, Done]:
        """Everybody of whom something is known."""
        known = self._known.get(scope)
        if known is None:
            async with self._reading[scope]:
                known = self._known.get(scope)
                if known is None:
                    known = {}
                    for key in await self._store.keys(self._table, f"{scope}/"):
                        _, person, what = key.split("/")
                        self._add(known, person, what)
                    self._known[scope] = known
        return known

    async def values(self, scope: str) -> dict[tuple[str, str], bytes]:
        """All that is kept, by person and what. Reads the whole table: one query instead of a hundred thousand."""
        found = {}
        for key, value in await self._store.items(self._table):
            where, person, what = key.split("/")
            if where == scope:
                found[person, what] = value
        return found

    def _add(self, known: dict[str, Done], person: str, what: str) -> None:
        done = known.get(person, frozenset()) | {what}
        known[person] = self._same.setdefault(done, done)
