"""The compatibility engine: the package `face_recognition` as it is, in a process of its own.

dlib's encoder holds the GIL for the whole of its 150 ms, which would stop every hearing; a crash of it stops only
this process. With setuptools >= 82 the package's models ask for `pkg_resources`, and its import then ends the
process with `quit()` and exit status 0: the worker gives it a stand-in first, and turns the end into an error. Its
vectors equal `dlib_onnx`'s, at more than ten times the cost.
"""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
import multiprocessing.connection
import os
import sys
import threading
import types
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from typing import Any, TypeVar

import numpy as np

from identity.engine import Box, Embedding, EngineUnavailable, Landmarks, Rgb, check_picture
from identity.engines.dlib_weights import RESNET, file_sha256, model_folder

CALL_S = 30.0
START_S = 120.0
"""Its imports take seconds of CPU: on a busy machine that is a minute."""
LONGEST_SIDE = 1280

T = TypeVar("T")


class FaceRecognition:
    """Implements `identity.engine.FaceEngine`; safe for several threads at once, of which `processes` are served.

    Close it to end its processes. A process that died is replaced at the next call. Raises EngineUnavailable where
    the package or its models are not installed.
    """

    engine_id = "face_recognition"

    def __init__(self, processes: int = 1) -> None:
        self.model_sha256 = file_sha256(model_folder() / RESNET)
        if importlib.util.find_spec("face_recognition") is None:
            raise EngineUnavailable("the package face_recognition is not installed")
        self._processes = processes
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._call(_ready)

    def detect(self, rgb: Rgb, roi: Box | None = None) -> list[Box]:
        """See `FaceEngine.detect`."""
        rgb = check_picture(rgb)
        if roi is None:
            return self._call(_detect, rgb)
        left, top = max(0, roi.left), max(0, roi.top)
        part = rgb[top : max(top, roi.bottom), left : max(left, roi.right)]
        if min(part.shape[:2]) < 8:
            return []
        found = self._call(_detect, np.ascontiguousarray(part))
        return [Box(b.left + left, b.top + top, b.right + left, b.bottom + top, b.score) for b in found]

    def landmarks(self, rgb: Rgb, box: Box) -> Landmarks:
        """See `FaceEngine.landmarks`."""
        return self._call(_landmarks, check_picture(rgb), box)

    def embed(self, rgb: Rgb, box: Box, flip: bool = True) -> Embedding:
        """See `FaceEngine.embed`."""
        return self._call(_embed, check_picture(rgb), box, flip)

    def close(self) -> None:
        """End the processes. Idempotent; the next call starts them again."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _call(self, work: Callable[..., T], *args: Any) -> T:
        with self._lock:
            seconds = CALL_S if self._pool is not None else START_S
            if self._pool is None:
                # Spawned: a fork would carry the event loop, its sockets and its locks along.
                self._pool = ProcessPoolExecutor(
                    self._processes, multiprocessing.get_context("spawn"), initializer=_begin
                )
            pool = self._pool
        try:
            return pool.submit(work, *args).result(seconds)
        except (BrokenExecutor, TooLong) as problem:
            with self._lock:
                if self._pool is pool:
                    self._pool = None
            _end(pool)
            raise EngineUnavailable(f"face_recognition's process: {type(problem).__name__}") from None


def _end(pool: ProcessPoolExecutor) -> None:
    """Also one that hangs: it would hold up the end of the program, and there is no public way to its processes."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()


def _begin() -> None:
    """In a new process: never outlive the server, also where that was killed."""
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)


def load_package() -> Any:
    """The package, imported without ending this process. Raises EngineUnavailable."""
    if "pkg_resources" not in sys.modules and importlib.util.find_spec("pkg_resources") is None:
        stand_in: Any = types.ModuleType("pkg_resources")
        stand_in.resource_filename = _resource_filename
        sys.modules.setdefault("pkg_resources", stand_in)
    try:
        return importlib.import_module("face_recognition")
    except SystemExit:
        raise EngineUnavailable("face_recognition ended the process at its import: its models are missing") from None
    except ImportError as problem:
        raise EngineUnavailable(f"face_recognition cannot be imported: {problem.name}") from None


def _resource_filename(package: str, name: str) -> str:
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return f"{places[0]}/{name}" if places else name


def _ready() -> None:
    load_package()


def _detect(rgb: Rgb) -> list[Box]:
    # The package's own call gives no scores and enlarges every picture; ours needs boxes only.
    step = max(1, -(-max(rgb.shape[:2]) // LONGEST_SIDE))
    found = load_package().face_locations(np.ascontiguousarray(rgb[::step, ::step]), 1, "hog")
    boxes = [
        Box(left * step, top * step, (right + 1) * step, (bottom + 1) * step) for top, right, bottom, left in found
    ]
    return sorted(boxes, key=lambda box: box.width, reverse=True)


def _landmarks(rgb: Rgb, box: Box) -> Landmarks:
    (shape,) = load_package().api._raw_face_landmarks(rgb, [_css(box)])
    return np.array([(point.x, point.y) for point in shape.parts()], np.float32)


def _embed(rgb: Rgb, box: Box, flip: bool) -> Embedding:
    package = load_package()
    (vector,) = package.face_encodings(rgb, [_css(box)], 1, "small")
    if not flip:
        return np.asarray(vector, np.float32)
    width = rgb.shape[1]
    mirrored = Box(width - box.right, box.top, width - box.left, box.bottom)
    (other,) = package.face_encodings(np.ascontiguousarray(rgb[:, ::-1]), [_css(mirrored)], 1, "small")
    return np.asarray((vector + other) / 2, np.float32)


def _css(box: Box) -> tuple[int, int, int, int]:
    """Top, right, bottom, left, as the package counts."""
    return box.top, box.right - 1, box.bottom - 1, box.left
