"""The composite of this server's sessions: how it looks, where its pieces lie, and the processes that make them while
the sessions go on. Without them everything is made at the export, which takes longer and is otherwise the same."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from config import Settings
from hearing.events import Entry
from hearing.session import is_open, is_over
from hearing.state import Hearing
from hearing.tasks import TaskSet
from records.composite import Look
from records.errors import StoreUnavailable
from records.follow import Follow
from records.ledger import Ledger
from records.unlocked import key_of

_STOP_S = 10.0
"""A piece that is in work may be completed."""
_AGAIN_S = 30.0
_MOST_FAILURES = 5

_log = structlog.get_logger(__name__)


def folder_of(storage: Path, session: str) -> Path:
    """Where the pieces of a session's composite and sound lie."""
    return storage / "composites" / session


def look_of(settings: Settings) -> Look:
    """As the court set it."""
    composite = settings.composite
    return Look(width=composite.width, height=composite.height, fps=composite.fps, time_zone=settings.court.time_zone)


class Composites:
    """A process for each session that is open, for half as many as there are cores: further ones wait until one is
    over. `budget`: cores for each of them; 0 starts none."""

    def __init__(self, storage: Path, look: Look, budget: float, tasks: TaskSet) -> None:
        self._storage = storage
        self._look = look
        self._budget = budget
        self._tasks = tasks
        self._room = asyncio.Semaphore(max(1, (os.cpu_count() or 1) // 2))
        self._running: dict[str, asyncio.Task[None]] = {}

    def follow(self, ledger: Ledger, recordings: Path) -> None:
        """Compose this session from now on, until it is over. Idempotent."""
        running = self._running.get(ledger.session)
        if self._budget <= 0 or (running is not None and not running.done()):
            return
        job = Follow(
            recordings=str(recordings),
            key=key_of(recordings),
            pieces=str(folder_of(self._storage, ledger.session)),
            look=self._look,
            budget=min(1.0, self._budget),
        )
        work = _keep_following(job, ledger, self._room)
        self._running[ledger.session] = self._tasks.spawn(work, f"composite {ledger.session}")

    async def stop(self, session: str) -> None:
        """Let the piece that is in work be completed, and no other. Idempotent."""
        running = self._running.pop(session, None)
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def close(self) -> None:
        """End all. Idempotent."""
        await asyncio.gather(*(self.stop(session) for session in tuple(self._running)))


async def _keep_following(job: Follow, ledger: Ledger, room: asyncio.Semaphore) -> None:
    await _opened(ledger)
    for _ in range(_MOST_FAILURES):
        async with room:
            if is_over(ledger.hearing.state) or await _follow(job, ledger):
                return
        await asyncio.sleep(_AGAIN_S)
    _log.error("the composite is left to the export", session=ledger.session)


async def _opened(ledger: Ledger) -> None:
    """Wait for 开庭, or for the end of a session that never had one."""
    news = asyncio.Event()
    unsubscribe = ledger.subscribe(lambda entries, hearing: news.set())
    try:
        while not (is_open(ledger.hearing.state) or is_over(ledger.hearing.state)):
            news.clear()
            await news.wait()
    finally:
        unsubscribe()


async def _follow(job: Follow, ledger: Ledger) -> bool:
    """Whether the session came to its end; False when the process did."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "records.follow"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert child.stdin is not None
        child.stdin.write(msgspec.json.encode(job) + b"\n")
        return await _feed(child.stdin, child, ledger)
    finally:
        await asyncio.shield(_end(child))


async def _feed(pipe: asyncio.StreamWriter, child: asyncio.subprocess.Process, ledger: Ledger) -> bool:
    """Write the log into the pipe, as it grows. What the child does not take waits in the store."""
    news = asyncio.Event()

    def on_entries(entries: Sequence[Entry], hearing: Hearing) -> None:
        news.set()

    unsubscribe = ledger.subscribe(on_entries)
    encode = msgspec.json.Encoder().encode
    seq = 0
    try:
        while True:
            news.clear()
            async for entry in ledger.entries(seq):
                pipe.write(encode(entry) + b"\n")
                seq = entry.seq
                await pipe.drain()
            if is_over(ledger.hearing.state):
                return True
            if child.returncode is not None:
                return False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN_S):
                    await news.wait()
    except ConnectionError:
        return False
    except StoreUnavailable as problem:
        _log.error("the composite waits for the log", session=ledger.session, code=problem.code)
        return False
    finally:
        unsubscribe()


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.stdin is not None:
        child.stdin.close()
    try:
        async with asyncio.timeout(_STOP_S):
            await child.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()
