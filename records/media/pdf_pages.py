"""Pages of PDFs as pictures: each drawn by a process that may run out of time or memory, or crash, without harm.

What cannot be drawn is None, whatever the reason: damaged, locked with a password, made to exhaust who opens it."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import BinaryIO

import msgspec
from PIL import Image

from records.errors import UNREADABLE
from records.media.pdf_child import Asked, Found

DRAWN_BY = f"pypdfium2 {version('pypdfium2')}"
"""Another one may draw other pixels."""
WALL_S = 120.0
"""The process has its own, much lower limit of processor time: this is for a machine that stands still."""
MOST_PAGES = 9_999
"""Nobody leafs further in a courtroom."""
_COMMAND = (sys.executable, "-m", "records.media.pdf_child")
_CHUNK_BYTES = 256 << 10
_MOST_HEAD_BYTES = 1_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page, and how many the file has."""

    pages: int
    width: int
    height: int
    rgb: bytes

    def image(self) -> Image.Image:
        """As Pillow has it."""
        return Image.frombytes("RGB", (self.width, self.height), self.rgb)


def draw_page(file: BinaryIO, page: int, width_px: int, height_px: int) -> Drawn | None:
    """Page `page` (from 1), as large as fits into these sizes. None when it cannot be drawn or there is no such page.
    Blocks. Raises what reading `file` raises, OSError when no process can be begun."""
    answer = _ask(file, Asked(page=page, width=width_px, height=height_px), 3 * width_px * height_px)
    if answer is None:
        return None
    found, rgb = answer
    if found.width < 1 or found.height < 1 or found.width > width_px or found.height > height_px:
        return None
    return Drawn(found.pages, found.width, found.height, rgb) if len(rgb) == 3 * found.width * found.height else None


def count_pages(file: BinaryIO) -> int:
    """How many pages; 0 for a file that cannot be opened. Blocks. Raises as `draw_page`."""
    answer = _ask(file, Asked(page=0, width=0, height=0), 0)
    return max(0, min(answer[0].pages, MOST_PAGES)) if answer is not None else 0


def _ask(file: BinaryIO, asked: Asked, most_bytes: int) -> tuple[Found, bytes] | None:
    with subprocess.Popen(
        _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as child:
        late = threading.Timer(WALL_S, child.kill)
        late.start()
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            # One that ends early says so with its code.
            with suppress(BrokenPipeError):
                child.stdin.write(msgspec.json.encode(asked) + b"\n")
                while chunk := file.read(_CHUNK_BYTES):
                    child.stdin.write(chunk)
            with suppress(BrokenPipeError):
                child.stdin.close()
            told = io.BytesIO(child.stdout.read(_MOST_HEAD_BYTES + most_bytes))
            child.stdout.close()
            code = child.wait()
        finally:
            child.kill()
            late.cancel()
    if code != 0:
        return None
    try:
        return msgspec.json.decode(told.readline(), type=Found), told.read()
    except UNREADABLE:
        return None
