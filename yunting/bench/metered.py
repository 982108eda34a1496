"""A speech engine whose CPU time is counted, whatever else the process does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from transcription.engine import Engine, EngineStream, Final, Result

T = TypeVar("T")


class Metered:
    """`Engine`: another one, and the CPU time of the calls to its streams."""

    def __init__(self, engine: Engine) -> None:
        self.name = engine.name
        self.capabilities = engine.capabilities
        self.cpu_s = 0.0
        self._engine = engine
        self._lock = threading.Lock()

    def open(self, language: str, hotwords: Sequence[str] = ()) -> EngineStream:
        """See `Engine`."""
        return _MeteredStream(self._engine.open(language, hotwords), self)

    def call(self, work: Callable[[], T]) -> T:
        """Do it, on this thread; engines compute on the thread that calls them."""
        began_s = time.thread_time()
        try:
            return work()
        finally:
            with self._lock:
                self.cpu_s += time.thread_time() - began_s


class _MeteredStream:
    """`EngineStream`."""

    def __init__(self, stream: EngineStream, meter: Metered) -> None:
        self._stream = stream
        self._meter = meter

    def accept(self, pcm16: bytes) -> Sequence[Result]:
        return self._meter.call(lambda: self._stream.accept(pcm16))

    def flush(self) -> Sequence[Final]:
        return self._meter.call(self._stream.flush)

    def close(self) -> None:
        self._stream.close()
