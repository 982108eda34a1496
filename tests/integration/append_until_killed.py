"""Run by test_store_kill: appends to many sessions for ever and prints what was acknowledged."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from records.sqlite import SqliteStore
from tests.fakes.hearings import chained


async def main(path: Path) -> None:
    store = await SqliteStore.open(path)

    async def write(session: str) -> None:
        last = await store.last(session)
        while True:
            (entry,) = chained(session, 1, after=last)
            await store.append([entry])
            await store.add(session, str(entry.seq), entry.hash.encode())
            # One write to the pipe for each acknowledgement: it is out of this process before the next append.
            sys.stdout.write(f"{session} {entry.seq} {entry.hash}\n")
            sys.stdout.flush()
            last = entry

    async with asyncio.TaskGroup() as group:
        for number in range(8):
            group.create_task(write(f"s{number}"))


asyncio.run(main(Path(sys.argv[1])))
