"""From the bytes that somebody sent to an upright picture, and back to a JPEG that says nothing but what is seen.

What comes is not trusted: only JPEG, PNG and WebP are tried, the size is refused by the header before anything is
unpacked (a bomb of a few kilobytes can unpack to gigabytes), truncated files are no pictures, and EXIF is used for
the rotation only. Runs in a worker thread.
"""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image, ImageOps

from hearing.errors import UserError
from identity.engine import MAX_PIXELS, Rgb

MAX_BYTES = 20_000_000
LONGEST_SIDE = 1600
"""Larger pictures are made smaller: a face has enough pixels then, and a search costs seconds no more."""
JPEG_QUALITY = 90

_FORMATS = ("JPEG", "PNG", "WEBP")


class NotAPicture(UserError):
    """Not a JPEG, PNG or WebP, or cut off."""

    def __init__(self) -> None:
        super().__init__(
            "not-a-picture",
            "不是可读的图片，请上传 JPEG 或 PNG 照片",
            "not a picture that can be read: send a JPEG or PNG photo",
        )


class PictureTooLarge(UserError):
    """More bytes or pixels than anybody needs."""

    def __init__(self) -> None:
        super().__init__(
            "picture-too-large",
            f"图片过大，请小于 {MAX_BYTES // 1_000_000} MB、{MAX_PIXELS // 1_000_000} 百万像素",
            f"the picture is too large: at most {MAX_BYTES // 1_000_000} MB and {MAX_PIXELS // 1_000_000} megapixels",
        )


def read_picture(data: bytes, longest: int = LONGEST_SIDE) -> Rgb:
    """The picture, upright, no side longer than `longest`. The first one of an animation; see-through parts are
    white.

    Raises NotAPicture, PictureTooLarge.
    """
    if len(data) > MAX_BYTES:
        raise PictureTooLarge
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            # Pillow warns of bombs; ours is the stricter limit, before anything is unpacked.
            warnings.simplefilter("ignore")
            if opened.width * opened.height > MAX_PIXELS:
                raise PictureTooLarge
            opened.draft("RGB", (longest, longest))
            upright = ImageOps.exif_transpose(opened)
            return np.asarray(_smaller(_opaque(upright), longest))
    except (UserError, MemoryError):
        raise
    except Image.DecompressionBombError:
        raise PictureTooLarge from None
    except Exception:  # Pillow's readers raise whatever a damaged file makes of them
        raise NotAPicture from None


def write_jpeg(rgb: Rgb, quality: int = JPEG_QUALITY) -> bytes:
    """The picture as JPEG, without metadata."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgb)).save(out, "JPEG", quality=quality)
    return out.getvalue()


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith(("I", "F")):
        # 16 bits of grey, as scanners make it.
        values = np.asarray(picture, np.float64)
        return Image.fromarray((values / max(1.0, values.max()) * 255).astype(np.uint8)).convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layered = picture.convert("RGBA")
    white = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(white, layered).convert("RGB")


def _smaller(picture: Image.Image, longest: int) -> Image.Image:
    if max(picture.size) > longest:
        picture.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return picture
