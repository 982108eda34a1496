"""One track on its way to text: live while it keeps up, from the recording when it does not.

Frames are known by their times, which increase, and are the same live and in the track file. The follower wants the
next frame after those it had; whether it finds it in its queue or has to read it is all that "late" means.
"""

from __future__ import annotations

import contextlib
import enum
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from hearing.events import RangeSealed
from hearing.tasks import log_fault
from transcription.audio import Decoder, Piece, opus_ms
from transcription.ear import Ear, News, PutRight, Source, unchanged
from transcription.engine import EngineError, EngineFailed, EngineStream, TrackGivenUp
from transcription.recorded import opus_frames

QUEUE_MS = 15_000
"""More than the time after which what was recorded is sealed, so that a track that has caught up can go on live."""
BEHIND_MS = 2_000
"""Beyond this lag nobody is told what is half understood."""
TURN_MS = 1_000
"""Sound that is worked on before others get their turn."""
QUIET_US = 1_000_000
"""When no sound has come for so long, what was said is at an end."""
WARM_MS = 80
"""What a decoder that begins anew is given beforehand, to settle (RFC 7845 4.6)."""

_ALL = 1 << 62

_log = structlog.get_logger(__name__)

Read = Callable[[Path, Sequence[RangeSealed], int], Iterator[tuple[int, bytes]]]


class Ready(enum.IntEnum):
    """What a follower has to do, the more urgent first."""

    LIVE = 0
    LATE = 1
    NOTHING = 2


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be followed: whose sound, in which file, from which moment on. The lower the `rank`, the sooner it
    is served when not all can be. `text` puts the engine's words right."""

    source: Source
    file: Path
    rank: int
    from_ms: int
    text: PutRight = unchanged


@dataclass(frozen=True, slots=True)
class Way:
    """How a track is listened to: in which language (`source`), by which engine, and what is done to its words.
    Without `open_stream` nobody listens, and the sound waits in the recording."""

    source: Source
    open_stream: Callable[[], EngineStream] | None
    text: PutRight = unchanged


