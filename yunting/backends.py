"""Which class a storage URL means. Nothing else in the code asks which backend it has."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

from config import SettingsError
from records.ports import EventStore, KeyValueStore


class Store(EventStore, KeyValueStore, Protocol):
    """One object that keeps the logs and the small facts beside them."""


async def open_store(url: str) -> Store:
    """The store that `url` names, ready for use: `sqlite:///relative`, `sqlite:////absolute` or `memory:`.

    Raises SettingsError for another scheme, StoreUnavailable when it cannot be opened.
    """
    scheme, _, rest = url.partition(":")
    match scheme:
        case "sqlite" if rest.startswith("///"):
            from records.sqlite import SqliteStore

            file = Path(rest.removeprefix("///"))
            await asyncio.to_thread(file.parent.mkdir, parents=True, exist_ok=True)
            return await SqliteStore.open(file)
        case "memory":
            from records.memory import MemoryStore

            return MemoryStore()
        case _:
            known = "sqlite:///文件 / file, memory:"
            raise SettingsError(f"storage.store: 未知的存储 / unknown store {url!r} ({known})")
