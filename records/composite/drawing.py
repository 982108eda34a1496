"""Painting in planar YUV 4:2:0 (BT.709, limited range): a canvas, patches of text, the font that ships with us.

Text is drawn once by Pillow and kept as a patch; putting a patch on the canvas is three array copies.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import Interpolation
from PIL import Image, ImageDraw, ImageFont

from records.composite.layout import Box

FONT = Path(__file__).parents[1] / "assets" / "fonts" / "YuntingSans-Regular.otf"
GETA = "〓"
"""Stands for a character that the font lacks, as printers do."""

Plane = npt.NDArray[np.uint8]
Rgb = tuple[int, int, int]

NAVY: Rgb = (14, 34, 64)
STAGE: Rgb = (8, 14, 26)
TILE: Rgb = (22, 32, 50)
WHITE: Rgb = (245, 247, 250)
MUTED: Rgb = (150, 164, 186)
GOLD: Rgb = (214, 175, 88)
RED: Rgb = (208, 62, 54)


@dataclass(frozen=True, slots=True)
class Patch:
    """A small picture of even size."""

    y: Plane
    u: Plane
    v: Plane

    @property
    def width(self) -> int:
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        return int(self.y.shape[0])


def yuv(colour: Rgb) -> tuple[int, int, int]:
    """BT.709 limited range."""
    red, green, blue = (channel / 255 for channel in colour)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (
        round(16 + 219 * luma),
        round(128 + 224 * (blue - luma) / 1.8556),
        round(128 + 224 * (red - luma) / 1.5748),
    )


def patch_of(image: Image.Image) -> Patch:
    """A patch of an RGB image with even sides."""
    rgb = np.asarray(image.convert("RGB"), dtype=np.float32) / 255
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def halved(plane: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
        pairs = plane.reshape(plane.shape[0] // 2, 2, plane.shape[1] // 2, 2)
        return np.asarray(pairs.mean(axis=(1, 3)))

    return Patch(
        y=np.rint(16 + 219 * luma).astype(np.uint8),
        u=np.rint(128 + 224 * halved((blue - luma) / 1.8556)).astype(np.uint8),
        v=np.rint(128 + 224 * halved((red - luma) / 1.5748)).astype(np.uint8),
    )


class Pen:
    """Draws text into patches and remembers them; `missing` collects characters that the font lacks."""

    def __init__(self) -> None:
        self._fonts: dict[int, ImageFont.FreeTypeFont] = {}
        self._patches: dict[tuple[Any, ...], Patch] = {}
        self._has: dict[str, bool] = {}
        self.missing: set[str] = set()

    def text(
        self,
        text: str,
        size_px: int,
        colour: Rgb = WHITE,
        ground: Rgb = NAVY,
        *,
        pad_px: int = 0,
        max_width_px: int = 10_000,
        stroke_px: int = 0,
        fixed_width_px: int | None = None,
        keep: bool = True,
    ) -> Patch:
        """One line on a plain ground. Too long for `max_width_px`: cut with an ellipsis. What comes only once is
        better not kept."""
        key = (text, size_px, colour, ground, pad_px, max_width_px, stroke_px, fixed_width_px)
        if not keep:
            return self._draw(*key)
        if key not in self._patches:
            self._patches[key] = self._draw(*key)
        return self._patches[key]

    def width_px(self, text: str, size_px: int) -> float:
        """How wide this line is."""
        return self._font(size_px).getlength(self._known(text))

    def _draw(
        self,
        text: str,
        size_px: int,
        colour: Rgb,
        ground: Rgb,
        pad_px: int,
        max_width_px: int,
        stroke_px: int,
        fixed_width_px: int | None,
    ) -> Patch:
        font = self._font(size_px)
        shown = self._known(text)
        room = max_width_px - 2 * pad_px
        if font.getlength(shown) > room:
            while shown and font.getlength(shown + "…") > room:
                shown = shown[:-1]
            shown += "…"
        width = fixed_width_px or int(font.getlength(shown)) + 2 * pad_px + 2 * stroke_px
        height = int(size_px * 1.36) + pad_px
        image = Image.new("RGB", (max(2, width + width % 2), height + height % 2), ground)
        ImageDraw.Draw(image).text(
            (image.width / 2, image.height / 2 + 1),
            shown,
            font=font,
            fill=colour,
            anchor="mm",
            stroke_width=stroke_px,
            stroke_fill=colour,
        )
        return patch_of(image)

    def _font(self, size_px: int) -> ImageFont.FreeTypeFont:
        if size_px not in self._fonts:
            self._fonts[size_px] = ImageFont.truetype(str(FONT), size_px)
        return self._fonts[size_px]

    def _known(self, text: str) -> str:
        shown = []
        for character in text:
            if character not in self._has:
                self._has[character] = self._in_font(character)
            if not self._has[character]:
                self.missing.add(character)
            shown.append(character if self._has[character] else GETA)
        return "".join(shown)

    def _in_font(self, character: str) -> bool:
        font = self._font(24)
        if character.isspace():
            return True
        return bytes(font.getmask(character)) != bytes(font.getmask("\U0010fffd"))


class Canvas:
    """The picture under construction: one contiguous 4:2:0 buffer and views of its planes."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._buffer: Plane = np.empty((height * 3 // 2, width), dtype=np.uint8)
        flat = self._buffer.reshape(-1)
        luma, chroma = width * height, width * height // 4
        self.y = flat[:luma].reshape(height, width)
        self.u = flat[luma : luma + chroma].reshape(height // 2, width // 2)
        self.v = flat[luma + chroma :].reshape(height // 2, width // 2)
        self.fill(Box(0, 0, width, height), STAGE)

    def fill(self, box: Box, colour: Rgb) -> None:
        """Paint an even box."""
        luma, u, v = yuv(colour)
        half = _half(box)
        self.y[box.y : box.y + box.height, box.x : box.x + box.width] = luma
        self.u[half] = u
        self.v[half] = v

    def border(self, box: Box, colour: Rgb, thick_px: int = 4) -> None:
        """A frame just inside an even box."""
        self.fill(Box(box.x, box.y, box.width, thick_px), colour)
        self.fill(Box(box.x, box.y + box.height - thick_px, box.width, thick_px), colour)
        self.fill(Box(box.x, box.y, thick_px, box.height), colour)
        self.fill(Box(box.x + box.width - thick_px, box.y, thick_px, box.height), colour)

    def put(self, patch: Patch, x: int, y: int) -> None:
        """Lay a patch at (x, y), rounded down to even; what sticks out is cut off."""
        x, y = max(0, x - x % 2), max(0, y - y % 2)
        width, height = min(patch.width, self.width - x), min(patch.height, self.height - y)
        half = _half(Box(x, y, width, height))
        self.y[y : y + height, x : x + width] = patch.y[:height, :width]
        self.u[half] = patch.u[: height // 2, : width // 2]
        self.v[half] = patch.v[: height // 2, : width // 2]

    def picture(self, frame: av.VideoFrame, box: Box) -> Box:
        """Scale a decoded frame into the box, whole and in proportion; returns where it stands."""
        scale = min(box.width / frame.width, box.height / frame.height)
        width = max(2, int(frame.width * scale) // 2 * 2)
        height = max(2, int(frame.height * scale) // 2 * 2)
        x = box.x + (box.width - width) // 4 * 2
        y = box.y + (box.height - height) // 4 * 2
        scaled = frame.reformat(width, height, "yuv420p", interpolation=Interpolation.BILINEAR)
        half = _half(Box(x, y, width, height))
        self.y[y : y + height, x : x + width] = _plane(scaled, 0, width, height)
        self.u[half] = _plane(scaled, 1, width // 2, height // 2)
        self.v[half] = _plane(scaled, 2, width // 2, height // 2)
        return Box(x, y, width, height)

    def frame(self) -> av.VideoFrame:
        """A copy for the encoder."""
        return av.VideoFrame.from_ndarray(self._buffer, "yuv420p")


def _half(box: Box) -> tuple[slice, slice]:
    return slice(box.y // 2, (box.y + box.height) // 2), slice(box.x // 2, (box.x + box.width) // 2)


def _plane(frame: av.VideoFrame, index: int, width: int, height: int) -> Plane:
    plane = frame.planes[index]
    rows: Plane = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
    return rows[:height, :width]
