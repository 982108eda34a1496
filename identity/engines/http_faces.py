"""An official face service makes the vectors (`docs/face-service.md` is what it must do); faces are found here.

Only the part of a picture around one face leaves this machine, over https, signed. In an outage the engine is
unavailable, and a clerk compares. Neither pictures nor vectors are logged.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import threading
import time

import aiohttp
import numpy as np
from PIL import Image

from hearing.ids import new_ulid
from identity.breaker import Breaker
from identity.engine import Box, Embedding, EngineUnavailable, Landmarks, NoFace, Rgb, check_picture
from identity.engines import dlib_faces
from identity.images import write_jpeg
from identity.service_client import Answer, Outage, Question, ServiceClient
from identity.signed import checked_service

TIMEOUT_S = 3.0
AT_ONCE = 8
"""Requests under way; the next one waits, which counts towards its time."""
_MOST_BYTES = 512_000
_AROUND = 2.0
_LONGEST = 480
_QUALITY = 95
_LARGEST = 1e6
_LENGTHS = range(32, 4097)


class _Question(Question, frozen=True, kw_only=True):
    pictures: list[str]


class _Told(Answer, frozen=True, kw_only=True):
    model: str
    vectors: tuple[tuple[float, ...], ...] = ()
    problem: str = ""


class HttpFaces:
    """Implements `identity.engine.FaceEngine`; safe for several threads at once. Vectors have unit length. `model`
    names the service's model and version: another one in an answer makes the engine unavailable, since its vectors
    mean something else.

    Keeps a thread with an event loop for its connections, until it is closed. ValueError: as
    `identity.signed.checked_service`, or no `model`. Raises EngineUnavailable without dlib's detector.
    """

    engine_id = "http"

    def __init__(
        self, url: str, secret: str, model: str, *, timeout_s: float = TIMEOUT_S, breaker: Breaker | None = None
    ) -> None:
        # Before there is a thread to end.
        checked_service(url, secret)
        if not model.strip():
            raise ValueError("the service's model has no name")
        self._model = model.strip()
        self.model_sha256 = digest_of(model)
        dlib_faces.warm()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="face-service", daemon=True)
        self._thread.start()
        self._http = asyncio.run_coroutine_threadsafe(_connections(), self._loop).result()
        self._service = ServiceClient(
            self._http, url, secret, name="face_service", timeout_s=timeout_s, breaker=breaker
        )

    def detect(self, rgb: Rgb, roi: Box | None = None) -> list[Box]:
        """See `FaceEngine.detect`."""
        return dlib_faces.detect(rgb, roi)

    def landmarks(self, rgb: Rgb, box: Box) -> Landmarks:
        """See `FaceEngine.landmarks`."""
        return dlib_faces.landmarks(rgb, box)

    def embed(self, rgb: Rgb, box: Box, flip: bool = True) -> Embedding:
        """See `FaceEngine.embed`; also NoFace, where the service finds none."""
        face = _around(check_picture(rgb), box)
        pictures = [face, np.ascontiguousarray(face[:, ::-1])] if flip else [face]
        asked = self._ask([write_jpeg(picture, _QUALITY) for picture in pictures])
        vectors = asyncio.run_coroutine_threadsafe(asked, self._loop).result()
        mean = vectors.mean(axis=0)
        size = float(np.linalg.norm(mean))
        if size < 1e-6:
            raise EngineUnavailable("the face service: a face and its mirror image have opposite vectors")
        return np.asarray(mean / size, np.float32)

    def close(self) -> None:
        """End the connections and the thread. Idempotent."""
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._http.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _ask(self, pictures: list[bytes]) -> Embedding:
        now_ms = time.time_ns() // 1_000_000
        question = _Question(
            request=new_ulid(now_ms), utc_ms=now_ms, pictures=[base64.b64encode(each).decode() for each in pictures]
        )
        try:
            vectors = await self._service.ask(
                question, _Told, lambda told: self._vectors(told, len(pictures)), most_bytes=_MOST_BYTES
            )
        except Outage as outage:
            raise EngineUnavailable(f"the face service: {outage}") from None
        if vectors is None:
            raise NoFace
        return vectors

    def _vectors(self, told: _Told, wanted: int) -> Embedding | None:
        """As rows of unit length; None where there is no face. Raises Outage."""
        if told.model != self._model:
            raise Outage(f"it runs the model {told.model[:80]!r}, the settings say {self._model!r}")
        if told.problem == "no-face":
            return None
        lengths = {len(each) for each in told.vectors}
        if len(told.vectors) != wanted or len(lengths) != 1 or lengths.pop() not in _LENGTHS:
            raise Outage(told.problem[:80] or "not one vector of 32 to 4096 numbers for each picture")
        raw = np.array(told.vectors, np.float64)
        if not np.abs(raw).max() < _LARGEST:
            raise Outage("numbers that are none of a vector")
        sizes = np.linalg.norm(raw, axis=1, keepdims=True)
        if sizes.min() < 1e-6:
            raise Outage("a vector of nothing")
        return np.asarray(raw / sizes, np.float32)


async def _connections() -> aiohttp.ClientSession:
    """Made on the loop that it belongs to."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE))


def digest_of(model: str) -> str:
    """Stands for the weights, which only the service has."""
    return hashlib.sha256(f"http\n{model.strip()}".encode()).hexdigest()


def _around(rgb: Rgb, box: Box) -> Rgb:
    """The face with as much around it as a service needs to find it again."""
    wide = box.around(_AROUND)
    part = rgb[max(0, wide.top) : max(0, wide.bottom), max(0, wide.left) : max(0, wide.right)]
    if min(part.shape[:2]) < 8:
        raise ValueError(f"a face outside the picture: {box}")
    picture = Image.fromarray(np.ascontiguousarray(part))
    picture.thumbnail((_LONGEST, _LONGEST), Image.Resampling.LANCZOS)
    return np.asarray(picture)
