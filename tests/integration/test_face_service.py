"""A face service that fails in every way: the engine is unavailable then, in words for the operator."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from identity.breaker import Breaker
from identity.engine import Box, Embedding, EngineUnavailable, Landmarks, NoFace, Rgb
from identity.engines.http_faces import HttpFaces
from tests.fakes.face_service import MODEL, SECRET, FaceService

pytestmark = pytest.mark.integration

FACE = Box(100, 100, 200, 200)
PICTURE: Rgb = np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8)


class OneVector:
    """A network that says the same of every face."""

    engine_id = "one"
    model_sha256 = "0" * 64

    def detect(self, rgb: Rgb, roi: Box | None = None) -> list[Box]:
        return [Box(0, 0, rgb.shape[1], rgb.shape[0])]

    def landmarks(self, rgb: Rgb, box: Box) -> Landmarks:
        raise NotImplementedError

    def embed(self, rgb: Rgb, box: Box, flip: bool = True) -> Embedding:
        return np.arange(1, 129, dtype=np.float32)


@pytest.fixture
def service() -> Iterator[FaceService]:
    made = FaceService(OneVector())
    yield made
    made.stop()


@pytest.fixture
def engine(service: FaceService) -> Iterator[HttpFaces]:
    made = HttpFaces(service.url, SECRET, MODEL, breaker=Breaker(5, 60_000))
    yield made
    made.close()


def test_vectors_have_unit_length(engine: HttpFaces, service: FaceService) -> None:
    vector = engine.embed(PICTURE, FACE)
    assert vector.dtype == np.float32
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)
    assert len(service.sizes) == 2
    assert len(service.requests) == 1


@pytest.mark.parametrize("fault", [503, "other-model", "short", "nothing", "huge", "one"])
def test_one_fault_is_asked_again_two_are_an_outage(
    engine: HttpFaces, service: FaceService, fault: int | str
) -> None:
    service.faults.extend([fault])
    assert engine.embed(PICTURE, FACE).shape == (128,)
    service.faults.extend([fault, fault])
    with pytest.raises(EngineUnavailable) as refused:
        engine.embed(PICTURE, FACE)
    assert "the face service" in refused.value.detail
    assert len(service.requests) == 4


def test_another_model_than_agreed_is_named(engine: HttpFaces, service: FaceService) -> None:
    service.faults.extend(["other-model"] * 2)
    with pytest.raises(EngineUnavailable) as refused:
        engine.embed(PICTURE, FACE)
    assert "court-face 4.0" in refused.value.detail
    assert MODEL in refused.value.detail


def test_a_face_that_the_service_does_not_find_is_no_outage(engine: HttpFaces, service: FaceService) -> None:
    for _ in range(6):
        service.faults.extend(["no-face"])
        with pytest.raises(NoFace):
            engine.embed(PICTURE, FACE)
    assert engine.embed(PICTURE, FACE).shape == (128,)


def test_nobody_listening_is_an_outage_and_soon_costs_nothing() -> None:
    engine = HttpFaces("http://127.0.0.1:1/vectors", SECRET, MODEL, breaker=Breaker(2, 60_000))
    for _ in range(3):
        with pytest.raises(EngineUnavailable) as refused:
            engine.embed(PICTURE, FACE)
    assert "left alone" in refused.value.detail
    engine.close()


def test_nothing_of_a_face_is_logged(
    engine: HttpFaces, service: FaceService, capsys: pytest.CaptureFixture[str]
) -> None:
    service.faults.extend([500, "not-json"])
    with pytest.raises(EngineUnavailable):
        engine.embed(PICTURE, FACE)
    shown = "".join(capsys.readouterr())
    assert shown.count("face_service.outage") == 2
    assert len(shown) < 1_000


@pytest.mark.parametrize(
    ("url", "secret", "model"),
    [
        ("http://faces.example/vectors", SECRET, MODEL),
        ("https://faces.example/vectors", "short", MODEL),
        ("https://faces.example/vectors", SECRET, " "),
    ],
)
def test_open_lines_short_secrets_and_nameless_models_are_refused(url: str, secret: str, model: str) -> None:
    with pytest.raises(ValueError):
        HttpFaces(url, secret, model)


def test_a_box_outside_the_picture_is_no_face(engine: HttpFaces, service: FaceService) -> None:
    with pytest.raises(ValueError):
        engine.embed(PICTURE, Box(900, 900, 950, 950))
    assert service.requests == []


def test_closing_twice_leaves_no_thread(service: FaceService) -> None:
    engine = HttpFaces(service.url, SECRET, MODEL)
    engine.embed(PICTURE, FACE)
    engine.close()
    engine.close()
    until = time.monotonic() + 10
    while any(thread.name == "face-service" for thread in threading.enumerate()):
        assert time.monotonic() < until
