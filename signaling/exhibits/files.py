"""Where files of exhibits go: a small port, implemented in `yunting/`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Protocol

from hearing.exhibit_commands import HandedIn


class ExhibitFiles(Protocol):
    """Files of exhibits by session, sealed on the disk where the court wants it so. No two writes share a file."""

    async def take(self, session: str, parts: AsyncIterator[bytes], most_bytes: int) -> HandedIn:
        """Keep what `parts` bring, whole and durable, under a new name. Raises Refused: `too-large`, `no-file`
        (nothing came), `exhibit-kind`, `exhibit-damaged`, `exhibit-pixels`; UserError `recording-locked`,
        `disk-full`; OSError. Nothing is left of what was refused, or did not come to its end."""

    def read(self, session: str, file: str) -> AsyncGenerator[bytes, None]:
        """The plain bytes, a part at a time. The first raises UserError `no-file`, `recording-locked`."""

    async def page(self, session: str, file: str, page: int) -> bytes:
        """This page of a PDF as a JPEG of at most 2000 px a side. Raises UserError `no-file`, `recording-locked`,
        `exhibit-page` (cannot be drawn); OSError."""

    async def discard(self, session: str, file: str) -> None:
        """Of a file that no event names. Idempotent."""
