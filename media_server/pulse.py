"""The beat of the rooms' timers: each tenth of a second or so, and where it can with a wake-up that comes anyway."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hearing.tasks import log_fault

EARLY = 0.8
LATE = 1.2
"""The beat comes between these shares of the pause: waking a process costs more than most beats do."""


class Pulse:
    """Calls `beat` with the seconds that it came after its time; its answer is the pause until the next, in seconds.
    A fault of `beat` is logged, and the pause stays."""

    def __init__(self, beat: Callable[[float], float], pause_s: float) -> None:
        self._beat = beat
        self._pause_s = pause_s
        self._begun_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """The first beat comes after a pause. Needs a running loop."""
        loop = asyncio.get_running_loop()
        self._begun_s = loop.time()
        self._timer = loop.call_later(self._pause_s * LATE, self._strike)

    def stop(self) -> None:
        """No beat from now on. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def awake(self) -> None:
        """The process is awake for something else: beat now if that would be soon."""
        if self._timer is not None and self._since_s() >= self._pause_s * EARLY:
            self._timer.cancel()
            self._strike()

    def _since_s(self) -> float:
        return asyncio.get_running_loop().time() - self._begun_s

    def _strike(self) -> None:
        try:
            self._pause_s = self._beat(max(0.0, self._since_s() - self._pause_s * LATE))
        except Exception as fault:
            log_fault("media timers failed", fault)
        if self._timer is not None:  # `beat` may have stopped it
            self.start()
