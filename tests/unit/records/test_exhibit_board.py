"""An exhibit in the composite: the picture upright and in proportion, the shown page, a plate for what is neither."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from PIL import Image

from records.composite import exhibit_board, exhibit_pages
from records.composite.drawing import TILE, Canvas, Pen, yuv
from records.composite.exhibit_board import ExhibitBoard, picture_of
from records.composite.exhibit_pages import ExhibitPages
from records.composite.layout import Box, beside
from records.media.pdf_pages import Drawn, draw_page
from records.timeline import OnShow
from tests.fakes.pdfs import coloured_pdf

pytestmark = pytest.mark.unit

BLUE = (0, 0, 255)
BOX = Box(8, 64, 832, 612)


def saved(path: Path, image: Image.Image, kind: str, **more: object) -> Path:
    image.save(path, kind, **more)
    return path


def on_show(kind: str = "png", page: int = 1) -> OnShow:
    return OnShow(number=3, name="送货单", kind=kind, file="file", sha256="", page=page)


def board(folder: Path, canvas: Canvas) -> ExhibitBoard:
    return ExhibitBoard(folder, ExhibitPages(folder / "pages", folder), canvas, Pen(), 1.0)


def test_a_picture_is_whole_in_proportion_and_as_large_as_there_is_room(tmp_path: Path) -> None:
    wide = picture_of(saved(tmp_path / "a", Image.new("RGB", (400, 100), BLUE), "PNG"), "png", 832, 560)
    tall = picture_of(saved(tmp_path / "b", Image.new("RGB", (300, 3000), BLUE), "JPEG"), "jpg", 832, 560)
    assert wide is not None
    assert tall is not None
    assert (wide.width, wide.height) == (832, 208)
    assert (tall.width, tall.height) == (56, 560)
    assert np.all(wide.y == yuv(BLUE)[0])


def test_a_photograph_stands_as_it_was_taken(tmp_path: Path) -> None:
    image = Image.new("RGB", (400, 200), BLUE)
    exif = image.getexif()
    exif[0x0112] = 6
    path = saved(tmp_path / "photo", image, "JPEG", exif=exif)
    picture = picture_of(path, "jpg", 400, 400)
    assert picture is not None
    assert (picture.width, picture.height) == (200, 400)


def test_what_is_see_through_lies_on_white_paper(tmp_path: Path) -> None:
    path = saved(tmp_path / "seal", Image.new("RGBA", (100, 100), (255, 0, 0, 0)), "PNG")
    picture = picture_of(path, "png", 100, 100)
    assert picture is not None
    assert np.all(picture.y == yuv((255, 255, 255))[0])


@pytest.mark.parametrize("kind", ["png", "jpg", "mp4"])
def test_a_damaged_file_has_no_picture(tmp_path: Path, kind: str) -> None:
    stream = io.BytesIO()
    Image.effect_noise((300, 300), 80).convert("RGB").save(stream, "PNG" if kind == "png" else "JPEG")
    path = tmp_path / "cut"
    path.write_bytes(stream.getvalue()[: stream.tell() // 3])
    assert picture_of(path, kind, 100, 100) is None


def test_what_is_no_picture_or_too_large_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "large", Image.new("RGB", (100, 100)), "PNG")
    assert picture_of(path, "wav", 100, 100) is None
    monkeypatch.setattr(exhibit_board, "MAX_PIXELS", 9_999)
    assert picture_of(path, "png", 100, 100) is None


def test_a_file_that_is_not_there_is_no_exhibit_without_a_picture(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        picture_of(tmp_path / "gone", "png", 100, 100)


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_the_board_is_painted_inside_its_box_only(tmp_path: Path, kind: str) -> None:
    saved(tmp_path / "file", Image.new("RGB", (300, 200), BLUE), "PNG")
    canvas = Canvas(1280, 720)
    before = canvas.y.copy()
    board(tmp_path, canvas).paint(on_show(kind), BOX)
    changed = canvas.y != before
    inside = np.zeros_like(changed)
    inside[BOX.y : BOX.y + BOX.height, BOX.x : BOX.x + BOX.width] = True
    assert not np.any(changed & ~inside)
    middle = canvas.y[BOX.y + 280, BOX.x + 416]
    assert (middle == yuv(BLUE)[0]) == (kind == "png")
    assert canvas.y[BOX.y + 4, BOX.x + 4] in {yuv(BLUE)[0], yuv(TILE)[0]}


def test_the_shown_page_of_a_pdf_is_drawn_once_for_all_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def counted(file: BinaryIO, page: int, width_px: int, height_px: int) -> Drawn | None:
        drawn.append(page)
        return draw_page(file, page, width_px, height_px)

    monkeypatch.setattr(exhibit_pages, "draw_page", counted)
    (tmp_path / "file").write_bytes(coloured_pdf(BLUE, (255, 0, 0)))
    for page, colour in ((1, BLUE), (2, (255, 0, 0)), (1, BLUE)):
        canvas = Canvas(1280, 720)
        board(tmp_path, canvas).paint(on_show("pdf", page), BOX)
        assert canvas.y[BOX.y + 280, BOX.x + 416] == yuv(colour)[0]
    assert drawn == [1, 2]


def test_a_page_that_could_not_be_drawn_once_stays_a_plate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(coloured_pdf(BLUE))
    monkeypatch.setattr(exhibit_pages, "draw_page", lambda *_: None)
    first, second = Canvas(1280, 720), Canvas(1280, 720)
    board(tmp_path, first).paint(on_show("pdf"), BOX)
    monkeypatch.undo()
    board(tmp_path, second).paint(on_show("pdf"), BOX)
    assert np.array_equal(first.y, second.y)
    assert not np.any(first.y[BOX.y : BOX.y + 500, BOX.x : BOX.x + BOX.width] == yuv(BLUE)[0])


def test_board_and_column_share_the_stage() -> None:
    stage = Box(8, 64, 1264, 612)
    board, column = beside(stage)
    assert board.x == stage.x
    assert board.x + board.width < column.x
    assert column.x + column.width <= stage.x + stage.width
    assert board.width > 1.9 * column.width
    assert board.height == column.height == stage.height
