"""Pictures that are none, or no good ones, sent as reference photos to the real server with its real face engine."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance

from config import load
from identity.pool import FacePool
from identity.vault import Purpose
from signaling.gate.tools import GateTools
from tests.fakes.courthouse import courthouse
from tests.fakes.gate_tools import WRAPPING_KEY, OneNameRegistry
from tests.fakes.gate_visit import FACE, GatedCourt, gated, leave
from yunting.engines import live_engine
from yunting.gate import LateMatcher

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


@dataclass(frozen=True)
class Photos:
    one: Image.Image
    two: Image.Image


@pytest.fixture(scope="module")
def photos(data_dir: Path) -> Photos:
    folder = data_dir / "faces" / "photos"
    one, two = [Image.open(folder / name).convert("RGB") for name in ("obama.jpg", "two_people.jpg")]
    one.thumbnail((640, 640))
    two.thumbnail((900, 900))
    return Photos(one, two)


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[GatedCourt]:
    pool = FacePool(workers=1, waiting=4)
    settings = await asyncio.to_thread(load, None, {"YUNTING_STORAGE_FOLDER": str(tmp_path)})
    matcher = LateMatcher(live_engine(settings), pool, cohort=lambda: None)
    tools = GateTools(wrapping_key=WRAPPING_KEY, registry=OneNameRegistry(), matcher=matcher, pool=pool.executor)
    async with courthouse(environment=FACE, gate=tools) as court:
        made = await gated(court)
        await made.staff_vouched()
        yield made
        await leave(made)
    pool.close()


def saved(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it is this large."""

    def chunk(tag: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + tag + body + struct.pack(">I", zlib.crc32(tag + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def within(picture: Image.Image, size: tuple[int, int], of: int) -> Image.Image:
    """The picture `of` pixels wide in the middle of grey."""
    small = picture.copy()
    small.thumbnail((of, of))
    whole = Image.new("RGB", size, (120, 120, 120))
    whole.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))
    return whole


BAD: list[tuple[str, Callable[[Photos], bytes], tuple[int, str]]] = [
    ("nothing", lambda p: b"", (400, "not-a-picture")),
    ("a page called .jpg", lambda p: b"<!doctype html><script>alert(1)</script>", (400, "not-a-picture")),
    ("only the first bytes of a JPEG", lambda p: b"\xff\xd8\xff\xe0\x00\x10JFIF", (400, "not-a-picture")),
    ("a JPEG's head on a program", lambda p: saved(p.one)[:20] + b"MZ" * 4_000, (400, "not-a-picture")),
    ("cut off in the middle", lambda p: saved(p.one)[: len(saved(p.one)) // 2], (400, "not-a-picture")),
    ("cut off near the end", lambda p: saved(p.one)[:-200], (400, "not-a-picture")),
    ("a PNG cut off", lambda p: saved(p.one, "PNG")[:60_000], (400, "not-a-picture")),
    ("a kind that nobody needs", lambda p: saved(p.one, "TIFF")[:900_000], (400, "not-a-picture")),
    ("an animation of another kind", lambda p: saved(p.one, "GIF"), (400, "not-a-picture")),
    ("20,000 pixels square by its header", lambda p: bomb(20_000, 20_000), (413, "picture-too-large")),
    ("two thousand million pixels wide", lambda p: bomb(2**31 - 1, 2**31 - 1), (413, "picture-too-large")),
    ("more bytes than a body may have", lambda p: saved(p.one) + bytes(1_100_000), (413, "too-large")),
    ("one pixel", lambda p: saved(Image.new("RGB", (1, 1))), (400, "no-face")),
    ("a line of pixels", lambda p: saved(Image.new("RGB", (1_500, 1))), (400, "no-face")),
    ("a wall", lambda p: saved(Image.new("RGB", (640, 480), (200, 190, 180))), (400, "no-face")),
    ("all but black", lambda p: saved(ImageEnhance.Brightness(p.one).enhance(0.02)), (400, "no-face")),
    ("lying on its side, and no word of it", lambda p: saved(p.one.rotate(90, expand=True)), (400, "no-face")),
    ("two people", lambda p: saved(p.two), (400, "many-faces")),
    ("far away", lambda p: saved(within(p.one, (640, 480), 200)), (400, "face-too-small")),
]


@pytest.mark.parametrize(("name", "make", "expected"), BAD, ids=[name for name, _, _ in BAD])
async def test_a_bad_picture_is_refused_by_name_and_not_kept(
    gate: GatedCourt, photos: Photos, name: str, make: Callable[[Photos], bytes], expected: tuple[int, str]
) -> None:
    path = f"sessions/{gate.session}/gate/{gate.visitor.participant}"
    data = await asyncio.to_thread(make, photos)
    status, refused = await gate.clerk("PUT", f"{path}/reference", raw=data)
    assert (status, refused["error"]) == expected
    assert refused["message"], "in words"
    assert (await gate.clerk("GET", f"{path}/reference.jpg"))[0] == 404
    # The court's own people's photos go through the same reader.
    status, refused = await gate.root("PUT", "staff/accounts/chen.judge/photo", raw=data)
    assert (status, refused["error"]) == expected


async def test_a_photo_of_a_phone_held_sideways_is_kept_upright_and_without_its_metadata(
    gate: GatedCourt, photos: Photos
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "the maker of the phone"
    turned = await asyncio.to_thread(
        lambda: saved(photos.one.transpose(Image.Transpose.ROTATE_90), exif=exif, quality=95)
    )
    path = f"sessions/{gate.session}/gate/{gate.visitor.participant}"
    status, row = await gate.clerk("PUT", f"{path}/reference", raw=turned)
    assert (status, row["has_reference"]) == (200, True)
    status, kept = await gate.clerk("GET", f"{path}/reference.jpg")
    assert status == 200
    with Image.open(io.BytesIO(kept)) as opened:
        assert opened.size == photos.one.size
        assert not opened.getexif()
    assert b"the maker" not in kept
    vault = gate.court.services.store
    assert await vault.keys("identity_sealed", f"{Purpose.REFERENCE}.") != ()
