"""Owned tasks and the way a fault of ours is logged: the two habits that every room shares."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

T = TypeVar("T")

_log = structlog.get_logger("yunting")


def log_fault(event: str, problem: BaseException, **keys: object) -> None:
    """Log where a fault happened. Never `exc_info`: structlog's renderers print local variables, and in those are
    names and passwords. The problem's own words may hold such data too: key `pii_error`."""
    frames = "".join(traceback.format_tb(problem.__traceback__))
    _log.error(event, **keys, kind=type(problem).__name__, frames=frames, pii_error=str(problem)[:500])


class TaskSet:
    """Tasks of one owner: none is lost to the garbage collector, none fails unseen, all end with their owner."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Run `work` until it ends or the set is closed; a failure is logged and leaves the others alone."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log_fault("task failed", problem, task=task.get_name())

    async def close(self) -> None:
        """Cancel all and wait, also for those that are begun meanwhile. Idempotent."""
        while self._tasks:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._tasks.difference_update(tasks)
