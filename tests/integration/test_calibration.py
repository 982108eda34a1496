"""`yunting identity calibrate` from photos to a cohort that the server's matcher uses; faces stand for themselves
by colour."""

from __future__ import annotations

import asyncio
import io
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from config import Settings, load
from hearing.errors import UserError
from identity.cohort import CohortError
from identity.engine import Box, Embedding, Landmarks, Rgb
from identity.images import read_picture
from identity.pool import FacePool
from yunting.calibration import calibrate_from, cohort_file, cohort_key, open_cohort, said
from yunting.gate import LateMatcher

pytestmark = pytest.mark.integration

KEY = bytes(range(32))


class ByMosaic:
    """An engine for pictures of 8 x 8 coloured fields: a picture's vector is its fields' colours."""

    engine_id = "mosaic"
    model_sha256 = "cd" * 32

    def detect(self, rgb: Rgb, roi: Box | None = None) -> list[Box]:
        return [Box(0, 0, rgb.shape[1], rgb.shape[0])]

    def landmarks(self, rgb: Rgb, box: Box) -> Landmarks:
        raise NotImplementedError

    def embed(self, rgb: Rgb, box: Box, flip: bool = True) -> Embedding:
        return np.asarray(rgb[4::8, 4::8].reshape(-1), np.float32) / 255


def photos(folder: Path, people: int, each: int) -> Path:
    random = np.random.default_rng(1)
    for person in range(people):
        (folder / f"{person:03}").mkdir(parents=True)
        face = random.integers(60, 200, (8, 8, 3))
        for at in range(each):
            fields = np.clip(face + random.integers(-20, 21, face.shape), 0, 255).astype(np.uint8)
            Image.fromarray(np.kron(fields, np.ones((8, 8, 1), np.uint8))).save(folder / f"{person:03}" / f"{at}.png")
    return folder


def settings(folder: Path) -> Settings:
    return load(None, {"YUNTING_STORAGE_FOLDER": str(folder)})


def test_from_photos_to_a_cohort_that_opens_with_its_key_only(tmp_path: Path) -> None:
    chosen, quiet = settings(tmp_path / "data"), Console(quiet=True)
    folder = photos(tmp_path / "photos", 290, 6)
    (folder / "000" / "broken.jpg").write_bytes(b"\xff\xd8")
    report = calibrate_from(chosen, ByMosaic(), folder, KEY, quiet)
    assert (report.people, report.photos) == (290, 290 * 6)
    assert [(each.file, each.reason) for each in report.refused] == [("000/broken.jpg", "not-a-picture")]
    assert report.pass_from is not None
    assert (report.engine, report.model_sha256) == ("mosaic", "cd" * 32)
    # What it bounds, in words: how often, for whom, by which model, on how many pairs.
    for part in (f"{report.pass_from:.2f}", str(report.impostor_pairs), "mosaic", "cd" * 6, "people like these"):
        assert part in said(report)
    assert report.impostor_pairs > 30_000
    assert {row.frames for row in report.table} == {1, 3, 5}
    file = cohort_file(chosen)
    cohort = open_cohort(file, cohort_key(KEY), ByMosaic())
    assert cohort is not None
    assert cohort.calibration is not None
    assert cohort.calibration.pass_from == report.pass_from
    assert open_cohort(file, cohort_key(bytes(32)), ByMosaic()) is None
    other = ByMosaic()
    other.model_sha256 = "ef" * 32
    assert open_cohort(file, cohort_key(KEY), other) is None


async def test_only_a_calibration_of_this_engine_and_model_lets_anybody_pass_alone(tmp_path: Path) -> None:
    """Through what the server uses: the sealed file, the matcher, pictures."""
    folder = await asyncio.to_thread(photos, tmp_path / "photos", 300, 6)
    chosen = await asyncio.to_thread(settings, tmp_path / "data")
    await asyncio.to_thread(calibrate_from, chosen, ByMosaic(), folder, KEY, Console(quiet=True))
    pictures = await asyncio.to_thread(lambda: [(folder / "007" / f"{at}.png").read_bytes() for at in range(4)])
    stranger = await asyncio.to_thread((folder / "008" / "0.png").read_bytes)
    pool = FacePool(workers=1, waiting=4)

    async def decision(engine: ByMosaic, key: bytes, reference: bytes) -> tuple[str, str]:
        matcher = LateMatcher(engine, pool, partial(open_cohort, cohort_file(chosen), cohort_key(key), engine))
        match = await matcher.match([read_picture(each) for each in pictures[:3]], reference)
        return match.decision, match.reason

    newer, renamed = ByMosaic(), ByMosaic()
    newer.model_sha256 = "ef" * 32
    renamed.engine_id = "http"
    assert await decision(ByMosaic(), KEY, pictures[3]) == ("pass", "")
    assert await decision(ByMosaic(), KEY, stranger) == ("fail", "no-match")
    assert await decision(renamed, KEY, pictures[3]) == ("review", "not-calibrated")
    for engine, key in ((newer, KEY), (ByMosaic(), bytes(32))):
        # What this engine's distances mean is known from the calibration alone.
        with pytest.raises(CohortError) as refused:
            await decision(engine, key, pictures[3])
        assert refused.value.code == "cohort-needed"
    pool.close()


async def test_a_visit_of_fewer_frames_than_three_is_the_clerks(tmp_path: Path) -> None:
    folder = await asyncio.to_thread(photos, tmp_path / "photos", 300, 6)
    chosen = await asyncio.to_thread(settings, tmp_path / "data")
    await asyncio.to_thread(calibrate_from, chosen, ByMosaic(), folder, KEY, Console(quiet=True))
    pictures = await asyncio.to_thread(lambda: [(folder / "007" / f"{at}.png").read_bytes() for at in range(3)])
    pool, engine = FacePool(workers=1, waiting=4), ByMosaic()
    matcher = LateMatcher(engine, pool, partial(open_cohort, cohort_file(chosen), cohort_key(KEY), engine))
    match = await matcher.match([read_picture(each) for each in pictures[:2]], pictures[2])
    assert (match.decision, match.reason) == ("review", "uncertain")
    pool.close()


def test_long_work_says_how_far_it_is_where_nobody_sees_a_bar(tmp_path: Path) -> None:
    out = io.StringIO()
    chosen = settings(tmp_path / "data")
    calibrate_from(chosen, ByMosaic(), photos(tmp_path / "photos", 210, 2), KEY, Console(file=out, width=200))
    assert "200/420" in out.getvalue()
    assert "400/420" in out.getvalue()


def test_one_photo_each_leaves_passing_off_and_says_so(tmp_path: Path) -> None:
    chosen = settings(tmp_path / "data")
    report = calibrate_from(chosen, ByMosaic(), photos(tmp_path / "photos", 210, 1), KEY, Console(quiet=True))
    assert (report.pass_from, report.false_match_bound, report.table) == (None, None, [])
    assert "保持关闭" in said(report)


def test_too_few_people_leave_no_file(tmp_path: Path) -> None:
    chosen = settings(tmp_path / "data")
    with pytest.raises(UserError) as refused:
        calibrate_from(chosen, ByMosaic(), photos(tmp_path / "photos", 20, 2), KEY, Console(quiet=True))
    assert refused.value.code == "cohort-too-small"
    assert not cohort_file(chosen).exists()
    assert open_cohort(cohort_file(chosen), cohort_key(KEY), ByMosaic()) is None
