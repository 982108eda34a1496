"""Before a package is made: wait for the transcript, which may still catch up from the recording."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from signaling.ports import ExportStep

LEAST_S = 30.0
_PAUSE_S = 0.5
_WAITING = ExportStep(permille=0, step_zh="等待语音转写完成", step_en="Waiting for the transcript")


async def until_written(
    caught_up: Callable[[], bool], check: Callable[[], None], session_s: float, progress: Callable[[ExportStep], None]
) -> bool:
    """Wait until all that was recorded is written down. Not longer than the session lasted (`LEAST_S` at least): then
    False, and the package itself names what nobody has listened to. Raises what `check` raises meanwhile."""
    try:
        async with asyncio.timeout(max(LEAST_S, session_s)):
            while not caught_up():
                progress(_WAITING)
                await asyncio.sleep(_PAUSE_S)
                check()
    except TimeoutError:
        return False
    return True
