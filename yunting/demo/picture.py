"""A moving picture for a synthetic party: a seated figure, a sweeping second hand and a running clock.

The clock is drawn into each frame, so that anybody can see from a picture when it was made.
"""

from __future__ import annotations

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from av import VideoFrame
from PIL import Image, ImageDraw, ImageFont

from records.composite.drawing import FONT

_INK = (238, 240, 242)
_BEIJING = ZoneInfo("Asia/Shanghai")


class Portrait:
    """Draws one party's frames. `tint` is the background as RGB; the figure's mouth moves while `speaking`.

    Without `clock` there is only the figure, as before a person's own camera.
    """

    def __init__(
        self, title: str, tint: tuple[int, int, int], width: int = 640, height: int = 360, *, clock: bool = True
    ) -> None:
        self._clock = clock
        self._width, self._height = width, height
        self._small = ImageFont.truetype(str(FONT), height // 16)
        self._large = ImageFont.truetype(str(FONT), height // 10)
        self._still = self._draw_still(title, tint)

    def frame(self, utc_ms: int, speaking: bool) -> VideoFrame:
        """The picture at this moment as a yuv420p frame (width x height)."""
        image = self._still.copy()
        draw = ImageDraw.Draw(image)
        if self._clock:
            moment = datetime.fromtimestamp(utc_ms / 1000, _BEIJING)
            text = f"{moment:%H:%M:%S}.{utc_ms % 1000 // 100}"
            # At the right: name plates are laid over the lower left.
            draw.text((self._width * 0.955, self._height * 0.84), text, font=self._large, fill=_INK, anchor="ra")
            self._draw_hand(draw, utc_ms)
        self._draw_mouth(draw, utc_ms, speaking)
        return VideoFrame.from_ndarray(np.asarray(image), format="rgb24").reformat(format="yuv420p")

    def _draw_still(self, title: str, tint: tuple[int, int, int]) -> Image.Image:
        top, bottom = np.array(tint, float), np.array(tint, float) * 0.55
        ramp = np.linspace(0, 1, self._height)[:, None, None]
        pixels = (top * (1 - ramp) + bottom * ramp).astype(np.uint8)
        image = Image.fromarray(np.broadcast_to(pixels, (self._height, self._width, 3)).copy())
        draw = ImageDraw.Draw(image)
        draw.text((self._width * 0.045, self._height * 0.05), title, font=self._small, fill=_INK)
        x, y, r = self._face()
        shade = tuple(int(c * 0.35) for c in tint)
        draw.ellipse((x - 2.1 * r, y + 1.2 * r, x + 2.1 * r, y + 5 * r), fill=shade)
        draw.ellipse((x - r, y - 1.25 * r, x + r, y + 1.25 * r), fill=(224, 196, 172))
        for side in (-1, 1):
            eye_x, eye_y, e = x + side * r * 0.38, y - r * 0.2, r * 0.1
            draw.ellipse((eye_x - e, eye_y - e, eye_x + e, eye_y + e), fill=(40, 36, 34))
        return image

    def _face(self) -> tuple[float, float, float]:
        return self._width * 0.5, self._height * 0.42, self._height * 0.17

    def _draw_hand(self, draw: ImageDraw.ImageDraw, utc_ms: int) -> None:
        x, y, r = self._width * 0.88, self._height * 0.2, self._height * 0.12
        angle = (utc_ms % 60_000) / 60_000 * 2 * math.pi - math.pi / 2
        draw.ellipse((x - r, y - r, x + r, y + r), outline=_INK, width=2)
        draw.line((x, y, x + r * 0.9 * math.cos(angle), y + r * 0.9 * math.sin(angle)), fill=_INK, width=3)

    def _draw_mouth(self, draw: ImageDraw.ImageDraw, utc_ms: int, speaking: bool) -> None:
        x, y, r = self._face()
        open_by = 0.22 * abs(math.sin(utc_ms / 1000 * 2 * math.pi * 2.2)) if speaking else 0.02
        draw.ellipse(
            (x - 0.35 * r, y + (0.6 - open_by) * r, x + 0.35 * r, y + (0.6 + open_by) * r), fill=(120, 52, 52)
        )
