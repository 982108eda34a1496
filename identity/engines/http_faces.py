"""An official face service makes the vectors (`docs/face-service.md` is what it must do); faces are found here.

Only the part of a picture around one face leaves this machine, over https, signed. A service that does not answer in
time, or answers what is no answer, is asked once more under the same id; then the engine is unavailable, and a clerk
compares. Neither pictures nor vectors are logged.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import threading
import time

import aiohttp
import msgspec
import numpy as np
import structlog
from PIL import Image

from hearing.ids import new_ulid
from identity.breaker import Breaker
from identity.engine import Box, Embedding, EngineUnavailable, Landmarks, NoFace, Rgb, check_picture
from identity.engines import dlib_faces
from identity.images import write_jpeg
from identity.signed import SIGNATURE, checked_service, sign

TIMEOUT_S = 3.0
TRIES = 2
AT_ONCE = 8
"""Requests under way; the next one waits, which counts towards its time."""
_MOST_BYTES = 512_000
_AROUND = 2.0
_LONGEST = 480
_QUALITY = 95
_LARGEST = 1e6
_LENGTHS = range(32, 4097)

_log = structlog.get_logger()


class _Question(msgspec.Struct, frozen=True, kw_only=True):
    request: str
    utc_ms: int
    pictures: list[str]


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    request: str
    model: str
    vectors: list[list[float]] = []
    problem: str = ""


class _Outage(Exception):
    """The service gave no answer that counts; the text has no personal data."""


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
        self._url, self._secret = checked_service(url, secret)
        if not model.strip():
            raise ValueError("the service's model has no name")
        self._model = model.strip()
        self.model_sha256 = digest_of(model)
        self._timeout_s = timeout_s
        self._breaker = breaker or Breaker()
        self._http: aiohttp.ClientSession | None = None
        dlib_faces.warm()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="face-service", daemon=True)
        self._thread.start()

    def detect(self, rgb: Rgb, roi: Box | None = None) -> list[Box]:
        """See `FaceEngine.detect`."""
        return dlib_faces.detect(rgb, roi)

    def landmarks(self, rgb: Rgb, box: Box) -> Landmarks:
        """See `FaceEngine.landmarks`."""
        return dlib_faces.landmarks(rgb, box)

    def embed(self, rgb: Rgb, box: Box, flip: bool = True) -> Embedding:
        """See `FaceEngine.embed`; also NoFace, where the service finds none. Takes at most `TRIES` timeouts."""
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
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def _ask(self, pictures: list[bytes]) -> Embedding:
        now_ms = time.time_ns() // 1_000_000
        question = _Question(
            request=new_ulid(now_ms), utc_ms=now_ms, pictures=[base64.b64encode(each).decode() for each in pictures]
        )
        body = msgspec.json.encode(question)
        why = "it has failed several times and is left alone for a while"
        for attempt in range(TRIES):
            if not self._breaker.allows(_now_ms()):
                break
            try:
                told = await self._post(body, question.request)
                if told.problem == "no-face":
                    self._breaker.succeeded()
                    raise NoFace
                vectors = _vectors(told, len(pictures))
            except (_Outage, aiohttp.ClientError, TimeoutError, OSError) as problem:
                self._breaker.failed(_now_ms())
                # Exceptions of the client name addresses, never what was sent.
                why = str(problem) if isinstance(problem, _Outage) else type(problem).__name__
                _log.warning("face_service.outage", request=question.request, attempt=attempt, problem=why)
                continue
            self._breaker.succeeded()
            return vectors
        raise EngineUnavailable(f"the face service: {why}")

    async def _post(self, body: bytes, request: str) -> _Told:
        if self._http is None:
            self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE))
        headers = {"Content-Type": "application/json", SIGNATURE: sign(self._secret, body)}
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        # A redirect would carry a face to somewhere nobody has chosen.
        async with self._http.post(
            self._url, data=body, headers=headers, timeout=timeout, allow_redirects=False
        ) as answer:
            if answer.status != 200:
                raise _Outage(f"status {answer.status}")
            raw = bytearray()
            async for part in answer.content.iter_chunked(65_536):
                raw += part
                if len(raw) > _MOST_BYTES:
                    raise _Outage("too long an answer")
        try:
            told = msgspec.json.decode(raw, type=_Told)
        except msgspec.MsgspecError:
            raise _Outage("not an answer") from None
        if told.request != request:
            raise _Outage("the answer to another request")
        if told.model != self._model:
            raise _Outage(f"it runs the model {told.model[:80]!r}, the settings say {self._model!r}")
        return told


def digest_of(model: str) -> str:
    """Stands for the weights, which only the service has."""
    return hashlib.sha256(f"http\n{model.strip()}".encode()).hexdigest()


def _vectors(told: _Told, wanted: int) -> Embedding:
    """As rows of unit length. Raises _Outage."""
    lengths = {len(each) for each in told.vectors}
    if len(told.vectors) != wanted or len(lengths) != 1 or lengths.pop() not in _LENGTHS:
        raise _Outage(told.problem[:80] or "not one vector of 32 to 4096 numbers for each picture")
    raw = np.array(told.vectors, np.float64)
    if not np.abs(raw).max() < _LARGEST:
        raise _Outage("numbers that are none of a vector")
    sizes = np.linalg.norm(raw, axis=1, keepdims=True)
    if sizes.min() < 1e-6:
        raise _Outage("a vector of nothing")
    return np.asarray(raw / sizes, np.float32)


def _around(rgb: Rgb, box: Box) -> Rgb:
    """The face with as much around it as a service needs to find it again."""
    wide = box.around(_AROUND)
    part = rgb[max(0, wide.top) : max(0, wide.bottom), max(0, wide.left) : max(0, wide.right)]
    if min(part.shape[:2]) < 8:
        raise ValueError(f"a face outside the picture: {box}")
    picture = Image.fromarray(np.ascontiguousarray(part))
    picture.thumbnail((_LONGEST, _LONGEST), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
