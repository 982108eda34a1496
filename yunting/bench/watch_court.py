"""Seats before made cameras, watched as a server watches them, in simulated time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from identity.engine import Rgb
from identity.engines.dlib_onnx import DlibOnnx
from identity.score import Scorer
from identity.watch import Sample, WatchChange, WatchState
from identity.watch_likeness import Likeness
from identity.watch_look import SeatEyes
from identity.watch_runner import WatchRunner
from media_server.sampler import ON_DEMAND_US, Picture, Sampler, Sampling
from yunting.bench.heads.sitter import Sitter
from yunting.bench.watch_camera import Codec, KeyframeCamera

DOUBTS = frozenset({WatchState.ABSENT, WatchState.MULTIPLE, WatchState.MISMATCH})
_STEP_MS = 500
_CODECS: tuple[Codec, ...] = ("vp8", "h264")
_NEVER_S = 86_400.0
_STUCK_S = 30.0

P = ParamSpec("P")
T = TypeVar("T")


class MeteredPool(ThreadPoolExecutor):
    """Threads whose CPU time is counted: decoding and looking."""

    cpu_s = 0.0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """See `Executor`."""

        def metered() -> T:
            began = time.thread_time()
            try:
                return fn(*args, **kwargs)
            finally:
                self.cpu_s += time.thread_time() - began

        return super().submit(metered)


@dataclass(slots=True)
class Watched:
    """One seat and what was seen and told of it."""

    sitter: Sitter
    camera: KeyframeCamera
    eye: _Eye
    changes: list[WatchChange] = field(default_factory=list)
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    asked: bool = False

    @property
    def samples(self) -> list[Sample]:
        """All looks."""
        return self.eye.samples


class _Eye:
    """Keeps what another eye saw."""

    def __init__(self, eye: SeatEyes) -> None:
        self._eye = eye
        self.samples: list[Sample] = []

    @property
    def cpu_ms(self) -> float:
        return self._eye.cpu_ms

    def look(self, rgb: Rgb, time_ms: int, whole: bool) -> Sample:
        sample = self._eye.look(rgb, time_ms, whole)
        self.samples.append(sample)
        return sample


class Court:
    """Seats alternate between VP8 and H264. Use as an async context."""

    def __init__(self, engine: DlibOnnx, scorer: Scorer) -> None:
        self.now_ms = 1_000
        self.seats: list[Watched] = []
        self._engine = engine
        self._scorer = scorer
        self._pool = MeteredPool(2)
        # The bench looks at the schedule itself, once in each step of its own time.
        self._runner = WatchRunner(self._pool, lambda: self.now_ms, step_s=_NEVER_S)
        sampling = Sampling(keyframe_every_us=ON_DEMAND_US, width_px=640)
        self._sampler = Sampler(
            self._look, lambda publication: None, self._pool, sampling, monotonic_us=lambda: self.now_ms * 1_000
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.close()
        await self._sampler.close()
        self._pool.shutdown()

    @property
    def cpu_s(self) -> float:
        """Of all looks, with decoding."""
        return self._pool.cpu_s

    @property
    def false_reports(self) -> int:
        """Doubts told so far."""
        return sum(change.state in DOUBTS for seat in self.seats for change in seat.changes)

    @property
    def picture_bytes(self) -> list[float]:
        """Mean size of a seat's sampled pictures on the wire."""
        return [seat.camera.bytes / max(1, len(seat.samples)) for seat in self.seats]

    def sit(self, sitter: Sitter) -> None:
        """A seat more, enrolled as the gate does: three frontal pictures."""
        number = len(self.seats)
        vectors = []
        for picture in sitter.enrolled(3):
            boxes = self._engine.detect(picture)
            if len(boxes) != 1:
                raise ValueError(f"the gate's picture of seat {number} shows {len(boxes)} faces")
            vectors.append(self._engine.embed(picture, boxes[0]))
        eye = _Eye(SeatEyes(self._engine, Likeness(lambda: self._scorer, self._scorer.enrol(vectors))))
        camera = KeyframeCamera(f"seat{number}", _CODECS[number % len(_CODECS)], ssrc=1_000 + number)
        seat = Watched(sitter, camera, eye)
        self.seats.append(seat)
        self._sampler.track_started(camera.info, camera.ssrc, 90_000)

        def ask() -> None:
            self._sampler.ask(camera.info.participant)
            seat.asked = True

        self._runner.add(camera.info.participant, eye, ask, seat.changes.append)

    async def passes(self, seconds: float) -> None:
        """Let so much time go by. Raises TimeoutError when a picture is never looked at."""
        end_ms = self.now_ms + round(seconds * 1_000)
        while self.now_ms < end_ms:
            self.now_ms += _STEP_MS
            self._runner.step()
            async with asyncio.timeout(_STUCK_S), asyncio.TaskGroup() as tasks:
                for seat in self.seats:
                    if seat.asked:
                        tasks.create_task(self._send(seat))

    async def _send(self, seat: Watched) -> None:
        """The keyframe that was asked for, as its packets arrive."""
        seat.asked = False
        seat.looked.clear()
        for packet in seat.camera.packets(seat.sitter.picture(self.now_ms), self.now_ms):
            self._sampler.track_packet(seat.camera.info.id, self.now_ms * 1_000, packet)
        await seat.looked.wait()

    async def _look(self, picture: Picture) -> None:
        await self._runner.offer(picture.participant, picture.rgb, picture.arrival_us // 1_000)
        next(seat for seat in self.seats if seat.camera.info.participant == picture.participant).looked.set()
