"""Which face engine the settings choose."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config import Settings, SettingsError, load
from identity.engine import EngineUnavailable, FaceEngine
from identity.engines.http_faces import HttpFaces
from identity.engines.onnx_models import Preparation
from tests.fakes.onnx_networks import embedder, pinned
from yunting.engines import LateEngine, chosen_engine, face_models, live_engine

pytestmark = pytest.mark.unit


def settings(**keys: str) -> Settings:
    return load(None, {f"YUNTING_{name.upper()}": value for name, value in keys.items()})


def test_what_is_asked_for_compares_and_dlibs_network_watches_the_challenge() -> None:
    for name in ("dlib_onnx", "face_recognition"):
        chosen = settings(identity_engine=name)
        live = live_engine(chosen)
        assert live.engine_id == "dlib_onnx"
        engine = chosen_engine(chosen, live)
        assert engine.engine_id == name
        # Two copies of one network would be a hundred megabytes for nothing.
        assert (engine is live) == (name == "dlib_onnx")


def test_an_engine_nobody_knows_does_not_start() -> None:
    with pytest.raises(SettingsError, match="engine"):
        settings(identity_engine="deepface")


@pytest.mark.parametrize("problem", [OSError("gone"), ImportError("no such"), EngineUnavailable("no model")])
def test_what_cannot_be_opened_is_unavailable_and_is_tried_again(problem: Exception) -> None:
    tries = 0

    def make() -> FaceEngine:
        nonlocal tries
        tries += 1
        raise problem

    late = LateEngine("broken", make)
    for _ in range(2):
        with pytest.raises(EngineUnavailable):
            late.opened()
    assert tries == 2


def onnx_settings(tmp_path: Path, **keys: str) -> Settings:
    model = pinned(tmp_path / "face.onnx", embedder([1, 3, 32, 32]))
    told = {"embedder": str(model.path), "embedder_sha256": model.sha256, **keys}
    return settings(identity_engine="onnx_generic", **{f"face_model_{name}": value for name, value in told.items()})


def test_the_operators_own_model_is_prepared_as_the_settings_say(tmp_path: Path) -> None:
    chosen = onnx_settings(tmp_path, mean="1, 2, 3", scale="4", colours="bgr", alignment="dlib")
    models = face_models(chosen)
    assert (models.alignment, models.preparation) == ("dlib", Preparation("bgr", (1.0, 2.0, 3.0), (4.0,)))
    engine = chosen_engine(chosen, live_engine(chosen))
    assert engine.engine_id == "onnx_generic"
    assert engine.model_sha256 == models.digest


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("embedder", "", "face_model.embedder"),
        ("embedder", "/nowhere/face.onnx", "/nowhere/face.onnx"),
        ("embedder_sha256", "ab" * 32, "ab" * 32),
        ("embedder_sha256", "", "face.onnx"),
        ("detector", "/nowhere/yunet.onnx", "/nowhere/yunet.onnx"),
        ("side", "112", "face.onnx"),
        ("mean", "1,2", "mean"),
        ("mean", "a", "MEAN"),
        ("scale", "0", "scale"),
        ("alignment", "eyes", "alignment"),
    ],
)
def test_a_wrong_model_does_not_start_and_is_named(tmp_path: Path, name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)):
        chosen_engine(chosen := onnx_settings(tmp_path, **{name: value}), live_engine(chosen))


def service_settings(**keys: str) -> Settings:
    told = {"url": "https://faces.example/vectors", "secret": "s" * 16, "model": "court-face 3.1", **keys}
    return settings(identity_engine="http", **{f"face_service_{name}": value for name, value in told.items()})


def test_a_face_service_is_asked_where_the_settings_say_so() -> None:
    chosen = service_settings()
    engine = chosen_engine(chosen, live_engine(chosen))
    assert engine.engine_id == "http"
    assert isinstance(engine.opened(), HttpFaces)
    engine.close()
    engine.close()


@pytest.mark.parametrize(("name", "value"), [("url", "http://faces.example/"), ("secret", "short"), ("model", "")])
def test_a_service_by_an_open_line_or_without_a_name_does_not_start(name: str, value: str) -> None:
    chosen = service_settings(**{name: value})
    with pytest.raises(SettingsError, match="face_service"):
        chosen_engine(chosen, live_engine(chosen))
