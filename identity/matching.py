"""The engine as the gate uses it: live frames against a reference photo, in the worker pool, with a score. Where the
pool's queue is full, whoever comes is refused (EngineBusy)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hearing.errors import UserError
from identity.engine import (
    Embedding,
    EngineBusy,
    EngineUnavailable,
    FaceEngine,
    NoFace,
    ReferenceUnusable,
    Rgb,
    only_face,
)
from identity.images import read_picture, write_jpeg
from identity.pool import FacePool
from identity.ports import Match
from identity.quality import check_photo
from identity.score import FRAMES, Scorer, encode


class EngineMatcher:
    """`identity.ports.Matcher` over one engine and its scorer."""

    def __init__(self, engine: FaceEngine, scorer: Scorer, pool: FacePool) -> None:
        self._engine = engine
        self._scorer = scorer
        self._pool = pool

    async def match(self, frames: Sequence[Rgb], reference: bytes) -> Match:
        """See `Matcher`."""
        return await self._pool.run(self._match, list(frames), reference)

    async def check_reference(self, picture: bytes) -> bytes:
        """See `Matcher`."""
        return await self._pool.run(self._clean, picture)

    async def jpeg(self, picture: Rgb) -> bytes:
        """See `Matcher`."""
        # One short piece after each match: that was let in, so this is.
        return await asyncio.get_running_loop().run_in_executor(self._pool.executor, write_jpeg, picture)

    def _match(self, frames: list[Rgb], reference: bytes) -> Match:
        enrolled = self._scorer.enrol([self._filed(reference)])
        vectors = []
        for frame in frames[: FRAMES[1]]:
            try:
                vectors.append(self._vector(frame))
            except NoFace:
                # Turned far: the others tell.
                continue
        if not vectors:
            raise NoFace
        decision = self._scorer.decide(enrolled, vectors)
        template = self._scorer.enrol(vectors)
        # Without a calibration nobody is turned away by a number either: the clerk compares and sees it.
        calibrated = self._scorer.pass_from is not None
        return Match(
            decision=decision.outcome if calibrated else "review",
            score_milli=round(decision.score * 1_000),
            engine_id=self._scorer.engine_id,
            template=encode(template),
            reason=decision.reason,
        )

    def _clean(self, picture: bytes) -> bytes:
        rgb = read_picture(picture)
        check_photo(self._engine, rgb)
        return write_jpeg(rgb)

    def _filed(self, reference: bytes) -> Embedding:
        try:
            return self._vector(read_picture(reference))
        except (EngineUnavailable, EngineBusy):
            raise
        except UserError as problem:
            # Checked when it was kept, by another engine perhaps; the person before the camera cannot mend it.
            raise ReferenceUnusable(problem.code) from None

    def _vector(self, rgb: Rgb) -> Embedding:
        return self._engine.embed(rgb, only_face(self._engine.detect(rgb)))
