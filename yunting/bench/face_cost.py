"""What looking at faces costs: the vector beside dlib's own, a whole verification, and an event loop during
twenty."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import dlib
import numpy as np

from identity.cohort import Cohort
from identity.engine import Rgb, only_face
from identity.engines import dlib_faces
from identity.engines.dlib_onnx import DlibOnnx
from identity.engines.dlib_weights import RESNET, model_folder
from identity.pool import FacePool, leave_one
from identity.score import Scorer, Template
from yunting.bench.face_pictures import Acquired, frame_640

VERIFICATIONS = 20
_ROUNDS = 15
_STALL_ROUNDS = 5
_FRAMES = 60
_COHORT = 2000

T = TypeVar("T")
Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """CPU times are user + system of the process. `*_95`: percentiles of the rounds; of the median by bootstrap."""

    verify_cpu_ms_p50: float
    verify_cpu_ms_p50_95: Interval
    verify_cpu_ms_p99: float
    embed_ratio_to_dlib: float
    embed_ratio_to_dlib_95: Interval
    embed_cpu_ms: float
    dlib_cpu_ms: float
    embed_difference_max: float
    """Largest distance from dlib's own vector."""
    loop_stall_ms_max: float
    """Longest time between two turns of an event loop that wants one each millisecond, while 20 frames are verified
    in the pool; the median of five rounds, since other programs stop a loop too."""
    loop_stall_ms_worst: float
    loop_stall_idle_ms_max: float
    """The same loop without them, as long: what the machine does by itself."""
    loop_stall_idle_ms_worst: float


def cost(engine: DlibOnnx, folder: Path, found: Acquired) -> Cost:
    """All figures, on frames made of the pictures; nothing else should run on the machine."""
    encoder = dlib.face_recognition_model_v1(str(model_folder() / RESNET))
    frames = [frame_640(folder, name) for name in found.names[:: max(1, len(found.names) // _FRAMES)][:_FRAMES]]
    frames = [frame for frame in frames if len(engine.detect(frame)) == 1]
    chips = [dlib_faces.chip(frame, engine.detect(frame)[0]) for frame in frames[:_ROUNDS]]
    ours, theirs, apart = [], [], []
    for chip in chips:
        vector, mine_ms = _timed(partial(engine.embed_chips, chip[None]))
        other, dlib_ms = _timed(partial(encoder.compute_face_descriptor, chip))
        ours.append(mine_ms)
        theirs.append(dlib_ms)
        apart.append(float(np.linalg.norm(vector[0] - np.array(other))))
    ratios = np.array(theirs) / np.array(ours)
    scorer = Scorer(engine.engine_id, engine.model_sha256, _cohort(engine, found))
    template = scorer.enrol([found.flipped[0]])
    verify = [_timed(partial(_verify, engine, scorer, template, frame))[1] for frame in frames * 2]
    stalls, idle = asyncio.run(_stalls(engine, scorer, template, frames))
    return Cost(
        embed_ratio_to_dlib=float(np.median(ratios)),
        embed_ratio_to_dlib_95=_percentiles(ratios),
        embed_cpu_ms=float(np.median(ours)),
        dlib_cpu_ms=float(np.median(theirs)),
        embed_difference_max=max(apart),
        verify_cpu_ms_p50=float(np.median(verify)),
        verify_cpu_ms_p50_95=_percentiles(
            np.median(np.random.default_rng(1).choice(verify, (1000, len(verify))), axis=1)
        ),
        verify_cpu_ms_p99=float(np.percentile(verify, 99)),
        loop_stall_ms_max=float(np.median(stalls)),
        loop_stall_ms_worst=max(stalls),
        loop_stall_idle_ms_max=float(np.median(idle)),
        loop_stall_idle_ms_worst=max(idle),
    )


def _cohort(engine: DlibOnnx, found: Acquired) -> Cohort:
    _, first = np.unique(found.person, return_index=True)
    return Cohort(engine.engine_id, engine.model_sha256, found.flipped[first[:_COHORT]])


def _verify(engine: DlibOnnx, scorer: Scorer, template: Template, frame: Rgb) -> float:
    """What the gate does with one frame of a camera: search, align, vector with flip, score against the cohort."""
    return scorer.score(template, engine.embed(frame, only_face(engine.detect(frame))))


async def _stalls(
    engine: DlibOnnx, scorer: Scorer, template: Template, frames: list[Rgb]
) -> tuple[list[float], list[float]]:
    """Longest pauses of the loop in ms while 20 frames are verified, and as long without, round by round."""
    pool = FacePool(leave_one(), VERIFICATIONS)
    worst = [0.0]

    async def tick() -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.001)
            now = time.monotonic()
            worst[0] = max(worst[0], (now - last) * 1e3)
            last = now

    async def longest(what: Awaitable[object]) -> float:
        worst[0] = 0.0
        await what
        return worst[0]

    async def twenty() -> None:
        work = [frames[at % len(frames)] for at in range(VERIFICATIONS)]
        await asyncio.gather(*(pool.run(_verify, engine, scorer, template, frame) for frame in work))

    ticking = asyncio.create_task(tick())
    busy, idle = [], []
    try:
        await twenty()
        for _ in range(_STALL_ROUNDS):
            began = time.monotonic()
            busy.append(await longest(twenty()))
            idle.append(await longest(asyncio.sleep(time.monotonic() - began)))
    finally:
        ticking.cancel()
        pool.close()
    return busy, idle


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.process_time()
    result = work()
    return result, (time.process_time() - began) * 1e3


def _percentiles(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Interval:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
