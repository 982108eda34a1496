"""Pictures that people send: none of them is trusted, upright they come out."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hearing.errors import UserError
from identity.images import MAX_BYTES, NotAPicture, PictureTooLarge, read_picture, write_jpeg

pytestmark = pytest.mark.unit

RED, GREEN = (230, 20, 20), (20, 230, 20)


def two_colours(width: int = 96, height: int = 64) -> Image.Image:
    """Red above, green below."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(GREEN, (0, height // 2, width, height))
    return picture


def saved(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def is_upright(rgb: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bool:
    top, bottom = rgb[2, rgb.shape[1] // 2], rgb[-3, rgb.shape[1] // 2]
    return bool(top[0] > 200 > 60 > top[1] and bottom[1] > 200 > 60 > bottom[0])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_three_kinds_are_read(kind: str) -> None:
    rgb = read_picture(saved(two_colours(), kind))
    assert (rgb.shape, rgb.dtype) == ((64, 96, 3), np.uint8)
    assert is_upright(rgb)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_of_turned_phones_are_upright(orientation: int) -> None:
    """The file holds the pixels as the sensor saw them, EXIF says how it was held."""
    undo = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    sensor = two_colours()
    for step in undo.get(orientation, []):
        sensor = sensor.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    rgb = read_picture(saved(sensor, exif=exif, quality=95))
    assert rgb.shape == (64, 96, 3)
    assert is_upright(rgb)


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA", "I;16"])
def test_other_kinds_of_pixels_become_colours(mode: str) -> None:
    source = (
        Image.fromarray(np.full((40, 40), 60_000, np.uint16)) if mode == "I;16" else two_colours(40, 40).convert(mode)
    )
    kind = "JPEG" if mode == "CMYK" else "PNG"
    rgb = read_picture(saved(source, kind))
    assert (rgb.shape, rgb.dtype) == ((40, 40, 3), np.uint8)


def test_what_is_see_through_is_white() -> None:
    assert read_picture(saved(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG")).min() == 255


def test_large_pictures_become_smaller_and_keep_their_shape() -> None:
    rgb = read_picture(saved(two_colours(4000, 1000)))
    assert rgb.shape[1] == 1600
    assert abs(rgb.shape[0] - 400) <= 1


def test_an_animation_is_its_first_picture() -> None:
    data = saved(two_colours(), "WEBP", save_all=True, append_images=[Image.new("RGB", (96, 64))], lossless=True)
    assert is_upright(read_picture(data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff\xe0",
        b"%PDF-1.4\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + bytes(40),
        b"MZ",
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        read_picture(data)


def test_kinds_that_nobody_needs_are_not_even_tried() -> None:
    for kind in ("GIF", "BMP", "TIFF", "PPM", "ICO"):
        with pytest.raises(NotAPicture):
            read_picture(saved(two_colours(32, 32), kind))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_cut_off_file_is_refused(kind: str, part: float) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (200, 200, 3), dtype=np.uint8))
    data = saved(noise, kind)
    with pytest.raises(NotAPicture):
        read_picture(data[: int(len(data) * part)])


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(tag: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + tag + body + struct.pack(">I", zlib.crc32(tag + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(100)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(6400, 6400), (20_000, 20_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(PictureTooLarge):
        read_picture(png_of(*size))


def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(PictureTooLarge):
        read_picture(bytes(MAX_BYTES + 1))


@given(st.data())
def test_damaged_files_are_refused_or_read(data: st.DataObject) -> None:
    good = bytearray(saved(two_colours(48, 48), data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))))
    for _ in range(data.draw(st.integers(1, 8))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        rgb = read_picture(bytes(good))
    except UserError:
        return
    assert rgb.ndim == 3
    assert rgb.dtype == np.uint8


def test_what_is_written_carries_no_metadata() -> None:
    exif = Image.Exif()
    exif[0x010F] = "a phone"
    rgb = read_picture(saved(two_colours(), exif=exif))
    data = write_jpeg(rgb)
    assert b"Exif" not in data
    with Image.open(io.BytesIO(data)) as again:
        assert (again.format, again.size, dict(again.getexif())) == ("JPEG", (96, 64), {})
