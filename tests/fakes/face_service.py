"""A face service that keeps the contract of `docs/face-service.md` with a real network, in a thread of its own, and
can be made to break it."""

from __future__ import annotations

import asyncio
import base64
import threading
from typing import Any

import numpy as np

from identity.engine import FaceEngine
from identity.images import read_picture
from tests.fakes.signed_service import SECRET, SignedService

__all__ = ["MODEL", "SECRET", "FaceService"]

MODEL = "court-face 3.1"
_WRONG = {"short": [1.0], "nothing": [0.0] * 128, "huge": [1e308] * 128}


class FaceService:
    """Its vectors are `engine`'s."""

    def __init__(self, engine: FaceEngine) -> None:
        self._vectors = _Vectors(engine)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._vectors.start(), self._loop).result()

    @property
    def faults(self) -> list[int | str]:
        """As `SignedService.faults`; its own are `no-face`, `other-model`, `short`, `nothing`, `huge`, `one`."""
        return self._vectors.faults

    @property
    def requests(self) -> list[str]:
        return self._vectors.requests

    @property
    def sizes(self) -> list[tuple[int, ...]]:
        """Of the pictures that came."""
        return self._vectors.sizes

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._vectors.stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Vectors(SignedService):
    def __init__(self, engine: FaceEngine) -> None:
        super().__init__()
        self.engine = engine
        self.sizes: list[tuple[int, ...]] = []

    async def answer(self, asked: dict[str, Any], fault: str) -> dict[str, Any]:
        said: dict[str, Any] = {"model": "court-face 4.0" if fault == "other-model" else MODEL}
        if fault == "no-face":
            return {**said, "vectors": [], "problem": "no-face"}
        if fault in _WRONG:
            return {**said, "vectors": [_WRONG[fault]] * len(asked["pictures"])}
        if fault == "one":
            return {**said, "vectors": [[1.0] * 128]}
        pictures = [base64.b64decode(each, validate=True) for each in asked["pictures"]]
        return {**said, "vectors": await asyncio.to_thread(lambda: [self._look(each) for each in pictures])}

    def _look(self, jpeg: bytes) -> list[float]:
        rgb = read_picture(jpeg)
        self.sizes.append(rgb.shape)
        found = self.engine.detect(rgb)
        vector = self.engine.embed(rgb, found[0], flip=False)
        return [float(value) for value in np.asarray(vector)]
