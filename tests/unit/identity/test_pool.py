"""The pool: bounded, honest when full, never in the event loop's way."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from identity.engine import EngineBusy
from identity.pool import FacePool

pytestmark = pytest.mark.unit


class Gate:
    """Work that lasts until it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.begun = threading.Semaphore(0)

    def __call__(self, value: int) -> int:
        self.begun.release()
        assert self.let_go.wait(30)
        return value

    async def has_begun(self) -> None:
        assert await asyncio.to_thread(self.begun.acquire, timeout=30)


async def test_what_comes_when_it_is_full_is_refused_at_once() -> None:
    pool, gate = FacePool(1, 2), Gate()
    tasks = [asyncio.create_task(pool.run(gate, i)) for i in range(3)]
    await gate.has_begun()
    with pytest.raises(EngineBusy) as busy:
        await pool.run(gate, 4)
    assert busy.value.retry_after_s > 0
    assert pool.refused == 1
    gate.let_go.set()
    assert await asyncio.gather(*tasks) == [0, 1, 2]
    assert await pool.run(gate, 5) == 5
    pool.close()


async def test_the_loop_goes_on_meanwhile() -> None:
    pool, gate = FacePool(1, 0), Gate()
    task = asyncio.create_task(pool.run(gate, 1))
    await gate.has_begun()
    for _ in range(100):
        await asyncio.sleep(0)
    assert not task.done()
    gate.let_go.set()
    assert await task == 1
    pool.close()


async def test_a_failure_is_the_callers_and_frees_the_place() -> None:
    pool = FacePool(1, 0)

    def fails() -> None:
        raise LookupError("mine")

    for _ in range(3):
        with pytest.raises(LookupError, match="mine"):
            await pool.run(fails)
    assert pool.taken == 0
    pool.close()


async def test_who_leaves_the_queue_frees_the_place_but_running_work_keeps_it() -> None:
    pool, gate = FacePool(1, 1), Gate()
    running = asyncio.create_task(pool.run(gate, 1))
    await gate.has_begun()
    waiting = asyncio.create_task(pool.run(gate, 2))
    await asyncio.sleep(0)
    assert pool.taken == 2
    for task in (waiting, running):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert pool.taken == 1
    gate.let_go.set()
    while pool.taken:
        await asyncio.sleep(0.001)
    pool.close()


async def test_nothing_begins_after_closing() -> None:
    pool = FacePool(1, 1)
    pool.close()
    pool.close()
    with pytest.raises(RuntimeError):
        await pool.run(int)
    assert pool.taken == 0


async def test_the_wait_that_is_named_follows_what_work_takes() -> None:
    pool = FacePool(1, 0)

    async def named() -> float:
        gate = Gate()
        task = asyncio.create_task(pool.run(gate, 1))
        await gate.has_begun()
        with pytest.raises(EngineBusy) as busy:
            await pool.run(int)
        gate.let_go.set()
        await task
        return busy.value.retry_after_s

    before = await named()
    for _ in range(4):
        await pool.run(time.sleep, 0.3)
    assert await named() > before


@pytest.mark.parametrize(("workers", "waiting"), [(0, 1), (1, -1)])
def test_a_pool_of_nobody_is_refused(workers: int, waiting: int) -> None:
    with pytest.raises(ValueError):
        FacePool(workers, waiting)
