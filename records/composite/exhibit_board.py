"""The exhibit that everybody sees, painted into the composite: the picture itself, the shown page of a PDF, the first
picture of a film, and for what is no picture a plate that says so. The file is in the package in any case."""

from __future__ import annotations

from pathlib import Path

import av
from PIL import Image, ImageOps

from records.composite.drawing import GOLD, MUTED, NAVY, TILE, WHITE, Canvas, Patch, Pen, patch_of
from records.composite.exhibit_pages import ExhibitPages
from records.composite.layout import Box
from records.timeline import OnShow
from records.vault.unlocked import for_av, open_recorded

MAX_PIXELS = 40_000_000
"""A larger picture has a plate instead: to draw it would take more memory than the rest of the composer."""
_PLATES = {"pdf": "此 PDF 无法显示", "wav": "录音"}
_NO_PICTURE = "图像无法显示"


class ExhibitBoard:
    """Keeps the one exhibit that it painted last: scenes change more often than exhibits."""

    def __init__(self, recordings: Path, pages: ExhibitPages, canvas: Canvas, pen: Pen, scale: float) -> None:
        self._recordings = recordings
        self._pages = pages
        self._canvas = canvas
        self._pen = pen
        self._scale = scale
        self._kept: tuple[OnShow, Box, Patch | None] | None = None

    def paint(self, exhibit: OnShow, box: Box) -> None:
        """Exhibit and name plate into the box. OSError when the file is not there."""
        plate = self._pen.text(
            f"证据{exhibit.number}　{exhibit.name}" + (f"　第{exhibit.page}页" if exhibit.page > 1 else ""),
            self._px(22),
            WHITE,
            NAVY,
            pad_px=self._px(10),
            max_width_px=box.width,
        )
        inner = Box(box.x, box.y, box.width, box.height - plate.height)
        self._canvas.fill(box, TILE)
        picture = self._picture(exhibit, inner)
        if picture is None:
            words = _PLATES.get(exhibit.kind, _NO_PICTURE)
            picture = self._pen.text(words, self._px(40), MUTED, TILE, max_width_px=inner.width)
        x = inner.x + (inner.width - picture.width) // 2
        self._canvas.put(picture, x, inner.y + (inner.height - picture.height) // 2)
        self._canvas.fill(Box(box.x, inner.y + inner.height, box.width, plate.height), NAVY)
        self._canvas.put(plate, box.x, inner.y + inner.height)
        self._canvas.fill(Box(box.x, inner.y + inner.height, box.width, 2), GOLD)

    def _picture(self, exhibit: OnShow, box: Box) -> Patch | None:
        if self._kept is None or self._kept[:2] != (exhibit, box):
            self._kept = exhibit, box, self._drawn(exhibit, box)
        return self._kept[2]

    def _drawn(self, exhibit: OnShow, box: Box) -> Patch | None:
        if exhibit.kind != "pdf":
            return picture_of(self._recordings / exhibit.file, exhibit.kind, box.width, box.height)
        page = self._pages.picture(exhibit, box.width, box.height)
        return patch_of(page) if page is not None else None

    def _px(self, at_720: int) -> int:
        return int(at_720 * self._scale) // 2 * 2


def picture_of(path: Path, kind: str, width_px: int, height_px: int) -> Patch | None:
    """The file's picture, whole and in proportion, as large as this allows; None for what has none, is too large or
    cannot be read as what it says it is. OSError when the file is not there."""
    if kind in _PLATES:
        return None
    try:
        image = _first_frame(path) if kind == "mp4" else _still(path, width_px, height_px)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, SyntaxError, IndexError, Image.DecompressionBombError, av.FFmpegError):
        # What Pillow and FFmpeg raise for files that are damaged behind a good beginning.
        return None
    if image is None:
        return None
    scale = min(width_px / image.width, height_px / image.height)
    size = tuple(max(2, int(side * scale) // 2 * 2) for side in image.size)
    return patch_of(image.resize((size[0], size[1]), Image.Resampling.LANCZOS))


def _still(path: Path, width_px: int, height_px: int) -> Image.Image | None:
    with open_recorded(path) as file, Image.open(file, formats=("PNG", "JPEG")) as image:
        image.draft("RGB", (2 * width_px, 2 * height_px))
        if image.width * image.height > MAX_PIXELS:
            return None
        upright = ImageOps.exif_transpose(image).convert("RGBA")
    paper = Image.new("RGBA", upright.size, "white")
    return Image.alpha_composite(paper, upright).convert("RGB")


def _first_frame(path: Path) -> Image.Image | None:
    with av.open(for_av(path), mode="r", format="mov", metadata_errors="ignore") as container:
        frame = next(container.decode(video=0), None)
    return None if frame is None else Image.fromarray(frame.to_ndarray(format="rgb24"))
