"""Real encoded media through the recorder: decoded again it is in sync, whole, and what is missing is listed."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from pathlib import Path
from typing import TypeVar

import av
import pytest

from hearing.clock import SessionClock, Sources
from hearing.errors import Refused
from hearing.events import Event, GapRecorded, RangeSealed, TrackClosed, TrackOpened
from hearing.session import Pause
from media_server.ports import Kind, SenderReport
from media_server.recorder import TICK_S, Recorder
from yunting.bench.record import START_US, errors_ms, take
from yunting.bench.record_source import Loop, Publisher, encode_loop, measure

pytestmark = pytest.mark.integration
T = TypeVar("T")


@pytest.fixture(scope="module")
def loop() -> Loop:
    return encode_loop(width=320, height=180, bitrate_bps=300_000)


def of_type(kind: type[T], events: list[Event]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


def decode_errors(path: Path) -> list[str]:
    """Messages of the decoders while the whole file is decoded."""
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture() as logs, av.open(str(path)) as container:
            for packet in container.demux():
                packet.decode()
        return [message for level, _, message in logs if level <= av.logging.ERROR]
    finally:
        av.logging.set_level(None)


@pytest.mark.long
def test_flash_and_beep_stay_together_across_persons(tmp_path: Path, loop: Loop) -> None:
    publishers = [
        Publisher(loop, "a", seed=1, begin_us=START_US, ntp_ahead_s=-900, ntp_ppm=100, audio_ppm=-100, jitter_ms=20),
        Publisher(
            loop, "b", seed=2, begin_us=START_US, ntp_ahead_s=86_400, video_ppm=100, step_at_s=12, jitter_ms=20
        ),
        Publisher(loop, "c", seed=3, begin_us=START_US + 3_000_000, ntp_ppm=-100, video_delay_ms=60),
    ]
    taken = take(tmp_path, publishers, 30)
    found = taken.found()
    errors = [
        error
        for publisher in publishers
        for rows in errors_ms(publisher, found[publisher.participant], taken.opened_s).values()
        for _, error in rows
    ]
    assert len(errors) >= 170
    assert max(errors) - min(errors) <= 40
    assert not of_type(GapRecorded, taken.events)
    for event in of_type(TrackOpened, taken.events):
        assert event.codecs == ("h264", "opus")
        assert decode_errors(tmp_path / event.file) == []


def test_ranges_cover_the_files_and_verify(tmp_path: Path, loop: Loop) -> None:
    taken = take(tmp_path, [Publisher(loop, "a", begin_us=START_US)], 30)
    (closed,) = of_type(TrackClosed, taken.events)
    data = (tmp_path / closed.file).read_bytes()
    at = 0
    ranges = of_type(RangeSealed, taken.events)
    for sealed in ranges:
        assert sealed.first_byte == at
        assert hashlib.sha512(data[at : sealed.end_byte]).hexdigest() == sealed.sha512
        assert sealed.to_ms - sealed.from_ms <= 10_000
        at = sealed.end_byte
    assert at == len(data) == closed.bytes_total
    assert ranges[-1].to_ms >= 29_900


def test_what_is_lost_is_listed_and_nothing_else_is_broken(tmp_path: Path, loop: Loop) -> None:
    publisher = Publisher(loop, "a", seed=4, begin_us=START_US, loss=0.01)
    taken = take(tmp_path, [publisher], 30)
    gaps = of_type(GapRecorded, taken.events)
    for kind in Kind:
        # What is lost before the first packet or after the last cannot be known from sequence numbers.
        assert 0 < sum(gap.packets for gap in gaps if gap.kind == kind.value) <= len(publisher.lost[kind])
        assert sum(gap.packets for gap in gaps if gap.kind == kind.value) >= len(publisher.lost[kind]) - 2
    (opened,) = of_type(TrackOpened, taken.events)
    assert decode_errors(tmp_path / opened.file) == []
    assert "a-video" in taken.keyframes_asked
    missing = [(gap.from_ms, gap.to_ms) for gap in gaps if gap.kind == "video"]
    with av.open(str(tmp_path / opened.file)) as container:
        times = [round((frame.time or 0) * 1000) for frame in container.decode(video=0)]
    for a, b in itertools.pairwise(times):
        assert b - a <= 40 or any(from_ms - 1 <= a and b <= to_ms + 1 for from_ms, to_ms in missing)


class Bench:
    """A recorder under simulated time, for the session's state."""

    def __init__(self, folder: Path, publisher: Publisher, seconds: float) -> None:
        self.events: list[Event] = []
        self.folder = folder
        self.now_us = START_US
        self.utc_ms = 1_800_000_000_000
        self.clock = SessionClock(Sources(lambda: self.now_us, lambda: self.utc_ms))
        self.recorder = Recorder(
            folder,
            emit=self.events.append,
            request_keyframe=lambda _: None,
            seat_of=lambda _: "plaintiff-1",
            monotonic_us=lambda: self.now_us,
            level_of=lambda _: -30,
        )
        for publication, ssrc, rate in publisher.publications():
            self.recorder.track_started(publication, ssrc, rate)
        self._feed = publisher.events(seconds)
        self._next = next(self._feed)

    def play_until(self, at_s: float) -> None:
        while self.now_us < START_US + at_s * 1e6:
            self.now_us += int(TICK_S * 1e6)
            while self._next[0] <= self.now_us:
                arrival_us, publication, item = self._next
                if isinstance(item, SenderReport):
                    self.recorder.track_report(publication, item)
                else:
                    self.recorder.track_packet(publication, arrival_us, item)
                self._next = next(self._feed, (1 << 62, "", b""))
            self.recorder.tick()


