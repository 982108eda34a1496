"""Which face engine the settings choose."""

from __future__ import annotations

import pytest

from config import Settings, SettingsError, load
from identity.engine import EngineUnavailable, FaceEngine
from yunting.engines import LateEngine, chosen_engine, live_engine

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
