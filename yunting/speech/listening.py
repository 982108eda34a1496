"""The speech engines of this server and the threads that listen with them; one transcriber for each open session."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from hearing.errors import UserError
from hearing.tasks import TaskSet
from records.ledger import Ledger
from signaling.ports import CaptionSink
from transcription import readings
from transcription.engine import Engine
from transcription.pool import Pool
from yunting.speech.transcribing import SessionTranscriber

OpenEngines = Callable[[], Mapping[str, Engine]]
"""Opens the engine of each language (BCP 47). Blocks for seconds. Raises EngineError."""

_log = structlog.get_logger(__name__)
_NOT_STARTED = UserError("speech-off", "未启用语音转写", "transcription is switched off")


class Speech:
    """`language` is what people speak who have not said otherwise, `glossary` the terms of this court.

    Without engines (`start` not called, or failed)
    sessions go on without captions, and their pages are told why."""

    def __init__(
        self,
        open_engines: OpenEngines,
        language: str,
        tasks: TaskSet,
        threads: int | None = None,
        glossary: Sequence[str] = (),
    ) -> None:
        self._open_engines = open_engines
        self._language = language
        self._glossary = glossary
        self._tasks = tasks
        self._threads = threads or len(os.sched_getaffinity(0))
        self._pool = Pool()
        self._engines: Mapping[str, Engine] = {}
        self._problem: UserError | None = _NOT_STARTED
        self._sessions: dict[str, SessionTranscriber] = {}

    async def start(self) -> None:
        """Open the engines, before sessions open. What goes wrong is told on their pages, not raised."""
        try:
            self._engines = await asyncio.to_thread(self._open_engines)
            await asyncio.to_thread(readings.load)
            self._problem = None
        except UserError as problem:
            _log.warning("transcription is unavailable", code=problem.code, zh=problem.zh, en=problem.en)
            self._problem = problem
            return
        self._pool.start(self._threads)

    async def open(self, session: str, ledger: Ledger, folder: Path, captions: CaptionSink) -> SessionTranscriber:
        """Listen to what the session's recorder will record, and to what an earlier process left unheard in `folder`.
        One that still caught up with an earlier opening of this courtroom is replaced."""
        before = self._sessions.pop(session, None)
        if before is not None:
            before.stop()
        transcriber = SessionTranscriber(
            ledger, folder, captions, self._pool, self._engines, self._language, self._problem, self._glossary
        )
        await transcriber.recall()
        self._sessions[session] = transcriber
        self._tasks.spawn(self._serve(session, transcriber), f"transcript {session}")
        return transcriber

    def caught_up(self, session: str) -> bool:
        """Whether nothing of this session waits to be heard or to be noted, as far as it is listened to at all."""
        transcriber = self._sessions.get(session)
        return transcriber is None or transcriber.caught_up

    async def close(self) -> None:
        """End the threads. What was not heard is found again at the next start. Idempotent."""
        for transcriber in self._sessions.values():
            transcriber.stop()
        self._sessions.clear()
        await asyncio.to_thread(self._pool.close)

    async def _serve(self, session: str, transcriber: SessionTranscriber) -> None:
        try:
            await transcriber.run()
        finally:
            transcriber.stop()
            if self._sessions.get(session) is transcriber:
                del self._sessions[session]
