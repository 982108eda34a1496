"""The recorder: a subscriber of a room that keeps every track as it arrives, on the session clock.

It follows the state of the session by `open`, `pause`, `resume`, `close`; nobody can stop it otherwise. Media
goes publication -> `Stream` (order, whole frames, times) -> track file -> `Writer` (one thread: mux, write, sync,
hash). What happens is told as events of `hearing.events` through one callable, on the caller's thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from pathlib import Path

from hearing.clock import SessionClock
from hearing.errors import Refused
from hearing.events import Event, IncidentCause
from hearing.session import Pause
from media_server.ports import Kind, PublicationInfo, SenderReport, SoundListener, Source
from media_server.recording.book import Book
from media_server.recording.clocks import PeerClock
from media_server.recording.files import Lane, TrackFile, lane_of, size_of
from media_server.recording.health import TrackHealth, describe
from media_server.recording.matroska import MuxFrame
from media_server.recording.sound import Sound
from media_server.recording.stream import Hole, Stream, Taken
from media_server.recording.timeline import Timeline
from media_server.recording.writer import Writer

TICK_S = 0.1
"""Live captions wait for it."""
PAIR_US = 1_000_000
"""How long the first stream of a lane waits for its companion before a file is begun without it."""
REPORT_US = 4_000_000
"""How long the first frames wait for the sender reports that give them exact times (Chromium sends the first one
of its microphone within 3.75 s)."""
SETTLE_US = 2_000_000
"""A sender that has just begun is often late with its first frames: so long its clock is watched before a file is
begun with it."""
OPENING_MS = 1000.0
"""A recording that begins within this of session time 0 begins with the opening: then it has a lead, and counts from
0. One that begins later does not, for the lead could be of a lawful break."""
RETRY_US = 3_000_000
KEYFRAME_RETRY_US = 1_000_000
GAP_MS = 200.0
"""A start or a silence longer than this is listed (L23)."""
SILENCE_MS = 1000.0


def _monotonic_us() -> int:
    return time.monotonic_ns() // 1000


class Recorder:
    """Records one session into `folder`; a `media_server.ports.Subscriber`.

    `emit` gets the events; `request_keyframe` a publication id; `seat_of` maps a participant to its seat;
    `taken` names the tracks that an earlier process left in the folder (see `recording.recovery`). `listener` hears
    what is recorded.
    Every method but `finish`, `stop_writing` and `run` returns at once and touches no disk.
    """

    def __init__(
        self,
        folder: Path,
        *,
        emit: Callable[[Event], None],
        request_keyframe: Callable[[str], None],
        seat_of: Callable[[str], str],
        taken: Collection[str] = (),
        level_of: Callable[[str], int | None] = lambda _: None,
        monotonic_us: Callable[[], int] = _monotonic_us,
        writer: Writer | None = None,
        listener: SoundListener | None = None,
    ) -> None:
        self._request_keyframe = request_keyframe
        self._level_of = level_of
        self._monotonic_us = monotonic_us
        self._writer = writer or Writer(folder)
        self._sound = Sound(listener)
        self._book = Book(self._writer, emit, seat_of, taken, self._session_ms)
        self._clock: SessionClock | None = None
        self._recording = False
        self._began = False
        self._begin_us = 0
        self._begin_ms = 0.0
        self._peers: dict[str, PeerClock] = {}
        self._streams: dict[str, Stream] = {}
        self._leaving: list[Stream] = []
        self._down: dict[Lane, int] = {}
        self._asked: dict[str, int] = {}
        self._finishing = asyncio.Lock()

    # Subscriber

    def track_started(self, publication: PublicationInfo, ssrc: int, clock_rate_hz: int) -> None:
        """A track that begins again under its id is a new one."""
        self.track_ended(publication.id)
        peer = self._peers.setdefault(publication.participant, PeerClock())
        self._streams[publication.id] = Stream(publication, ssrc, clock_rate_hz, peer)

    def track_packet(self, publication_id: str, arrival_us: int, rtp: bytes) -> None:
        stream = self._streams.get(publication_id)
        if stream is None:
            return
        if self._recording or self._clock is None:
            stream.push(arrival_us, rtp)
        else:
            stream.listen(arrival_us, rtp)

    def track_report(self, publication_id: str, report: SenderReport) -> None:
        if stream := self._streams.get(publication_id):
            stream.report(report)

    def track_ended(self, publication_id: str) -> None:
        stream = self._streams.pop(publication_id, None)
        if stream is not None and self._recording:
            stream.end()
            self._leaving.append(stream)

    # The session's state

    def open(self, clock: SessionClock) -> None:
        """开庭 (or a mistaken 闭庭 undone): record from now on. The clock must run. Idempotent."""
        self._clock = clock
        self._writer.start()
        self._begin()

    def pause(self, reason: Pause | str) -> None:
        """Interrupt for a lawful reason; files are completed. Raises Refused (`pause-not-lawful`) for any other."""
        if reason not in {*Pause}:
            raise Refused(
                "pause-not-lawful",
                f"“{reason}”不是中断录音录像的法定事由",
                f"{reason!r} is no lawful reason to interrupt the recording",
            )
        self._end(str(Pause(reason)))

    def resume(self) -> None:
        """Record again, into new files. Idempotent. Raises Refused (`not-open`) before `open`."""
        if self._clock is None:
            raise Refused("not-open", "尚未开庭", "the session has not opened")
        self._begin()

    def close(self) -> None:
        """闭庭: complete every file. Idempotent. `finish` waits until all is on disk."""
        self._end("closed")

    async def finish(self) -> None:
        """Complete every file, wait until all is on disk and told, and end the writer. Idempotent.

        A session that is opened again meanwhile (a mistaken 闭庭 undone) goes on being recorded.
        """
        self.close()
        async with self._finishing:
            await asyncio.to_thread(self._writer.stop)
            if self._recording:
                self._writer.start()
        self.tick()

    def stop_writing(self) -> None:
        """`close` and wait until all is on disk and told: `finish` for callers without an event loop (blocks)."""
        self.close()
        self._writer.stop()
        self.tick()

    async def run(self) -> None:
        """Tick until cancelled; to be run for the recorder's life."""
        while True:
            await asyncio.sleep(TICK_S)
            self.tick()

    def tick(self, now_us: int | None = None) -> None:
        """Move media on, seal ranges that are due, tell what happened. Call a few times a second."""
        now_us = self._monotonic_us() if now_us is None else now_us
        for failure in self._book.tell(now_us):
            self._fail(failure.file, failure.cause, failure.detail, failure.lost_from_ms, now_us)
        if self._clock is None:
            self._keep_leads(now_us)
        if not self._recording:
            return
        for stream in self._streams.values():
            stream.release(now_us)
        self._move(now_us, force=False)
        self._book.seal_due(now_us)
        for stream in self._streams.values():
            if stream.packet_us is not None and (stream.needs_keyframe or stream.keyframe_due(now_us)):
                self._ask(stream, now_us)

    def health(self, now_us: int | None = None) -> tuple[TrackHealth, ...]:
        """A line per running publication for the clerk's console."""
        now_us = self._monotonic_us() if now_us is None else now_us
        down = {lane for lane in self._down if self._book.incidents.causes}
        return tuple(
            describe(
                stream,
                self._book.of(stream),
                now_us,
                recording=self._recording,
                down=lane_of(stream) in down,
                level_dbov=self._level_of(stream.publication.participant),
                disk_free_bytes=self._writer.free_bytes,
            )
            for stream in self._streams.values()
        )

    # Inside

    def _begin(self) -> None:
        if self._recording:
            return
        self._recording = True
        now_us = self._monotonic_us()
        self._begin_us = now_us
        self._begin_ms = self._session_ms(now_us)
        opening = not self._began and self._begin_ms <= OPENING_MS
        if opening:
            self._keep_leads(now_us)
            self._begin_ms = 0.0
        self._began = True
        self._down.clear()
        for stream in self._streams.values():
            if opening:
                stream.begin()
            else:
                stream.reset()
            if stream.needs_keyframe:
                self._ask(stream, now_us)

    def _keep_leads(self, now_us: int) -> None:
        for stream in self._streams.values():
            stream.release(now_us)
            if stream.keep_lead(now_us) and stream.packet_us is not None:
                self._ask(stream, now_us)

    def _end(self, reason: str) -> None:
        if not self._recording:
            return
        now_us = self._monotonic_us()
        for stream in self._streams.values():
            stream.drain()
        self._move(now_us, force=True)
        now_ms = self._session_ms(now_us)
        for stream in self._streams.values():
            self._last_gap(stream, now_ms)
            stream.reset()
        for file in self._book.running():
            self._complete(file, reason)
        self._recording = False

    def _session_ms(self, server_us: float) -> float:
        assert self._clock is not None
        return self._clock.at_us(int(server_us))

    def _ask(self, stream: Stream, now_us: int) -> None:
        publication = stream.publication
        if publication.kind is Kind.VIDEO and self._asked.get(publication.id, 0) + KEYFRAME_RETRY_US <= now_us:
            self._asked[publication.id] = now_us
            self._request_keyframe(publication.id)

    def _move(self, now_us: int, *, force: bool) -> None:
        self._assign(now_us, force=force)
        for file in self._book.running():
            self._flush(file, now_us)
        leaving, self._leaving = self._leaving, []
        for stream in leaving:
            self._leave(stream, now_us)

    def _leave(self, stream: Stream, now_us: int) -> None:
        self._last_gap(stream, self._session_ms(stream.packet_us or now_us))
        self._asked.pop(stream.publication.id, None)
        file = self._book.of(stream)
        if file is not None and all(member.ended for member in file.members):
            self._complete(file, "ended")

    def _assign(self, now_us: int, *, force: bool) -> None:
        """Give streams without a file one: together with their companions, or alone after `PAIR_US`."""
        lanes: dict[Lane, list[Stream]] = {}
        for stream in [*self._streams.values(), *self._leaving]:
            if self._book.of(stream) is None:
                lanes.setdefault(lane_of(stream), []).append(stream)
        for lane, streams in lanes.items():
            if self._down.get(lane, 0) > now_us:
                for stream in streams:
                    if stream.pending:
                        stream.pending.clear()
                        stream.damage("disk")
                continue
            ready = [stream for stream in streams if stream.pending]
            if not ready:
                continue
            if force or _may_begin(ready, self._begin_us, alone=len(ready) < len(streams), now_us=now_us):
                ready.sort(key=lambda stream: stream.publication.kind is Kind.AUDIO)
                self._book.begin(ready, [stream.pending[0] for stream in ready], now_us)

    def _flush(self, file: TrackFile, now_us: int) -> None:
        """Give times to what is pending and order it to be written, in order of time."""
        timed: list[tuple[float, int, Taken]] = []
        for index, stream in enumerate(file.members):
            if stream.timeline is None:
                stream.timeline = Timeline(stream.clock, stream.clock_rate_hz, self._session_ms)
            while stream.pending:
                taken = stream.pending.popleft()
                pts_ms = stream.timeline.at(taken.rtp, taken.arrival_us) - stream.lookahead_ms
                timed.append((pts_ms, index, taken))
        timed.sort(key=lambda item: item[0])
        frames: list[MuxFrame] = []
        for pts_ms, index, taken in timed:
            stream = file.members[index]
            if pts_ms < self._begin_ms:
                if stream.publication.kind is Kind.AUDIO:
                    continue
                pts_ms = self._begin_ms
            if taken.frame.keyframe and size_of(taken.frame) != file.sizes[index]:
                if not self._write(file, frames, now_us):
                    return
                frames = []
                self._complete(file, "resized")
                firsts = [taken if member is stream else None for member in file.members]
                file = self._book.begin(file.members, firsts, now_us)
            self._gap_before(file, stream, pts_ms, taken)
            stream.last_ms = pts_ms
            file.last_ms = max(file.last_ms, round(pts_ms))
            frames.append(MuxFrame(index, round(pts_ms), taken.frame.data, taken.frame.keyframe))
        self._write(file, frames, now_us)

    def _write(self, file: TrackFile, frames: list[MuxFrame], now_us: int) -> bool:
        if self._book.write(file, frames):
            self._sound.given(file, frames)
            return True
        self._complete(file, "disk-slow")
        self._fail(file, "disk-slow", "the disk does not keep up", frames[0].pts_ms, now_us)
        return False

    def _complete(self, file: TrackFile, reason: str) -> None:
        self._book.complete(file, reason)
        self._sound.ended(file)

    # Gaps and failures

    def _gap_before(self, file: TrackFile, stream: Stream, pts_ms: float, taken: Taken) -> None:
        first_ms = self._session_ms(stream.first_us) if stream.first_us is not None else pts_ms
        from_ms = max(stream.last_ms if stream.last_ms is not None else first_ms, self._begin_ms)
        hole = taken.hole
        if hole is None or (hole.cause == "keyframe" and pts_ms - from_ms <= GAP_MS):
            still = stream.publication.source is Source.SCREEN
            if stream.last_ms is not None and pts_ms - from_ms > SILENCE_MS and not still:
                self._book.gap(file, stream, from_ms, pts_ms, Hole("silence"))
            return
        self._book.gap(file, stream, from_ms, pts_ms, hole)

    def _last_gap(self, stream: Stream, to_ms: float) -> None:
        """What was missing when the stream ended; without a file there is nobody to tell it of."""
        file = self._book.of(stream)
        if file is not None and stream.hole is not None and stream.last_ms is not None:
            self._book.gap(file, stream, stream.last_ms, to_ms, stream.hole)

    def _fail(self, file: TrackFile, cause: IncidentCause, detail: str, lost_from_ms: int, now_us: int) -> None:
        """The file takes no more: its streams wait for the next try, and what they lose is a gap."""
        self._book.incident(cause, lost_from_ms, detail)
        self._down[file.lane] = now_us + RETRY_US
        began = file.opened or (file.reason == "disk-slow" and file.opening is None)
        for stream, before_ms in zip(file.members, file.before, strict=True):
            if self._book.of(stream) not in (None, file) or stream.ended or not self._recording:
                continue
            if not began:
                stream.last_ms = before_ms
            elif stream.last_ms is not None:
                stream.last_ms = min(stream.last_ms, lost_from_ms)
            stream.pending.clear()
            stream.damage("disk")
        self._book.release(file)
        self._sound.ended(file)


def _may_begin(ready: list[Stream], begin_us: int, *, alone: bool, now_us: int) -> bool:
    """Whether streams with frames need not wait for companions without any, nor for sender reports."""
    waited_us = now_us - max(begin_us, min(stream.pending[0].arrival_us for stream in ready))
    if any(stream.ended for stream in ready) or waited_us >= REPORT_US:
        return True
    known = all(stream.clock.reported and stream.clock.known_us(now_us) >= SETTLE_US for stream in ready)
    return known and (not alone or waited_us >= PAIR_US)
