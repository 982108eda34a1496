"""Pictures of camera tracks for whoever looks at faces: a subscriber of a room that decodes, in a pool, what it must.

Decoding runs in the pool's threads (PyAV releases the GIL), one job of a track at a time; on the event loop packets
only become frames. Who looks too slowly gets fewer pictures, never older ones.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from hearing.tasks import TaskSet, log_fault
from media_server.frames import Decodable, FrameAssembler
from media_server.ports import Kind, PublicationInfo, SenderReport

MAX_WAITING = 60
"""Frames of a track that wait for the decoder: two seconds. More, and all are dropped up to the next keyframe."""
MAX_PIXELS = 4096 * 2304
"""A larger picture is not decoded: no camera of a hearing sends one, and 3 kB of VP9 can be one for which a decoder
takes gigabytes."""
ASK_US = 1_000_000
"""Between two requests for a keyframe while none comes."""

ON_DEMAND_US = 1 << 62
"""As `keyframe_every_us`: a picture only when `Sampler.ask` wants one."""

_DECODERS = {"h264": "h264", "vp8": "vp8", "vp9": "vp9", "av1": "libdav1d"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture. `rgb` is (height, width, 3) uint8; the array belongs to who gets it."""

    participant: str
    publication_id: str
    arrival_us: int
    """CLOCK_MONOTONIC at which its last packet came."""
    rgb: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Sampling:
    """What is wanted of each track. `keyframe_every_us` 0 decodes the whole stream, else only a keyframe that is
    asked for so often. Pictures come at most each `least_us`, at most `width_px` wide."""

    keyframe_every_us: int = 0
    least_us: int = 0
    width_px: int = 640


class Sampler:
    """A `media_server.ports.Subscriber` that awaits `look` with one picture of a track after the other.

    `wanted` chooses the tracks (their kind is checked here). Close it after it was detached from its room.
    """

    def __init__(
        self,
        look: Callable[[Picture], Awaitable[None]],
        request_keyframe: Callable[[str], None],
        pool: Executor,
        sampling: Sampling,
        wanted: Callable[[PublicationInfo], bool] = lambda info: True,
        monotonic_us: Callable[[], int] = lambda: time.monotonic_ns() // 1000,
    ) -> None:
        self._look = look
        self._request_keyframe = request_keyframe
        self._pool = pool
        self._sampling = sampling
        self._wanted = wanted
        self._now_us = monotonic_us
        self._tracks: dict[str, _Track] = {}
        self._tasks = TaskSet()

    def track_started(self, publication: PublicationInfo, ssrc: int, clock_rate_hz: int) -> None:
        """See `Subscriber`."""
        if publication.kind is Kind.VIDEO and publication.codec in _DECODERS and self._wanted(publication):
            self._tracks[publication.id] = _Track(publication, self._sampling)

    def track_packet(self, publication_id: str, arrival_us: int, rtp: bytes) -> None:
        """See `Subscriber`."""
        track = self._tracks.get(publication_id)
        if track is None:
            return
        track.push(arrival_us, rtp)
        if track.asks(self._now_us()):
            self._request_keyframe(publication_id)
        if track.waiting and not track.busy:
            track.busy = True
            self._tasks.spawn(self._work(track), "decode pictures")

    def ask(self, participant: str) -> None:
        """The next keyframe of this participant's first track is wanted now, whenever it would have been due; where
        only keyframes are. Idempotent until it has come."""
        for track in self._tracks.values():
            if track.info.participant == participant:
                track.hurry()
                return

    def track_report(self, publication_id: str, report: SenderReport) -> None:
        """See `Subscriber`; not needed."""

    def track_ended(self, publication_id: str) -> None:
        """See `Subscriber`."""
        self._tracks.pop(publication_id, None)

    async def close(self) -> None:
        """End what is under way. Idempotent."""
        self._tracks.clear()
        await self._tasks.close()

    async def _work(self, track: _Track) -> None:
        loop = asyncio.get_running_loop()
        try:
            while track.waiting and track.info.id in self._tracks:
                frames, track.waiting = track.waiting, []
                picture = await loop.run_in_executor(self._pool, track.decode, frames)
                if track.broken:
                    track.frames.damaged()
                if picture is not None:
                    await self._look(picture)
                elif self._sampling.keyframe_every_us:
                    track.again(self._now_us())
        except Exception as fault:
            # One picture that cannot be looked at must not end the looking.
            log_fault("looking at a picture failed", fault, publication=track.info.id)
            track.frames.damaged()
        finally:
            track.busy = False


