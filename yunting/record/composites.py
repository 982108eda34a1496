"""The composite of this server's sessions: how it looks, where its pieces lie, and the processes that make them while
the sessions go on. Without them everything is made at the export, which takes longer and is otherwise the same."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from config import Settings
from hearing.events import Entry
from hearing.session import REOPEN_WINDOW_MS, is_open, is_over
from hearing.state import Hearing
from hearing.tasks import TaskSet
from records.composite.encoding import Look
from records.composite.follow import Follow
from records.errors import StoreUnavailable
from records.ledger import Ledger
from records.vault.unlocked import key_of

_STOP_S = 10.0
"""A piece that is in work may be completed."""
_AGAIN_S = 30.0
"""At most, before a composer that died is followed by another."""
_STEADY_S = 60.0
"""One that worked so long has not failed for the reason of the one before it."""
_MOST_FAILURES = 5
_UNDONE_S = REOPEN_WINDOW_MS / 1000 + 5.0
"""So long after 闭庭 it may turn out to have been a mistake."""
_NOISE_BYTES = 4096

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
        self._jobs: dict[str, tuple[Ledger, Path]] = {}

    def follow(self, ledger: Ledger, recordings: Path) -> None:
        """Compose this session from now on, until it is over and cannot be opened again. Idempotent."""
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
        self._jobs[ledger.session] = ledger, recordings
        work = _keep_following(job, ledger, self._room)
        self._running[ledger.session] = self._tasks.spawn(work, f"composite {ledger.session}")

    async def settle(self, session: str) -> None:
        """As `stop`; but when its 闭庭 turns out to have been a mistake, it is composed on. Idempotent."""
        await self.stop(session)
        if session in self._jobs:
            self.follow(*self._jobs[session])

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
    failures = 0
    while await _opened(ledger):
        async with room:
            began_s = time.monotonic()
            if is_over(ledger.hearing.state) or await _follow(job, ledger):
                failures = 0
                continue
        failures = 1 if time.monotonic() - began_s > _STEADY_S else failures + 1
        if failures == _MOST_FAILURES:
            _log.error("the composite is left to the export", session=ledger.session)
            return
        await asyncio.sleep(min(_AGAIN_S, 2.0**failures))


async def _opened(ledger: Ledger) -> bool:
    """Wait for 开庭; False when the session is over and was not opened again while it might."""
    news = asyncio.Event()
    unsubscribe = ledger.subscribe(lambda entries, hearing: news.set())
    try:
        while not is_open(ledger.hearing.state):
            news.clear()
            try:
                async with asyncio.timeout(_UNDONE_S if is_over(ledger.hearing.state) else None):
                    await news.wait()
            except TimeoutError:
                return False
    finally:
        unsubscribe()
    return True


async def _follow(job: Follow, ledger: Ledger) -> bool:
    """Whether the session came to its end; False when the process did."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "records.composite.follow"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    news = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        noise = tasks.create_task(_noise(child, news))
        try:
            assert child.stdin is not None
            child.stdin.write(msgspec.json.encode(job) + b"\n")
            whole = await _feed(child.stdin, child, ledger, news)
        finally:
            await asyncio.shield(_end(child))
    if not whole:
        said = noise.result().decode("utf-8", "replace").strip()
        _log.warning("a composer ended", session=ledger.session, code=child.returncode, said=said[-500:])
    return whole


async def _noise(child: asyncio.subprocess.Process, ended: asyncio.Event) -> bytes:
    """The last that the child says of itself; `ended` is set when it has ended."""
    assert child.stderr is not None
    kept = b""
    try:
        while chunk := await child.stderr.read(_NOISE_BYTES):
            kept = (kept + chunk)[-_NOISE_BYTES:]
        await child.wait()
    finally:
        ended.set()
    return kept


async def _feed(
    pipe: asyncio.StreamWriter, child: asyncio.subprocess.Process, ledger: Ledger, news: asyncio.Event
) -> bool:
    """Write the log into the pipe, as it grows. What the child does not take waits in the store."""

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
