"""Where faces are looked at: a few threads beside the event loop, with a short queue and a plain answer when it is
full.

Threads suffice for engines that release the GIL in their long calls (`dlib_onnx`: detection and network). They keep
the event loop's priority: a slower thread that is stopped while it holds the GIL would stop the loop with it.
`leave_one` leaves the loop a core instead.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from identity.engine import EngineBusy

P = ParamSpec("P")
T = TypeVar("T")

_FIRST_GUESS_S = 0.1
_WEIGHT = 0.1


class FacePool:
    """`workers` threads; `waiting` pieces of work may wait besides, in order of arrival. Full, it drops nothing:
    the newest is refused with EngineBusy, and its caller says when to try again."""

    def __init__(self, workers: int, waiting: int) -> None:
        if workers < 1 or waiting < 0:
            raise ValueError(f"{workers} workers, {waiting} waiting")
        self._threads = ThreadPoolExecutor(workers, "face")
        self._workers = workers
        self._most = workers + waiting
        self._lock = threading.Lock()
        self._taken = 0
        self._seconds = _FIRST_GUESS_S
        self.refused = 0
        """How often the pool was full."""

    @property
    def executor(self) -> Executor:
        """The threads, for callers that bound their own queue (one picture of each camera); not counted as
        waiting."""
        return self._threads

    @property
    def taken(self) -> int:
        """Pieces of work that run or wait."""
        return self._taken

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `work` in a thread. Raises EngineBusy at once when the queue is full, and what `work` raises.

        Cancelled, work that waits is left out; work that runs goes on to its end and keeps its place until then.
        """
        with self._lock:
            if self._taken >= self._most:
                self.refused += 1
                raise EngineBusy(self._seconds * (self._most - self._workers + 1) / self._workers)
            self._taken += 1
        try:
            job = self._threads.submit(self._timed, lambda: work(*args, **kwargs))
        except RuntimeError:
            self._ended(None)
            raise
        job.add_done_callback(self._ended)
        return await asyncio.wrap_future(job)

    def close(self) -> None:
        """Begin no more work; what runs ends by itself. Idempotent, does not wait."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _timed(self, work: Callable[[], T]) -> T:
        began = time.monotonic()
        try:
            return work()
        finally:
            self._seconds += _WEIGHT * (time.monotonic() - began - self._seconds)

    def _ended(self, _: Future[T] | None) -> None:
        with self._lock:
            self._taken -= 1


def leave_one() -> int:
    """How many workers leave the event loop a core of its own."""
    return max(1, (os.cpu_count() or 1) - 1)
