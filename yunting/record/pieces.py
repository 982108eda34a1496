"""Pieces of composites that nobody needs any more: those of records that are sealed for good.

They can all be made again from the recording, so nothing of the record is lost with them; a package that is made
later takes composite and sound from the final seal's."""

from __future__ import annotations

import asyncio
import functools
import shutil
from pathlib import Path

import structlog

from config import Settings
from hearing.errors import UserError
from hearing.ids import is_ulid
from hearing.session import is_over
from hearing.state import Hearing, apply
from records.package.reuse import final_package
from records.ports import EventStore
from yunting.backends import open_store
from yunting.record.composites import folder_of

_log = structlog.get_logger(__name__)


def discard_pieces(storage: Path, session: str) -> int:
    """Remove the pieces of this session; their bytes. Blocks. Idempotent. Raises OSError."""
    folder = folder_of(storage, session)
    gone = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if folder.is_dir():
        shutil.rmtree(folder)
    return gone


async def sweep_pieces(storage: Path, store: EventStore) -> dict[str, int]:
    """Remove the pieces of every session whose final package is there; bytes by session. Idempotent. Raises OSError,
    StoreUnavailable."""
    swept = {}
    for session in await asyncio.to_thread(_sessions, storage):
        entries = [entry async for entry in store.read(session)]
        if await asyncio.to_thread(final_package, storage / "packages", entries) is not None:
            swept[session] = await asyncio.to_thread(discard_pieces, storage, session)
            _log.info("pieces of a sealed session were removed", session=session, bytes=swept[session])
    return swept


async def sweep_offline(settings: Settings, session: str | None) -> dict[str, int]:
    """`yunting storage sweep`: all that are sealed for good, or those of one `session` that is over. UserError
    `no-such-session`, `not-closed`, OSError, StoreUnavailable."""
    storage = Path(settings.storage.folder)
    store = await open_store(settings.storage.store)
    try:
        if session is None:
            return await sweep_pieces(storage, store)
        entries = [entry async for entry in store.read(session)]
    finally:
        await store.close()
    if not entries or not is_ulid(session):
        raise UserError("no-such-session", f"没有庭次 {session} 的记录", f"there is no record of session {session}")
    hearing = functools.reduce(apply, entries, Hearing())
    if not is_over(hearing.state):
        raise UserError(
            "not-closed",
            "尚未闭庭：合成片段仍在使用",
            "the session is not closed: its pieces are in use",
        )
    return {session: await asyncio.to_thread(discard_pieces, storage, session)}


def _sessions(storage: Path) -> list[str]:
    folder = storage / "composites"
    return sorted(item.name for item in folder.iterdir() if is_ulid(item.name)) if folder.is_dir() else []