class Follower:
    """See the module text. Frames and ranges are told by any thread, `work` is done by one at a time.

    The queue holds QUEUE_MS of Opus. When it is full the oldest frames leave it; they are in the recording, and the
    follower reads them there. `recorded_only`: nothing live will come, as after a restart.
    """

    def __init__(
        self,
        job: Job,
        open_stream: Callable[[], EngineStream] | None,
        emit: Callable[[News], None],
        *,
        recorded_only: bool = False,
        read: Read = opus_frames,
    ) -> None:
        self.job = job
        self.problem: EngineError | None = None
        """Why this track is followed no longer, although it has not ended."""
        self.done = False
        self._way = Way(job.source, open_stream, job.text)
        self._turn_to: Way | None = None
        self._emit = emit
        self._read = read
        self._lock = threading.Lock()
        self._queue: deque[tuple[int, bytes]] = deque()
        self._next_ms = job.from_ms
        self._lost_ms = _ALL if recorded_only else -1
        """Time of the newest frame that was told and is neither in the queue nor heard."""
        self._newest_ms = job.from_ms
        self._newest_us = 0
        self._resting = False
        self._ended_ms: int | None = None
        self._sealed: list[RangeSealed] = []
        self._read_count = 0
        self._closed = False
        self._reader: Iterator[tuple[int, bytes]] | None = None
        self._reading = 0
        self._failed_ms: int | None = None
        self._ear: Ear
        self._listen_from(job.from_ms)

    @property
    def lag_ms(self) -> int:
        """How much sound waits to be listened to."""
        return 0 if self.done or self.idle else max(self._newest_ms - self._next_ms, 0)

    @property
    def idle(self) -> bool:
        """Whether nobody listens to this track, and nobody is about to."""
        return (self._turn_to or self._way).open_stream is None

    @property
    def complete(self) -> bool:
        """Whether the track's file is (`closed`)."""
        return self._closed

    # What is told, by any thread

    def given(self, at_ms: int, opus: bytes, now_us: int) -> None:
        """A frame that is being recorded."""
        with self._lock:
            self._queue.append((at_ms, opus))
            self._newest_ms, self._newest_us = at_ms, now_us
            self._resting = False
            while at_ms - self._queue[0][0] > QUEUE_MS:
                dropped_ms, _ = self._queue.popleft()
                if dropped_ms >= self._next_ms:
                    self._lost_ms = dropped_ms

    def ended(self, until_ms: int) -> None:
        """The track has no more frames. Idempotent."""
        with self._lock:
            self._ended_ms = max(until_ms, self._ended_ms or 0)

    def sealed(self, stretch: RangeSealed) -> None:
        """More of the file may be read."""
        with self._lock:
            self._sealed.append(stretch)
            self._newest_ms = max(self._newest_ms, stretch.to_ms)
            if self._live and self._reader is None:
                # Who reads has counted them.
                self._forget_ranges()

    def closed(self, to_ms: int) -> None:
        """The file is complete: no more ranges. Idempotent."""
        self.ended(to_ms + 1)
        self._closed = True

    def turn(self, way: Way) -> None:
        """Listen in another way from here on: what was said so far is one utterance, and what nobody has listened to
        yet is heard in the new way. The last call counts."""
        with self._lock:
            self._turn_to = way

    def tick(self, now_us: int) -> None:
        """Notice that no sound comes any more. Call about twice a second."""
        with self._lock:
            quiet = not self._queue and now_us - self._newest_us > QUIET_US
            self._resting = quiet and self._live and self._ear.listening

    # Work, one thread at a time

    @property
    def ready(self) -> Ready:
        """Whether there is something to do now."""
        with self._lock:
            if self.done:
                return Ready.NOTHING
            if self._turn_to is not None:
                return Ready.LIVE
            if self.idle:
                return Ready.NOTHING
            if self._live:
                waits = self._queue or self._resting or self._ended_ms is not None
                return Ready.LIVE if waits else Ready.NOTHING
            return Ready.LATE if self._reader is not None or len(self._sealed) > self._read_count else Ready.NOTHING

    def work(self) -> None:
        """Listen to up to TURN_MS of sound. What it brings goes to `emit`, in order."""
        try:
            if self._turn_to is not None and not self._turned():
                return
            live, frames, finish = self._take()
            if frames:
                self._ear.late = not live
            self._ear.interims = live and self.lag_ms <= BEHIND_MS
            for at_ms, opus in frames:
                if not self._hear(self._decoder.push(at_ms, opus)):
                    return
            if finish or self._resting:
                self._finish(finish)
        except EngineError as problem:
            self.problem, self.done = problem, True
        except OSError as problem:
            log_fault("a recorded track cannot be listened to", problem, track=self.job.source.track)
            self.give_up()

    def give_up(self) -> None:
        """Something broke down: what was not heard is found again in the recording. Idempotent."""
        self.problem, self.done = self.problem or TrackGivenUp(), True

    def close(self) -> None:
        """Give the engine's memory back. Idempotent."""
        self.done = True
        self._ear.close()

    # Inside

    def _forget_ranges(self) -> None:
        """Those that end before what is still to be heard, but for the first, which holds the file's head."""
        while len(self._sealed) > 2 and self._sealed[2].from_ms < self._ear.heard_ms:
            del self._sealed[1]
            self._read_count = max(self._read_count - 1, 0)

    def _turned(self) -> bool:
        """Go the other way. False when there is nothing more to do in this turn."""
        if not self._try(lambda: self._ear.end(0)):
            return False
        with self._lock:
            self._way, self._turn_to = self._turn_to or self._way, None
        heard_ms = self._ear.heard_ms
        self._from_ms = heard_ms
        self._ear = self._new_ear(heard_ms)
        return not self.idle

    @property
    def _live(self) -> bool:
        all_read = self._closed and self._reader is None and self._read_count == len(self._sealed)
        return self._lost_ms < self._next_ms or all_read

    def _take(self) -> tuple[bool, list[tuple[int, bytes]], bool]:
        """Whether they are live, the next frames, and whether no more will follow them."""
        with self._lock:
            if self._live:
                self._reader = None
                taken = self._queued()
                return True, taken, self._ended_ms is not None and not self._queue
            sealed = tuple(self._sealed)
        # Without the lock: nobody who tells of frames may wait for the disk.
        return False, self._recorded(sealed), False

    def _queued(self) -> list[tuple[int, bytes]]:
        taken: list[tuple[int, bytes]] = []
        length_ms = 0.0
        while self._queue and length_ms < TURN_MS:
            frame = self._queue.popleft()
            if frame[0] >= self._next_ms:
                taken.append(frame)
                length_ms += opus_ms(frame[1])
        if taken:
            self._next_ms = taken[-1][0] + 1
        return taken

    def _recorded(self, sealed: Sequence[RangeSealed]) -> list[tuple[int, bytes]]:
        if self._reader is None:
            self._reading = len(sealed)
            warm_ms = WARM_MS if self._next_ms == self._from_ms else 0
            self._reader = self._read(self.job.file, sealed, max(self._next_ms - warm_ms, 0))
        taken: list[tuple[int, bytes]] = []
        length_ms = 0.0
        for frame in self._reader:
            taken.append(frame)
            length_ms += opus_ms(frame[1])
            if length_ms >= TURN_MS:
                break
        with self._lock:
            if length_ms < TURN_MS:
                self._reader = None
                self._read_count = self._reading
            if taken:
                self._next_ms = max(taken[-1][0] + 1, self._next_ms)
        return taken

    def _hear(self, pieces: Sequence[Piece]) -> bool:
        """False when the engine failed and the sound is to be heard again."""
        for piece in pieces:
            if piece.at_ms >= self._from_ms and not self._try(lambda piece=piece: self._ear.hear(piece)):  # type: ignore[misc]
                return False
        return True

    def _finish(self, finish: bool) -> None:
        self._resting = False
        if not self._hear(self._decoder.flush()):
            return
        until_ms = self._ended_ms
        if not finish or until_ms is None:
            self._try(self._ear.pause)
        elif self._try(lambda: self._ear.end(until_ms)):
            self.done = True

    def _try(self, step: Callable[[], None]) -> bool:
        try:
            step()
        except EngineError as problem:
            if not isinstance(problem, EngineFailed):
                raise
            _log.warning("the speech engine failed", track=self.job.source.track, code=problem.code)
            return self._failed()
        finally:
            news, self._ear.news = self._ear.news, []
            for each in news:
                self._emit(each)
        return True

    def _failed(self) -> bool:
        heard_ms = self._ear.heard_ms
        if self._failed_ms == heard_ms:
            # It failed here before. What waits beyond this utterance may fail too, and is given up with it.
            while True:
                with contextlib.suppress(EngineFailed):
                    self._ear.give_up()
                    return True
        self._failed_ms = heard_ms
        self._ear.close()
        with self._lock:
            self._lost_ms = max(self._next_ms - 1, self._lost_ms)
            self._next_ms = heard_ms
            self._reader = None
            self._read_count = 0
        self._listen_from(heard_ms)
        return False

    def _listen_from(self, from_ms: int) -> None:
        self._from_ms = from_ms
        self._decoder = Decoder()
        self._ear = self._new_ear(from_ms)

    def _new_ear(self, from_ms: int) -> Ear:
        return Ear(self._way.source, self._way.open_stream or _nobody, from_ms, self._way.text)


def _nobody() -> EngineStream:
    raise AssertionError("a track that nobody listens to was given sound")
