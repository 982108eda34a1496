"""What recording costs and how exact it is: real encoded media through the real recorder, faster than real time."""

from __future__ import annotations

import bisect
import heapq
import os
import platform
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from hearing.clock import SessionClock, Sources
from hearing.events import Event, GapRecorded, RangeSealed, TrackOpened
from media_server.ports import Kind, SenderReport, SoundListener
from media_server.recorder import TICK_S, Recorder
from media_server.recording.writer import Writer
from records.vault.unlocked import unlock
from yunting.bench.record_source import Found, Publisher, encode_loop, measure

START_US = 1_000_000_000
MAX_AHEAD_BYTES = 4 << 20
WAITING_S = 30.0
"""People wait before 开庭: by then their clocks are known."""


class RecordOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`seats` persons with camera and microphone, for `seconds` of media; `sealed` on the disk or not."""

    seats: int = 3
    seconds: float = 20.0
    sealed: bool = False


class RecordResult(msgspec.Struct, frozen=True, kw_only=True):
    """See docs: CPU is user + system of this process while it records; skew and drift are measured by decoding."""

    cpu_s_per_seat_s: float
    av_skew_ms_max: float
    """Largest distance between flash and beep of any second, within and across persons, from what happened."""
    drift_ms_per_h: float
    """Largest slope of (recorded - true) time over a track; only minutes of media make it a figure (`--seconds 600`):
    one millisecond over twenty seconds is 180 ms an hour."""
    coverage: float
    """Recorded share of the time of each track, gaps taken off, the worst track."""
    seats: int
    seconds: float
    sealed: bool
    packets: int
    bytes: int
    ranges: int
    cpus: int
    python: str


@dataclass(slots=True)
class Take:
    """A simulated hearing that was recorded: its events and who published."""

    folder: Path
    publishers: list[Publisher]
    events: list[Event] = field(default_factory=list)
    keyframes_asked: list[str] = field(default_factory=list)
    packets: int = 0
    cpu_s: float = 0.0
    opened_s: float = 0.0
    """Server seconds of the session's zero."""

    def found(self) -> dict[str, Found]:
        """Participant -> what the first of its track files holds when decoded."""
        first: dict[str, Found] = {}
        for event in self.events:
            if isinstance(event, TrackOpened) and event.participant not in first:
                first[event.participant] = measure(self.folder / event.file)
        return first


def take(
    folder: Path,
    publishers: list[Publisher],
    seconds: float,
    *,
    waiting_s: float = 0.0,
    listener: SoundListener | None = None,
    key: bytes | None = None,
) -> Take:
    """Record the publishers for `seconds` of simulated time into `folder`, after `waiting_s` of 候审; sealed with
    `key` where there is one."""
    now_us = START_US
    open_us = START_US + int(waiting_s * 1e6)
    taken = Take(folder, publishers, opened_s=open_us / 1e6)
    writer = Writer(folder, key=key)
    recorder = Recorder(
        folder,
        emit=taken.events.append,
        request_keyframe=taken.keyframes_asked.append,
        seat_of=lambda participant: f"seat-{participant}",
        monotonic_us=lambda: now_us,
        writer=writer,
        listener=listener,
    )
    clock = SessionClock(Sources(lambda: now_us, lambda: 1_800_000_000_000))
    for publisher in publishers:
        for publication, ssrc, clock_rate_hz in publisher.publications():
            recorder.track_started(publication, ssrc, clock_rate_hz)
    feeds = [list(publisher.events(waiting_s + seconds)) for publisher in publishers]
    before = resource.getrusage(resource.RUSAGE_SELF)
    tick_us = START_US
    for arrival_us, publication_id, item in heapq.merge(*feeds, key=lambda event: event[0]):
        while tick_us + TICK_S * 1e6 <= arrival_us:
            tick_us += int(TICK_S * 1e6)
            now_us = tick_us
            recorder.tick(now_us)
            # Real time gives the writer its turn between two ticks; minutes in a second would fill its queue.
            while writer.waiting_bytes > MAX_AHEAD_BYTES:
                time.sleep(0.001)
        now_us = arrival_us
        if now_us >= open_us and not clock.running:
            before = resource.getrusage(resource.RUSAGE_SELF)
            now_us = open_us
            clock.start()
            recorder.open(clock)
            now_us = arrival_us
        if isinstance(item, SenderReport):
            recorder.track_report(publication_id, item)
        else:
            recorder.track_packet(publication_id, arrival_us, item)
            taken.packets += clock.running
    recorder.close()
    recorder.stop_writing()
    after = resource.getrusage(resource.RUSAGE_SELF)
    taken.cpu_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return taken


