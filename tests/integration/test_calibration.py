"""`yunting identity calibrate` from photos to a cohort that the server's matcher uses; faces stand for themselves
by colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from config import Settings, load
from hearing.errors import UserError
from identity.engine import Box, Embedding, Landmarks, Rgb
from yunting.calibration import calibrate_from, cohort_file, cohort_key, open_cohort, said

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
    assert f"{report.pass_from:.2f}" in said(report)
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
