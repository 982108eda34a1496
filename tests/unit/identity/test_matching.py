"""Comparisons wait in the pool's bounded queue: one that does not fit is refused, not piled up."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

from identity.engine import Box, Embedding, EngineBusy, Landmarks, Rgb
from identity.images import write_jpeg
from identity.matching import EngineMatcher
from identity.pool import FacePool
from identity.score import Scorer, decode

pytestmark = pytest.mark.unit

PICTURE: Rgb = np.full((64, 64, 3), 128, np.uint8)


class Slow:
    """Finds one face once it is let go."""

    engine_id = "dlib_onnx"
    model_sha256 = "0" * 64

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def detect(self, rgb: Rgb, roi: Box | None = None) -> list[Box]:
        assert self.let_go.wait(30)
        return [Box(0, 0, 60, 60)]

    def landmarks(self, rgb: Rgb, box: Box) -> Landmarks:
        raise NotImplementedError

    def embed(self, rgb: Rgb, box: Box, flip: bool = True) -> Embedding:
        return np.ones(128, np.float32)

    def close(self) -> None: ...


async def test_a_comparison_more_than_fits_is_refused() -> None:
    pool, engine = FacePool(1, 1), Slow()
    matcher = EngineMatcher(engine, Scorer(engine.engine_id, engine.model_sha256), pool)
    photo = write_jpeg(PICTURE)
    held = [asyncio.create_task(matcher.match([PICTURE], photo)) for _ in range(2)]
    await asyncio.sleep(0)
    for refused in (matcher.match([PICTURE], photo), matcher.check_reference(photo)):
        with pytest.raises(EngineBusy):
            await refused
    engine.let_go.set()
    matches = await asyncio.gather(*held)
    assert {decode(match.template).engine_id for match in matches} == {"dlib_onnx"}
    pool.close()
