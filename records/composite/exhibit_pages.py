"""Pages of PDFs for the composite, drawn once for all its pieces and kept with them.

What came of drawing is kept too when it was nothing: a page that once ran out of time is a plate in every piece,
whoever makes it, also after a `kill -9`, and costs that time once."""

from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path

import msgspec
from PIL import Image

from records.composite.piece_files import Shelf
from records.media.pdf_pages import DRAWN_BY, MOST_PAGES, draw_page
from records.private_folder import private_folder
from records.timeline import OnShow
from records.vault.unlocked import key_of, open_recorded


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A drawn page as RGB; 0 by 0 for what cannot be drawn."""

    width: int = 0
    height: int = 0
    rgb: bytes = b""


class ExhibitPages:
    """Keeps in `folder` what it drew of the files in `recordings`. For several processes at once. Blocks; OSError."""

    def __init__(self, folder: Path, recordings: Path) -> None:
        self._folder = folder
        self._recordings = recordings
        self._shelf = Shelf(folder, "page", Page, key_of(recordings))

    def picture(self, exhibit: OnShow, width_px: int, height_px: int) -> Image.Image | None:
        """The page that is shown, as large as this allows; None for what cannot be drawn. FileNotFoundError when the
        file is not there."""
        digest = hashlib.sha256(
            f"{DRAWN_BY} {exhibit.sha256} {exhibit.page} {width_px} {height_px}".encode()
        ).hexdigest()
        number = exhibit.number * (MOST_PAGES + 1) + exhibit.page
        page = self._kept(number, digest)
        if page is None:
            private_folder(self._folder)
            with (self._folder / "drawing").open("wb") as turn:
                fcntl.flock(turn, fcntl.LOCK_EX)
                page = self._kept(number, digest) or self._draw(exhibit, width_px, height_px)
                self._shelf.write(number, digest, page)
        return Image.frombytes("RGB", (page.width, page.height), page.rgb) if page.rgb else None

    def _kept(self, number: int, digest: str) -> Page | None:
        # Another process may have written it since this one looked last.
        self._shelf.look_again(number)
        return self._shelf.read(number) if self._shelf.good(number, digest) else None

    def _draw(self, exhibit: OnShow, width_px: int, height_px: int) -> Page:
        with open_recorded(self._recordings / exhibit.file) as file:
            drawn = draw_page(file, exhibit.page, width_px, height_px)
        return Page(width=drawn.width, height=drawn.height, rgb=drawn.rgb) if drawn is not None else Page()
