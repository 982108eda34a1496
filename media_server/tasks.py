"""A small owned set of tasks: nothing runs that nobody waits for, and no failure is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine

import structlog

_log = structlog.get_logger(__name__)


class Tasks:
    """Tasks of one owner. A task that fails is logged with its traceback and leaves the others alone."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[object, object, None], *, name: str) -> None:
        """Run `work` until it ends or `close` is called."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Cancel all and wait for them. Idempotent."""
        while self._running:
            task = next(iter(self._running))
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
            self._running.discard(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("media task failed", task=task.get_name(), exc_info=task.exception())
