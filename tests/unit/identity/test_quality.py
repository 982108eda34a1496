"""Photos for the file: what is wrong with one is said in words that whoever brings it can do something about."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from hearing.errors import UserError
from identity.engine import NoFace, Rgb, SeveralFaces
from identity.quality import check_photo
from tests.fakes.landmark_face import Face
from tests.fakes.scripted_engine import ScriptedEngine

pytestmark = pytest.mark.unit


def refusal(engine: ScriptedEngine, rgb: Rgb) -> str:
    with pytest.raises(UserError) as refused:
        check_photo(engine, rgb)
    assert refused.value.zh
    assert refused.value.en
    return refused.value.code


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


def changed(rgb: Rgb, picture: Rgb) -> Rgb:
    """Another picture of the same face: the engine reads it in the first point."""
    copy = np.array(picture)
    copy[0, 0] = rgb[0, 0]
    return copy


def test_a_good_photo_is_taken(engine: ScriptedEngine) -> None:
    assert check_photo(engine, engine.picture(Face())).width >= 80


def test_light_and_sharpness(engine: ScriptedEngine) -> None:
    good = engine.picture(Face())
    assert refusal(engine, changed(good, good // 5)) == "photo-dark"
    assert refusal(engine, changed(good, 240 + good // 20)) == "photo-bright"
    soft = np.asarray(Image.fromarray(good).filter(ImageFilter.GaussianBlur(12)))
    assert refusal(engine, changed(good, soft)) == "photo-blurred"


def test_a_face_that_is_turned_or_cut_off(engine: ScriptedEngine) -> None:
    assert refusal(engine, engine.picture(Face(yaw_deg=28.0))) == "photo-turned"
    whole = engine.picture(Face())
    assert refusal(engine, changed(whole, whole[:, :300])) == "photo-cropped"


def test_nobody_or_several(engine: ScriptedEngine) -> None:
    with pytest.raises(NoFace):
        check_photo(engine, engine.picture(Face(shown=False)))
    with pytest.raises(SeveralFaces):
        check_photo(engine, engine.picture(Face(faces=2)))