class _Track:
    """One publication. `decode` runs in the pool, everything else on the event loop; never both at `_decoder`."""

    def __init__(self, info: PublicationInfo, sampling: Sampling) -> None:
        self.info = info
        self.frames = FrameAssembler(info.codec)
        self.waiting: list[Decodable] = []
        self.busy = False
        self._sampling = sampling
        self._decoder: av.VideoCodecContext | None = None
        self._asked_us: int | None = None
        self._due_us = ON_DEMAND_US if sampling.keyframe_every_us == ON_DEMAND_US else 0
        self._skipped = False
        self._given_us: int | None = None

    def hurry(self) -> None:
        self._due_us = min(self._due_us, 0)

    def again(self, now_us: int) -> None:
        """Nothing came of the keyframe: the next one is tried, not sooner than one may be asked for."""
        self._due_us = min(self._due_us, now_us + ASK_US)

    def push(self, arrival_us: int, rtp: bytes) -> None:
        if arrival_us < self._due_us:
            # Nobody looks at these: a hundred cameras must not be put together for nothing.
            self._skipped = True
            return
        if self._skipped:
            self._skipped = False
            self.frames = FrameAssembler(self.info.codec)
        for found in self.frames.push(arrival_us, rtp):
            if self._sampling.keyframe_every_us:
                if found.frame.keyframe and arrival_us >= self._due_us:
                    self._due_us = arrival_us + self._sampling.keyframe_every_us
                    self.waiting = [found]
            elif len(self.waiting) >= MAX_WAITING:
                self.waiting.clear()
                self.frames.damaged()
            else:
                self.waiting.append(found)

    def asks(self, now_us: int) -> bool:
        """Whether a keyframe is to be asked for now."""
        needed = self._due_us <= now_us if self._sampling.keyframe_every_us else self.frames.needs_keyframe
        if not needed or (self._asked_us is not None and now_us - self._asked_us < ASK_US):
            return False
        self._asked_us = now_us
        return True

    def decode(self, frames: list[Decodable]) -> Picture | None:
        """The newest picture of these frames, if it is due."""
        picture: av.VideoFrame | None = None
        arrival_us = 0
        for each in frames:
            if self._decoder is None and not each.frame.keyframe:
                continue
            self._decoder = self._decoder or new_decoder(self.info.codec)
            try:
                decoded = self._decoder.decode(av.Packet(each.frame.data))
                if self._sampling.keyframe_every_us:
                    decoded += self._decoder.decode(None)
                    self._decoder = None
            except av.FFmpegError:
                # A peer may send anything; a keyframe starts afresh.
                self._decoder = None
                continue
            if decoded:
                picture, arrival_us = decoded[-1], each.arrival_us
        if picture is None:
            return None
        if self._given_us is not None and arrival_us - self._given_us < self._sampling.least_us:
            return None
        self._given_us = arrival_us
        return Picture(self.info.participant, self.info.id, arrival_us, _rgb(picture, self._sampling.width_px))

    @property
    def broken(self) -> bool:
        """Whether the decoder waits for a keyframe. Only while no `decode` runs."""
        return self._decoder is None and not self._sampling.keyframe_every_us


def new_decoder(codec: str) -> av.VideoCodecContext:
    """Decodes pictures of at most `MAX_PIXELS`; larger ones raise av.FFmpegError before anything is allocated."""
    context = av.CodecContext.create(_DECODERS[codec], "r")
    assert isinstance(context, av.VideoCodecContext)
    # Threads of FFmpeg's own would hold pictures back, one for each.
    context.thread_count = 1
    context.options = {"max_pixels": str(MAX_PIXELS)}
    return context


def _rgb(picture: av.VideoFrame, width_px: int) -> NDArray[np.uint8]:
    if picture.width > width_px:
        height = max(2, picture.height * width_px // picture.width & ~1)
        picture = picture.reformat(width=width_px & ~1, height=height)
    return picture.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
