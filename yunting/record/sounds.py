"""Seconds of recorded sound, of sessions that are under way and of those that are long over."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path

from hearing.errors import UserError
from hearing.tasks import log_fault
from records.ledger import Ledger
from records.media.sound import SoundIndex, cut_wav

SESSIONS_KEPT = 16
"""Sessions whose places of sound stay in memory; another one's log is read again."""
AT_ONCE = 2
"""Cuts at a time, of the whole server: listeners must not take the recorder's disk. Others wait."""


class Sounds:
    """`folder_of` is where a session's tracks lie; `unlock` makes them readable first."""

    def __init__(
        self, folder_of: Callable[[str], Path], unlock: Callable[[str], Awaitable[object]] | None = None
    ) -> None:
        self._folder_of = folder_of
        self._unlock = unlock
        self._indexes: OrderedDict[str, SoundIndex] = OrderedDict()
        self._cutting = asyncio.Semaphore(AT_ONCE)

    async def cut(self, ledger: Ledger, track: str, from_ms: int, to_ms: int) -> bytes:
        """A WAV file of this span of a track. Raises UserError: `no-sound`, `bad-span`; StoreUnavailable."""
        async with self._cutting:
            found = (await self._index(ledger)).find(track, from_ms, to_ms)
            if found is None:
                raise UserError("no-sound", "该时段的录音尚未写入，请稍后再试", "nothing of this is on disk yet")
            if self._unlock is not None:
                await self._unlock(ledger.session)
            file, pieces = found
            path = self._folder_of(ledger.session) / file
            try:
                return await asyncio.to_thread(cut_wav, path, pieces, from_ms, to_ms)
            except ValueError as problem:
                raise UserError("bad-span", "播放的时段过长或无效", str(problem)) from problem
            except OSError as problem:
                log_fault("a recorded sound cannot be read", problem, session=ledger.session)
                raise UserError("no-sound", "录音文件无法读取", "the recording cannot be read") from problem

    async def _index(self, ledger: Ledger) -> SoundIndex:
        index = self._indexes.setdefault(ledger.session, SoundIndex())
        self._indexes.move_to_end(ledger.session)
        if len(self._indexes) > SESSIONS_KEPT:
            self._indexes.popitem(last=False)
        async for entry in ledger.entries(index.last_seq):
            index.apply(entry)
        return index
