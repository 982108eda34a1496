"""Pages of PDF exhibits as JPEGs for the pages of people: everybody in a courtroom asks for the same one at once."""

from __future__ import annotations

import asyncio
import io
from collections import OrderedDict
from pathlib import Path
from weakref import WeakValueDictionary

from records.media.pdf_pages import count_pages, draw_page
from records.vault.unlocked import open_recorded

SIDE_PX = 2_000
"""170 dots an inch of a page of A4: its small print is legible enlarged."""
QUALITY = 90
KEPT_BYTES = 64 << 20
AT_ONCE = 2
"""Processes that draw; one at most for a session, so that no hearing waits for another's monstrous file."""


class PagePictures:
    """Draws each page once while it is remembered: the ones longest not asked for are dropped."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Path, int], bytes | None] = OrderedDict()
        self._bytes = 0
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._drawing = asyncio.Semaphore(AT_ONCE)

    async def count(self, session: str, path: Path) -> int:
        """Pages of a PDF; 0 when it cannot be opened. Raises OSError, UserError `recording-locked`."""
        async with self._turn(session), self._drawing:
            return await asyncio.to_thread(_counted, path)

    async def draw(self, session: str, path: Path, page: int) -> bytes | None:
        """The page; None when it cannot be drawn. Raises as `count`."""
        wanted = path, page
        async with self._turn(session):
            if wanted not in self._kept:
                async with self._drawing:
                    self._keep(wanted, await asyncio.to_thread(_drawn, path, page))
            self._kept.move_to_end(wanted)
            return self._kept[wanted]

    def _turn(self, session: str) -> asyncio.Lock:
        return self._turns.setdefault(session, asyncio.Lock())

    def _keep(self, wanted: tuple[Path, int], jpeg: bytes | None) -> None:
        self._kept[wanted] = jpeg
        self._bytes += _cost(jpeg)
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= _cost(self._kept.popitem(last=False)[1])


def _cost(jpeg: bytes | None) -> int:
    return len(jpeg or b"") + 1_000


def _counted(path: Path) -> int:
    with open_recorded(path) as file:
        return count_pages(file)


def _drawn(path: Path, page: int) -> bytes | None:
    with open_recorded(path) as file:
        drawn = draw_page(file, page, SIDE_PX, SIDE_PX)
    if drawn is None:
        return None
    jpeg = io.BytesIO()
    drawn.image().save(jpeg, "JPEG", quality=QUALITY, subsampling=0)
    return jpeg.getvalue()