def test_lawful_breaks_leave_nothing_and_do_not_move_the_clock(tmp_path: Path, loop: Loop) -> None:
    bench = Bench(tmp_path, Publisher(loop, "a", begin_us=START_US), 40)
    bench.play_until(5)
    bench.clock.start()
    bench.recorder.open(bench.clock)
    bench.recorder.open(bench.clock)
    bench.play_until(15)
    with pytest.raises(Refused, match="pause-not-lawful"):
        bench.recorder.pause("lunch")
    bench.recorder.pause(Pause.RECESS)
    bench.play_until(20)
    bench.utc_ms += 3_600_000
    bench.recorder.resume()
    bench.play_until(30)
    bench.recorder.close()
    bench.play_until(32)
    bench.recorder.stop_writing()
    files = of_type(TrackOpened, bench.events)
    assert [event.track for event in files] == ["plaintiff-1_a_1", "plaintiff-1_a_2"]
    assert [event.reason for event in of_type(TrackClosed, bench.events)] == ["recess", "closed"]
    first, second = (measure(tmp_path / event.file) for event in files)
    # The session opened 5 s after the publisher began, so its flashes are at n - 4.5 s of the session.
    assert first.span_s == pytest.approx((0, 10), abs=0.1)
    assert second.span_s[0] >= 15
    assert second.span_s[1] == pytest.approx(25, abs=0.1)
    # What the first picture needs to be decoded lies in the first 0.1 s; a break leaves no such lead.
    flashes = [time_s for time_s in (*first.flashes, *second.flashes) if time_s > 0.1]
    for time_s in (*flashes, *first.beeps, *second.beeps):
        assert abs(time_s % 1 - 0.5) < 0.04
    assert len(first.beeps) == 10
    assert len(second.beeps) == 10


@pytest.mark.parametrize("open_at_s", [2.25, 5.75])
def test_who_is_on_air_before_the_opening_is_recorded_from_its_first_moment(
    tmp_path: Path, loop: Loop, open_at_s: float
) -> None:
    bench = Bench(tmp_path, Publisher(loop, "a", begin_us=START_US), 20)
    bench.play_until(open_at_s)
    bench.clock.start()
    # The opening is durable, and told to the recorder, a moment later.
    bench.play_until(open_at_s + TICK_S)
    bench.recorder.open(bench.clock)
    bench.play_until(open_at_s + 8)
    bench.recorder.close()
    bench.recorder.stop_writing()
    assert of_type(GapRecorded, bench.events) == []
    (opened,) = of_type(TrackOpened, bench.events)
    assert opened.from_ms == 0
    assert decode_errors(tmp_path / opened.file) == []
    with av.open(str(tmp_path / opened.file)) as container:
        packets = [(packet.stream.type, packet.pts) for packet in container.demux() if packet.pts is not None]
    for kind in ("video", "audio"):
        times = [pts for medium, pts in packets if medium == kind]
        assert times[0] <= (0 if kind == "video" else 20), kind
        assert max(b - a for a, b in itertools.pairwise(times)) <= 40, kind


