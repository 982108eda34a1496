"""The bounded queue of frames that wait for one page's socket."""

from __future__ import annotations

import asyncio
from collections import deque

MAX_FRAMES = 512
MAX_BYTES = 8_000_000


class Outbox:
    """Frames in order. Drops nothing: when a bound is passed it is `full`, and the connection is cut to resume."""

    def __init__(self, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES) -> None:
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._ready = asyncio.Event()

    def put(self, frame: bytes) -> bool:
        """Queue a frame; False, and the frame is not taken, when the reader is too far behind."""
        if len(self._frames) >= self._max_frames or self._bytes + len(frame) > self._max_bytes:
            return False
        self._frames.append(frame)
        self._bytes += len(frame)
        self._ready.set()
        return True

    async def get(self) -> bytes:
        """The oldest frame; waits for one."""
        while not self._frames:
            self._ready.clear()
            await self._ready.wait()
        frame = self._frames.popleft()
        self._bytes -= len(frame)
        return frame

    def drain(self) -> list[bytes]:
        """Everything that waits, now."""
        frames = list(self._frames)
        self._frames.clear()
        self._bytes = 0
        return frames
