"""A contender in a process of its own that takes SDP through a pipe: what Yunting and the least server share."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection

from yunting.bench.load.contender import Negotiator


class PipedContender:
    """Implements `Contender`. `serve` (of a module's top level) is the body of the process; it gets the pipe's other
    end, then `arguments`, says its name, and answers ("publish", number, offer) and ("subscribe", publisher, offer,
    viewer); see `answer_all`."""

    def __init__(self, name: str, serve: Callable[..., None], *arguments: object) -> None:
        self.name = name
        self.pid = 0
        self._serve = serve
        self._arguments = arguments
        self._pipe: Connection | None = None
        self._process: multiprocessing.context.SpawnProcess | None = None
        self._lock = asyncio.Lock()
        self._viewers = 0

    async def start(self) -> None:
        """See `Contender`."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=self._serve, args=(theirs, *self._arguments), daemon=True)
        await asyncio.to_thread(self._process.start)
        theirs.close()
        self.name = await self._ask()
        assert self._process.pid is not None
        self.pid = self._process.pid

    async def publish(self, number: int, client: Negotiator) -> None:
        """See `Contender`."""
        await client.accept(await self._ask("publish", number, await client.offer()))

    async def subscribe(self, publisher: int, client: Negotiator) -> None:
        """See `Contender`."""
        self._viewers += 1
        viewer = self._viewers
        await client.accept(await self._ask("subscribe", publisher, await client.offer(), viewer))

    async def close(self) -> None:
        """See `Contender`."""
        if self._pipe is not None:
            with contextlib.suppress(OSError):
                self._pipe.send(None)
            self._pipe.close()
            self._pipe = None
        if self._process is not None:
            await asyncio.to_thread(self._process.join, 5)
            self._process.kill()

    async def _ask(self, *request: object) -> str:
        pipe = self._pipe
        assert pipe is not None
        async with self._lock:
            if request:
                pipe.send(request)
            try:
                reply: str | Exception = await asyncio.to_thread(pipe.recv)
            except EOFError:
                raise OSError("the SFU's process has ended") from None
        if isinstance(reply, Exception):
            raise OSError(f"the SFU refuses: {reply}")
        return reply


async def answer_all(pipe: Connection, answer: Callable[..., Awaitable[str]]) -> None:
    """In the process: give each request to `answer` (verb, publisher, offer, viewer for a subscriber) until the other
    side wants no more. What it raises goes back as text."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(EOFError, OSError):
        while (request := await loop.run_in_executor(None, pipe.recv)) is not None:
            try:
                pipe.send(await answer(*request))
            except Exception as fault:
                pipe.send(OSError(str(fault)))
