"""Doctor about faces: which engine compares, and whether the calibration is of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from config import load
from identity.cohort import Calibration, Cohort, save
from yunting.calibration import cohort_file, cohort_key
from yunting.doctor.checks import Finding, examine
from yunting.engines import model_of
from yunting.gate import wrapping_key

pytestmark = pytest.mark.unit

STRANGERS = np.random.default_rng(1).normal(0, 0.1, (200, 32)).astype(np.float32)
SERVICE = {
    "IDENTITY_ENGINE": "http",
    "FACE_SERVICE_URL": "https://faces.example/vectors",
    "FACE_SERVICE_SECRET": "s" * 16,
    "FACE_SERVICE_MODEL": "court-face 3.1",
}


def looked_at(folder: Path, **keys: str) -> Finding:
    told = {"STORAGE_FOLDER": str(folder), "STORAGE_MIN_FREE_BYTES": "0", **keys}
    report = examine(load(None, {f"YUNTING_{name}": value for name, value in told.items()}))
    return next(finding for finding in report.findings if finding.name == "faces")


def calibrated(folder: Path, engine: str, model: str, pass_from: float | None, **keys: str) -> None:
    settings = load(None, {"YUNTING_STORAGE_FOLDER": str(folder)} | {f"YUNTING_{k}": v for k, v in keys.items()})
    found = Calibration(
        frames=3, impostor_pairs=90_000, genuine_pairs=900, people=300, pass_from=pass_from,
        false_match_bound=9e-5 if pass_from else 4e-4, made_utc_ms=0,
    )  # fmt: skip
    save(
        Cohort(engine, model, STRANGERS, found),
        cohort_file(settings),
        cohort_key(wrapping_key(settings)),
    )


def model(**keys: str) -> str:
    return model_of(load(None, {f"YUNTING_{name}": value for name, value in keys.items()}))


def test_without_a_calibration_the_clerk_has_every_match_and_looking_makes_no_key(tmp_path: Path) -> None:
    found = looked_at(tmp_path)
    assert found.grade == "warn"
    assert found.fact.startswith(f"dlib_onnx, model {model()[:12]}")
    assert "every match goes to the clerk" in found.fact
    assert "calibrate" in found.advice
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("keys", [{}, {"IDENTITY_ENGINE": "face_recognition"}, SERVICE], ids=["", "package", "http"])
def test_a_calibration_that_fits_is_good(tmp_path: Path, keys: dict[str, str]) -> None:
    engine = keys.get("IDENTITY_ENGINE", "dlib_onnx")
    calibrated(tmp_path, engine, model(**keys), 5.2)
    found = looked_at(tmp_path, **keys)
    assert (found.grade, found.advice) == ("good", "")
    for part in (engine, "5.20", "300 people", "9.0e-05"):
        assert part in found.fact


@pytest.mark.parametrize(("engine", "sha"), [("face_recognition", None), ("dlib_onnx", "ab" * 32)])
def test_one_of_another_engine_or_model_does_not_count(tmp_path: Path, engine: str, sha: str | None) -> None:
    calibrated(tmp_path, engine, sha or model(), 5.2)
    found = looked_at(tmp_path)
    assert found.grade == "warn"
    assert f"the calibration is of {engine}" in found.fact
    assert "every match goes to the clerk" in found.fact


def test_one_that_bounds_too_little_is_said(tmp_path: Path) -> None:
    calibrated(tmp_path, "dlib_onnx", model(), None)
    found = looked_at(tmp_path)
    assert found.grade == "warn"
    assert "4.0e-04" in found.fact


def test_a_service_renamed_is_another_model(tmp_path: Path) -> None:
    calibrated(tmp_path, "http", model(**SERVICE), 5.2)
    found = looked_at(tmp_path, **{**SERVICE, "FACE_SERVICE_MODEL": "court-face 4.0"})
    assert found.grade == "warn"


def test_one_sealed_with_another_key_is_said(tmp_path: Path) -> None:
    calibrated(tmp_path, "dlib_onnx", model(), 5.2)
    found = looked_at(tmp_path, IDENTITY_KEY="ab" * 32)
    assert found.grade == "warn"
    assert "another key" in found.fact


def test_dlibs_weights_missing_leave_everybody_to_the_clerk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        return tmp_path / "nowhere"

    monkeypatch.setattr("identity.engines.dlib_weights.model_folder", nowhere)
    found = looked_at(tmp_path)
    assert found.grade == "bad"
    assert "dlib_face_recognition" in found.fact
    assert "clerk" in found.advice


def test_an_own_model_that_is_not_there_is_bad_and_named(tmp_path: Path) -> None:
    keys = {"IDENTITY_ENGINE": "onnx_generic", "FACE_MODEL_EMBEDDER": "/nowhere/face.onnx"}
    found = looked_at(tmp_path, **keys)
    assert found.grade == "bad"
    assert "/nowhere/face.onnx" in found.fact
    assert "does not start" in found.advice
