"""The gate's own engine, as the program puts it together, on real photos."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from config import Settings, load
from hearing.errors import UserError
from identity.images import read_picture, write_jpeg
from identity.pool import FacePool
from identity.score import decode
from yunting.engines import live_engine
from yunting.gate import LateMatcher

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

ME, AGAIN, OTHER = "obama.jpg", "obama2.jpg", "biden.jpg"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(None, {"YUNTING_STORAGE_FOLDER": str(tmp_path)})


@pytest.fixture
async def matcher(settings: Settings) -> AsyncIterator[LateMatcher]:
    pool = FacePool(workers=1, waiting=4)
    yield LateMatcher(live_engine(settings), pool, cohort=lambda: None)
    pool.close()


async def test_without_a_calibration_every_match_is_the_clerks_and_the_score_tells_people_apart(
    matcher: LateMatcher, data_dir: Path
) -> None:
    mine, again, other = [(data_dir / "faces" / "photos" / name).read_bytes() for name in (ME, AGAIN, OTHER)]
    reference = await matcher.check_reference(mine)
    same = await matcher.match([read_picture(again)] * 3, reference)
    another = await matcher.match([read_picture(other)] * 3, reference)
    assert (same.decision, another.decision) == ("review", "review")
    assert same.reason == "not-calibrated"
    assert another.reason == "no-match"
    assert same.score_milli > 2_500 > another.score_milli
    assert decode(same.template).engine_id == same.engine_id == "dlib_onnx"


async def test_what_is_no_photo_of_one_face_is_refused_by_name(matcher: LateMatcher) -> None:
    for bad, code in ((b"\xff\xd8 no picture", "not-a-picture"), (b"", "not-a-picture")):
        with pytest.raises(UserError) as refused:
            await matcher.check_reference(bad)
        assert refused.value.code == code
    blank = await matcher.jpeg(np.full((240, 320, 3), 128, np.uint8))
    with pytest.raises(UserError) as refused:
        await matcher.check_reference(blank)
    assert refused.value.code == "no-face"


async def test_a_photo_for_the_file_is_refused_for_what_is_wrong_with_it(
    matcher: LateMatcher, data_dir: Path
) -> None:
    """The same real photo, spoilt in each way."""
    good = read_picture((data_dir / "faces" / "photos" / ME).read_bytes())
    image = Image.fromarray(good)
    height, width = good.shape[:2]
    small = image.resize((width // 6, height // 6))
    for picture, code in (
        (image.point(lambda value: value // 8), "photo-dark"),
        (image.point(lambda value: 212 + value // 6), "photo-bright"),
        (image.filter(ImageFilter.GaussianBlur(14)), "photo-blurred"),
        (small, "face-too-small"),
    ):
        with pytest.raises(UserError) as refused:
            await matcher.check_reference(write_jpeg(np.asarray(picture)))
        assert refused.value.code == code
    assert await matcher.check_reference(write_jpeg(good))
