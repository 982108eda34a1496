"""A creditors' table becomes the roll of a meeting, over the settings' store; a server may be running on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from config import Settings
from signaling.meetings.bodies import RollSummary
from signaling.meetings.book import MeetingBook
from signaling.meetings.roll_desk import RollDesk
from yunting.backends import open_store
from yunting.secret_file import load_secret


async def import_file(
    settings: Settings, meeting: str, file: Path, *, accept_refusals: bool, progress: Callable[[int], None]
) -> RollSummary:
    """As `RollDesk.import_table`. Raises UserError `unknown-meeting` too."""
    folder = Path(settings.storage.folder)
    secret = await asyncio.to_thread(load_secret, folder / "keys" / "server.secret")
    store = await open_store(settings.storage.store)
    try:
        record = await MeetingBook(store).get(meeting)
    finally:
        await store.close()
    desk = RollDesk(folder, secret, lambda: time.time_ns() // 1_000_000)
    return await desk.import_table(meeting, record.alg, file, accept_refusals=accept_refusals, progress=progress)
