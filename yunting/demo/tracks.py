"""Live tracks of a synthetic party for aiortc: frames and sound made at the moment they are due."""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction

import numpy as np
from aiortc import MediaStreamTrack
from av import AudioFrame, VideoFrame

from yunting.demo.picture import Portrait
from yunting.demo.speech import FRAME_SAMPLES, RATE_HZ, quiet, speech

_LOOP_S = 12.0
_VIDEO_CLOCK_HZ = 90_000


class Voice(MediaStreamTrack):
    """Speech-like sound while `speaking`, room noise otherwise; 20 ms frames in real time."""

    kind = "audio"

    def __init__(self, pitch_hz: float, seed: int) -> None:
        super().__init__()
        self.speaking = False
        self._speech = speech(pitch_hz, _LOOP_S, seed)
        self._quiet = quiet(_LOOP_S, seed)
        self._sent = 0
        self._started_s: float | None = None

    async def recv(self) -> AudioFrame:
        """The next 20 ms, when they are due."""
        self._started_s = await _due(self._started_s, self._sent / RATE_HZ)
        samples = self._speech if self.speaking else self._quiet
        at = self._sent % (len(samples) - FRAME_SAMPLES)
        chunk = np.ascontiguousarray(samples[at : at + FRAME_SAMPLES]).reshape(1, -1)
        frame = AudioFrame.from_ndarray(chunk, format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts, frame.time_base = self._sent, Fraction(1, RATE_HZ)
        self._sent += FRAME_SAMPLES
        return frame


class Camera(MediaStreamTrack):
    """A portrait with a running clock."""

    kind = "video"

    def __init__(self, portrait: Portrait, voice: Voice, fps: int = 15) -> None:
        super().__init__()
        self.running = asyncio.Event()
        """Set once pictures have been sent: nobody asks for a second one before the first has gone."""
        self._portrait, self._voice, self._fps = portrait, voice, fps
        self._sent = 0
        self._started_s: float | None = None

    async def recv(self) -> VideoFrame:
        """The next picture, when it is due."""
        if self._sent:
            self.running.set()
        self._started_s = await _due(self._started_s, self._sent / self._fps)
        frame = self._portrait.frame(time.time_ns() // 1_000_000, self._voice.speaking)
        frame.pts, frame.time_base = self._sent * _VIDEO_CLOCK_HZ // self._fps, Fraction(1, _VIDEO_CLOCK_HZ)
        self._sent += 1
        return frame


async def _due(started_s: float | None, offset_s: float) -> float:
    """Sleep until `started_s + offset_s` on the loop's clock; the start is now when there was none."""
    now_s = asyncio.get_running_loop().time()
    if started_s is None:
        return now_s
    await asyncio.sleep(max(0.0, started_s + offset_s - now_s))
    return started_s