def errors_ms(publisher: Publisher, found: Found, opened_s: float) -> dict[Kind, list[tuple[float, float]]]:
    """Per kind (true session s, recorded minus true ms) of each event that has a match within half a second."""
    result: dict[Kind, list[tuple[float, float]]] = {}
    for kind, seen in ((Kind.VIDEO, found.flashes), (Kind.AUDIO, found.beeps)):
        pairs, ordered = [], sorted(seen)
        for at_s in (truth_s - opened_s for truth_s in publisher.truth[kind] if truth_s >= opened_s):
            place = bisect.bisect(ordered, at_s)
            near = min(ordered[max(0, place - 1) : place + 1], key=lambda time_s: abs(time_s - at_s), default=None)
            if near is not None and abs(near - at_s) < 0.5:
                pairs.append((at_s, (near - at_s) * 1000))
        result[kind] = pairs
    return result


def slope_ms_per_h(rows: Sequence[tuple[float, float]]) -> float:
    """Drift: slope of the errors over time."""
    return float(np.polyfit([at_s for at_s, _ in rows], [error for _, error in rows], 1)[0]) * 3600


def run(options: RecordOptions) -> RecordResult:
    """Run the benchmark. ValueError for absurd options."""
    if not 1 <= options.seats <= 500 or not 4 <= options.seconds <= 7200:
        raise ValueError("seats must be 1..500 and seconds 4..7200")
    loop = encode_loop()
    publishers = [
        Publisher(
            loop,
            f"p{number}",
            seed=number,
            begin_us=START_US,
            ntp_ahead_s=17.0 * number,
            ntp_ppm=[0, 40, -40][number % 3],
            audio_ppm=[60, -60, 0][number % 3],
            jitter_ms=15.0,
        )
        for number in range(options.seats)
    ]
    with tempfile.TemporaryDirectory(prefix="yunting-bench-") as name:
        key = os.urandom(32) if options.sealed else None
        if key is not None:
            unlock(Path(name), key)
        taken = take(Path(name), publishers, options.seconds, waiting_s=WAITING_S, key=key)
        found = taken.found()
        pairs = {p.participant: errors_ms(p, found[p.participant], taken.opened_s) for p in publishers}
    everything = [error for kinds in pairs.values() for rows in kinds.values() for _, error in rows]
    slopes = [abs(slope_ms_per_h(rows)) for kinds in pairs.values() for rows in kinds.values() if len(rows) > 3]
    gaps: dict[str, int] = {}
    for event in taken.events:
        if isinstance(event, GapRecorded):
            gaps[event.track] = gaps.get(event.track, 0) + event.to_ms - event.from_ms
    missing_s = max(gaps.values(), default=0) / 1000
    spans = [min(options.seconds, seen.span_s[1] - seen.span_s[0]) - missing_s for seen in found.values()]
    sealed = [event for event in taken.events if isinstance(event, RangeSealed)]
    return RecordResult(
        cpu_s_per_seat_s=round(taken.cpu_s / (options.seats * options.seconds), 6),
        av_skew_ms_max=round(max(everything) - min(everything), 2),
        drift_ms_per_h=round(max(slopes, default=0.0), 2),
        coverage=round(min(spans) / options.seconds, 5),
        seats=options.seats,
        seconds=options.seconds,
        sealed=options.sealed,
        packets=taken.packets,
        bytes=sum(event.end_byte - event.first_byte for event in sealed),
        ranges=len(sealed),
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
    )
