"""Which face engine the settings choose, opened at first use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from config import Settings, SettingsError
from identity.engine import Box, Embedding, EngineUnavailable, FaceEngine, Landmarks, Rgb
from identity.signed import checked_service

if TYPE_CHECKING:
    from identity.engines.onnx_generic import FaceModels


@runtime_checkable
class _Closes(Protocol):
    def close(self) -> None: ...


class LateEngine:
    """`FaceEngine` that reads its hundred megabytes at first use, in whoever's worker thread that is.

    Raises EngineUnavailable where it cannot be opened; the next use tries again.
    """

    def __init__(self, engine_id: str, make: Callable[[], FaceEngine]) -> None:
        self.engine_id = engine_id
        self._make = make
        self._lock = threading.Lock()
        self._engine: FaceEngine | None = None

    @property
    def model_sha256(self) -> str:
        """See `FaceEngine`."""
        return self.opened().model_sha256

    def detect(self, rgb: Rgb, roi: Box | None = None) -> list[Box]:
        """See `FaceEngine`."""
        return self.opened().detect(rgb, roi)

    def landmarks(self, rgb: Rgb, box: Box) -> Landmarks:
        """See `FaceEngine`."""
        return self.opened().landmarks(rgb, box)

    def embed(self, rgb: Rgb, box: Box, flip: bool = True) -> Embedding:
        """See `FaceEngine`."""
        return self.opened().embed(rgb, box, flip)

    def close(self) -> None:
        """End the engine's processes or connections, where it has any. Idempotent."""
        with self._lock:
            engine, self._engine = self._engine, None
        if isinstance(engine, _Closes):
            engine.close()

    def opened(self) -> FaceEngine:
        """The engine itself. Raises EngineUnavailable."""
        with self._lock:
            if self._engine is None:
                try:
                    self._engine = self._make()
                except (OSError, ImportError, RuntimeError) as problem:
                    raise EngineUnavailable(f"{type(problem).__name__}: {problem}") from None
            return self._engine


def live_engine(settings: Settings) -> LateEngine:
    """What looks at the live challenge, whatever compares faces afterwards: its limits were measured with these
    landmarks and vectors."""

    def make() -> FaceEngine:
        from identity.engines.dlib_onnx import DlibOnnx

        return DlibOnnx(Path(settings.storage.folder) / "models")

    return LateEngine("dlib_onnx", make)


def chosen_engine(settings: Settings, live: LateEngine) -> LateEngine:
    """What compares faces: `identity.engine`; `live` where that is the same. Opens the operator's own models. Raises
    SettingsError, naming a file and what is wrong with it."""
    match settings.identity.engine:
        case "dlib_onnx":
            return live
        case "face_recognition":
            return LateEngine("face_recognition", _face_recognition)
        case "onnx_generic":
            models = face_models(settings)
            own = LateEngine("onnx_generic", lambda: _onnx_generic(models))
            try:
                # Now: a wrong model must not be found by the first person who comes.
                own.opened()
            except EngineUnavailable as problem:
                raise SettingsError(f"face_model: {problem.detail}") from None
            return own
        case "http":
            told = settings.face_service
            try:
                checked_service(told.url, told.secret)
                if not told.model.strip():
                    raise ValueError("the service's model has no name")
            except ValueError as problem:
                raise SettingsError(f"face_service: {problem}") from None
            return LateEngine("http", lambda: _http_faces(told.url, told.secret, told.model))


def model_of(settings: Settings) -> str:
    """`FaceEngine.model_sha256` of the chosen engine, without asking anybody. Raises SettingsError,
    EngineUnavailable."""
    engine = settings.identity.engine
    chosen_engine(settings, live_engine(settings))
    if engine == "onnx_generic":
        return face_models(settings).digest
    if engine == "http":
        from identity.engines.http_faces import digest_of

        return digest_of(settings.face_service.model)
    from identity.engines.dlib_weights import RESNET, file_sha256, model_folder

    return file_sha256(model_folder() / RESNET)


def face_models(settings: Settings) -> FaceModels:
    """The operator's models as the settings have them. Raises SettingsError."""
    from identity.engines.onnx_generic import FaceModels
    from identity.engines.onnx_models import PinnedModel, Preparation

    told = settings.face_model
    models = FaceModels(
        embedder=PinnedModel(Path(told.embedder), told.embedder_sha256),
        detector=PinnedModel(Path(told.detector), told.detector_sha256) if told.detector else None,
        alignment=told.alignment,
        preparation=Preparation(told.colours, told.mean, told.scale),
        side=told.side,
    )
    if not told.embedder:
        raise SettingsError("identity.engine = onnx_generic 须设置 / needs face_model.embedder")
    try:
        models.preparation.check()
    except ValueError as problem:
        raise SettingsError(f"face_model: {problem}") from None
    return models


def _onnx_generic(models: FaceModels) -> FaceEngine:
    from identity.engines.onnx_generic import OnnxGeneric

    return OnnxGeneric(models)


def _http_faces(url: str, secret: str, model: str) -> FaceEngine:
    from identity.engines.http_faces import HttpFaces

    return HttpFaces(url, secret, model)


def _face_recognition() -> FaceEngine:
    from identity.engines.face_recognition_engine import FaceRecognition
    from identity.pool import leave_one

    return FaceRecognition(leave_one())
