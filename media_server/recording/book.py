"""The recorder's book of track files: begins and completes them, and turns what the writer did into events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from hearing.events import Event, GapRecorded, IncidentCause, RangeSealed, TrackClosed, TrackOpened
from media_server.ports import Kind
from media_server.recording.files import Names, TrackFile, lane_of, size_of, spec_of
from media_server.recording.incidents import Incidents
from media_server.recording.matroska import MuxFrame
from media_server.recording.stream import Hole, Stream, Taken
from media_server.recording.writer import (
    Close,
    Closed,
    Failed,
    Open,
    Opened,
    Outcome,
    Seal,
    Sealed,
    Write,
    Writer,
    Written,
)

RANGE_US = 5_000_000
"""With the tick, the reorder time and a slow sync, a range stays under the promised 10 s."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file takes no more; what came after `lost_from_ms` is not in it."""

    file: TrackFile
    cause: IncidentCause
    detail: str
    lost_from_ms: int


class Book:
    """Files of one recording. `session_ms` maps server us to session ms. Not thread-safe: one caller."""

    def __init__(
        self,
        writer: Writer,
        emit: Callable[[Event], None],
        seat_of: Callable[[str], str],
        taken: Collection[str],
        session_ms: Callable[[float], float],
    ) -> None:
        self.incidents = Incidents(emit)
        self._writer = writer
        self._emit = emit
        self._seat_of = seat_of
        self._names = Names(taken)
        self._session_ms = session_ms
        self._files: dict[int, TrackFile] = {}
        self._file_of: dict[int, TrackFile] = {}
        self._count = 0
        self._failed_count = 0

    def of(self, stream: Stream) -> TrackFile | None:
        """The file the stream is being written to."""
        return self._file_of.get(id(stream))

    def running(self) -> tuple[TrackFile, ...]:
        """Files that take frames."""
        return tuple(file for file in self._files.values() if not file.reason)

    def begin(self, members: Sequence[Stream], firsts: Sequence[Taken | None], now_us: int) -> TrackFile:
        """A new file for these streams; `firsts` are their first frames (needed for video: a keyframe)."""
        frames = [
            first.frame if first and stream.publication.kind is Kind.VIDEO else None
            for stream, first in zip(members, firsts, strict=True)
        ]
        publications = [stream.publication for stream in members]
        participant = publications[0].participant
        seat = self._seat_of(participant)
        self._count += 1
        oldest_us = min((first.arrival_us for first in firsts if first), default=now_us)
        file = TrackFile(
            number=self._count,
            track=self._names.next(seat, participant),
            lane=lane_of(members[0]),
            members=list(members),
            sizes=[size_of(frame) for frame in frames],
            codecs=tuple(publication.codec for publication in publications),
            sources=tuple(publication.source.value for publication in publications),
            participant=participant,
            seat=seat,
            from_ms=max(0, round(self._session_ms(oldest_us))),
            sealed_us=oldest_us,
            sealed_until_us=now_us,
        )
        self._files[file.number] = file
        for stream in members:
            self._file_of[id(stream)] = file
        specs = tuple(spec_of(stream, frame) for stream, frame in zip(members, frames, strict=True))
        file.opening = Open(file.number, file.name, specs)
        file.before = [stream.last_ms for stream in members]
        return file

    def write(self, file: TrackFile, frames: Sequence[MuxFrame]) -> bool:
        """Order frames to be written; False when the writer's queue is full and none was taken."""
        if not frames:
            return True
        taken = self._writer.offer(Write(file.number, tuple(frames)), file.opening)
        if taken:
            file.opening = None
        return taken

    def complete(self, file: TrackFile, reason: str) -> None:
        """No more frames; its streams are free for another file. One that never had a frame is forgotten."""
        file.reason = reason
        if file.opening is None:
            self._writer.order(Close(file.number))
        else:
            del self._files[file.number]
        self.release(file)

    def release(self, file: TrackFile) -> None:
        """Forget that streams are written to this file. Idempotent."""
        for stream in file.members:
            if self.of(stream) is file:
                del self._file_of[id(stream)]

    def seal_due(self, now_us: int) -> None:
        """Order the ranges that are `RANGE_US` old to be sealed."""
        for file in self.running():
            if file.opening is None and file.sealed_us + RANGE_US <= now_us:
                file.sealed_us = now_us
                self._writer.order(Seal(file.number))

    def gap(self, file: TrackFile, stream: Stream, from_ms: float, to_ms: float, hole: Hole) -> None:
        """Record that media of this stream is missing; told when the file exists."""
        stream.gaps += 1
        start_ms = round(from_ms)
        end_ms = max(round(to_ms), start_ms)
        gap = GapRecorded(
            track=file.track,
            kind=stream.publication.kind.value,
            from_ms=start_ms,
            to_ms=end_ms,
            cause=hole.cause,
            packets=hole.packets,
        )
        if file.opened or file.number not in self._files:
            self._emit(gap)
        else:
            file.held.append(gap)

    def incident(self, cause: IncidentCause, from_ms: int, detail: str) -> None:
        """The recorder cannot do its duty; over when a file begun after this has been sealed."""
        self._failed_count = self._count
        self.incidents.begin(cause, from_ms, detail)

    def tell(self, now_us: int) -> list[Failure]:
        """Emit what the writer has done since the last call; returns the files that failed."""
        failures = []
        while self._writer.outcomes:
            failure = self._tell(self._writer.outcomes.popleft(), now_us)
            if failure is not None:
                failures.append(failure)
        return failures

    def _tell(self, outcome: Outcome, now_us: int) -> Failure | None:
        file = self._files[outcome.file]
        if isinstance(outcome, Opened):
            self._opened(file)
        elif isinstance(outcome, Written):
            for stream, size in zip(file.members, outcome.sizes, strict=True):
                stream.bytes_written += size
        elif isinstance(outcome, Sealed):
            self._sealed(file, outcome, now_us)
        elif isinstance(outcome, Closed):
            del self._files[file.number]
            self._closed(file, outcome.to_ms, outcome.bytes_total, file.reason)
        else:
            return self._failed(file, outcome)
        return None

    def _opened(self, file: TrackFile) -> None:
        file.opened = True
        self._emit(
            TrackOpened(
                track=file.track,
                file=file.name,
                participant=file.participant,
                seat=file.seat,
                codecs=file.codecs,
                sources=file.sources,
                from_ms=file.from_ms,
            )
        )
        for gap in file.held:
            self._emit(gap)
        file.held.clear()

    def _sealed(self, file: TrackFile, sealed: Sealed, now_us: int) -> None:
        file.sealed_until_us = now_us
        self._emit(
            RangeSealed(
                track=file.track,
                file=file.name,
                first_byte=sealed.first_byte,
                end_byte=sealed.end_byte,
                sha512=sealed.sha512,
                from_ms=sealed.from_ms,
                to_ms=sealed.to_ms,
            )
        )
        if file.number > self._failed_count:
            self.incidents.end_all(round(self._session_ms(now_us)))

    def _failed(self, file: TrackFile, failed: Failed) -> Failure:
        lost_from_ms = file.from_ms if failed.durable_ms is None else failed.durable_ms
        del self._files[file.number]
        if file.reason and file.last_ms > lost_from_ms:
            for stream in file.members:
                self.gap(file, stream, lost_from_ms, file.last_ms, Hole("disk"))
        if failed.opened:
            self._closed(file, failed.durable_ms, failed.bytes_total, failed.cause)
        return Failure(file, failed.cause, failed.detail, lost_from_ms)

    def _closed(self, file: TrackFile, to_ms: int | None, bytes_total: int, reason: str) -> None:
        end_ms = file.from_ms if to_ms is None else to_ms
        self._emit(
            TrackClosed(track=file.track, file=file.name, to_ms=end_ms, bytes_total=bytes_total, reason=reason)
        )
