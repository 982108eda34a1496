"""Stores that live as long as the process: for tests and for trying things out. Same promises as `sqlite`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from hearing.events import Entry, Head
from records.chain import GENESIS
from records.errors import OutOfOrder


class MemoryStore:
    """EventStore and KeyValueStore in dictionaries."""

    def __init__(self) -> None:
        self._logs: dict[str, list[Entry]] = {}
        self._heads: dict[str, list[Head]] = {}
        self._tables: dict[str, dict[str, bytes]] = {}

    async def append(self, entries: Sequence[Entry]) -> None:
        grown: dict[str, list[Entry]] = {}
        for entry in entries:
            log = self._logs.get(entry.session, [])
            new = grown.setdefault(entry.session, [])
            before = new or log
            due_seq = len(log) + len(new) + 1
            if entry.seq != due_seq or entry.prev != (before[-1].hash if before else GENESIS):
                raise OutOfOrder(entry.session, entry.seq, due_seq)
            new.append(entry)
        for session, new in grown.items():
            self._logs.setdefault(session, []).extend(new)

    async def read(self, session: str, after_seq: int = 0) -> AsyncIterator[Entry]:
        for entry in self._logs.get(session, [])[max(0, after_seq) :]:
            yield entry

    async def last(self, session: str) -> Entry | None:
        log = self._logs.get(session)
        return log[-1] if log else None

    async def sessions(self) -> Sequence[str]:
        return tuple(self._logs)

    async def add_head(self, head: Head) -> None:
        heads = self._heads.setdefault(head.session, [])
        if head not in heads:
            heads.append(head)
            heads.sort(key=lambda h: (h.seq, h.utc_ms))

    async def heads(self, session: str) -> Sequence[Head]:
        return tuple(self._heads.get(session, ()))

    async def put(self, table: str, key: str, value: bytes) -> None:
        self._tables.setdefault(table, {})[key] = value

    async def add(self, table: str, key: str, value: bytes) -> bool:
        rows = self._tables.setdefault(table, {})
        if key in rows:
            return False
        rows[key] = value
        return True

    async def get(self, table: str, key: str) -> bytes | None:
        return self._tables.get(table, {}).get(key)

    async def delete(self, table: str, key: str) -> None:
        self._tables.get(table, {}).pop(key, None)

    async def items(self, table: str) -> Sequence[tuple[str, bytes]]:
        return tuple(sorted(self._tables.get(table, {}).items()))

    async def keys(self, table: str, prefix: str = "") -> Sequence[str]:
        return tuple(sorted(key for key in self._tables.get(table, {}) if key.startswith(prefix)))

    async def scrub(self) -> None:
        """Nothing to do: what was deleted is no longer referred to."""

    async def close(self) -> None:
        """Keeps everything: a closed memory store may be read on."""