def test_a_recorder_begun_during_a_break_keeps_none_of_it(tmp_path: Path, loop: Loop) -> None:
    bench = Bench(tmp_path, Publisher(loop, "a", begin_us=START_US), 20)
    bench.clock.start()
    bench.play_until(5.5)
    bench.recorder.open(bench.clock)
    bench.play_until(12)
    bench.recorder.close()
    bench.recorder.stop_writing()
    (opened,) = of_type(TrackOpened, bench.events)
    first = measure(tmp_path / opened.file)
    assert first.span_s[0] >= 5.5
    for time_s in first.flashes:
        assert abs(time_s % 1 - 0.5) < 0.04


def test_a_closed_session_may_be_reopened(tmp_path: Path, loop: Loop) -> None:
    bench = Bench(tmp_path, Publisher(loop, "a", begin_us=START_US), 20)
    bench.clock.start()
    bench.recorder.open(bench.clock)
    bench.play_until(6)
    bench.recorder.close()
    bench.recorder.stop_writing()
    bench.play_until(8)
    bench.recorder.open(bench.clock)
    bench.play_until(14)
    bench.recorder.stop_writing()
    assert [event.track for event in of_type(TrackClosed, bench.events)] == ["plaintiff-1_a_1", "plaintiff-1_a_2"]


def test_health_tells_what_the_console_shows(tmp_path: Path, loop: Loop) -> None:
    bench = Bench(tmp_path, Publisher(loop, "a", begin_us=START_US, audio_ppm=100), 20)
    assert {line.state for line in bench.recorder.health()} == {"paused"}
    bench.clock.start()
    bench.recorder.open(bench.clock)
    bench.play_until(4)
    assert all(line.sealed_ms_ago == 0 for line in bench.recorder.health() if line.track is None)
    bench.play_until(6)
    assert all(1000 < line.sealed_ms_ago < 10_000 for line in bench.recorder.health())
    bench.play_until(19)
    bench.recorder.stop_writing()
    video, audio = bench.recorder.health()
    assert (video.kind, audio.kind) == ("video", "audio")
    with av.open(str(tmp_path / "plaintiff-1_a_1.mkv")) as container:
        sizes = {"video": 0, "audio": 0}
        for packet in container.demux():
            sizes[packet.stream.type] += packet.size
    assert {"video": video.bytes_written, "audio": audio.bytes_written} == sizes
    assert (video.level_dbov, audio.level_dbov) == (None, -30)
    assert audio.clocked_by == "reports"
    assert video.disk_free_bytes


def test_a_new_picture_size_begins_a_new_file(tmp_path: Path, loop: Loop) -> None:
    larger = encode_loop(width=640, height=360, bitrate_bps=600_000)
    both = Loop(loop.codec, loop.fps, loop.video + larger.video, loop.audio, loop.seconds)
    taken = take(tmp_path, [Publisher(both, "a", begin_us=START_US)], 8)
    closed = of_type(TrackClosed, taken.events)
    assert [event.reason for event in closed] == ["resized", "resized", "resized", "closed"]
    assert not of_type(GapRecorded, taken.events)
    sizes, frames = [], 0
    for event in closed:
        with av.open(str(tmp_path / event.file)) as container:
            sizes.append(container.streams.video[0].width)
            frames += sum(1 for _ in container.decode(video=0))
        assert decode_errors(tmp_path / event.file) == []
    assert sizes == [320, 640, 320, 640]
    assert frames == 240


async def test_it_runs_on_an_event_loop_without_blocking_it(tmp_path: Path, loop: Loop) -> None:
    """The blocking guard of the suite fails this test when the loop's side of the recorder touches the disk."""
    bench = Bench(tmp_path / "new" / "folder", Publisher(loop, "a", begin_us=START_US), 10)
    bench.clock.start()
    bench.recorder.open(bench.clock)
    running = asyncio.get_running_loop().create_task(bench.recorder.run())
    bench.play_until(9)
    await bench.recorder.finish()
    await bench.recorder.finish()
    running.cancel()
    assert [event.reason for event in of_type(TrackClosed, bench.events)] == ["closed"]
