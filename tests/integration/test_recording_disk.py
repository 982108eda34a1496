"""Disk full, folder unwritable, disk too slow: the session goes on, the incident and every gap are in the log."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import av
import pytest

from hearing.clock import SessionClock, Sources
from hearing.events import Event, GapRecorded, RangeSealed, RecordingIncident, TrackClosed, TrackOpened
from media_server.ports import SenderReport
from media_server.recorder import Recorder
from media_server.recording.writer import Writer
from yunting.bench.record import START_US
from yunting.bench.record_source import Loop, Publisher, encode_loop

pytestmark = pytest.mark.integration
TICK_S = 0.25
"""So the retries meet a keyframe of the loop (one in two seconds, whatever is asked), and sound and picture share a
file."""
T = TypeVar("T")


def of_type(kind: type[T], events: list[Event]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


@pytest.fixture(scope="module")
def loop() -> Loop:
    return encode_loop(width=640, height=360, bitrate_bps=1_500_000)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a small tmpfs here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


class Session:
    """A recorder and one publisher under simulated time; the writer's work is awaited at every tick."""

    def __init__(self, writer: Writer, loop: Loop) -> None:
        self.events: list[Event] = []
        self.now_us = START_US
        self.writer = writer
        publisher = Publisher(loop, "a", begin_us=START_US)
        self.recorder = Recorder(
            writer.folder,
            emit=self.events.append,
            request_keyframe=lambda _: None,
            seat_of=lambda _: "plaintiff-1",
            monotonic_us=lambda: self.now_us,
            writer=writer,
        )
        for publication, ssrc, rate in publisher.publications():
            self.recorder.track_started(publication, ssrc, rate)
        self._feed = publisher.events(60)
        self._next: tuple[int, str, bytes | SenderReport] = next(self._feed)
        clock = SessionClock(Sources(lambda: self.now_us, lambda: 1_800_000_000_000))
        clock.start()
        self.recorder.open(clock)

    def play_until(self, at_s: float, *, disk_works: bool = True) -> None:
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
            if disk_works:
                self.writer.stop()
                self.writer.start()


def assert_nothing_is_missing_silently(session: Session, folder: Path, until_ms: int) -> None:
    """Every video frame time is in a file or inside a gap."""
    gaps = [(gap.from_ms, gap.to_ms) for gap in of_type(GapRecorded, session.events) if gap.kind == "video"]
    times: list[int] = []
    for opened in of_type(TrackOpened, session.events):
        path = folder / opened.file
        if path.exists() and path.stat().st_size:
            with av.open(str(path)) as container:
                times += [round((frame.time or 0) * 1000) for frame in container.decode(video=0)]
    times.sort()
    assert times
    for before, after in zip([0, *times], [*times, until_ms], strict=True):
        if after - before > 200:
            covered = any(from_ms <= before + 100 and after - 100 <= to_ms for from_ms, to_ms in gaps)
            assert covered, (before, after, gaps)


@pytest.mark.timeout(60)
def test_a_full_disk_is_an_incident_and_recording_resumes(tmp_path: Path, small_disk: Path, loop: Loop) -> None:
    folder = small_disk / "tracks"
    session = Session(Writer(folder), loop)
    session.play_until(30)
    begun = of_type(RecordingIncident, session.events)
    assert [(incident.cause, incident.to_ms) for incident in begun] == [("disk-full", None)]
    assert {line.state for line in session.recorder.health()} == {"failed"}
    (first,) = of_type(TrackOpened, session.events)
    copies = tmp_path / "copies"
    copies.mkdir()
    shutil.copy(folder / first.file, copies)
    (folder / first.file).unlink()
    session.play_until(45)
    session.recorder.stop_writing()
    incidents = of_type(RecordingIncident, session.events)
    assert len(incidents) == 2
    assert incidents[1].to_ms is not None
    assert incidents[1].to_ms > 30_000
    disk_gaps = [gap for gap in of_type(GapRecorded, session.events) if gap.cause == "disk"]
    assert {gap.kind for gap in disk_gaps} == {"audio", "video"}
    assert all(gap.to_ms >= 28_000 for gap in disk_gaps)
    assert [event.reason for event in of_type(TrackClosed, session.events)] == ["disk-full", "closed"]
    assert len({event.track for event in of_type(RangeSealed, session.events)}) == 2
    for path in folder.iterdir():
        shutil.copy(path, copies)
    assert_nothing_is_missing_silently(session, copies, 45_000)


def test_a_folder_that_cannot_be_made_is_an_incident(tmp_path: Path, loop: Loop) -> None:
    blocker = tmp_path / "file"
    blocker.write_bytes(b"")
    session = Session(Writer(blocker / "tracks"), loop)
    session.play_until(12)
    (incident,) = of_type(RecordingIncident, session.events)
    assert (incident.cause, incident.to_ms) == ("folder-unwritable", None)
    assert of_type(TrackOpened, session.events) == []
    blocker.unlink()
    session.play_until(25)
    session.recorder.stop_writing()
    assert of_type(RecordingIncident, session.events)[-1].to_ms is not None
    assert_nothing_is_missing_silently(session, blocker / "tracks", 25_000)


def test_a_disk_that_does_not_keep_up_loses_nothing_silently(tmp_path: Path, loop: Loop) -> None:
    pipe = tmp_path / "tracks" / "plaintiff-1_a_1.mkv"
    writer = Writer(tmp_path / "tracks", queue_bytes=1_000_000)
    session = Session(writer, loop)
    writer.stop()  # a disk that takes no order at all
    session.play_until(14, disk_works=False)
    assert [incident.cause for incident in of_type(RecordingIncident, session.events)] == ["disk-slow"]
    writer.start()
    session.play_until(30)
    session.recorder.stop_writing()
    assert of_type(RecordingIncident, session.events)[-1].to_ms is not None
    assert pipe.stat().st_size > 0
    assert_nothing_is_missing_silently(session, tmp_path / "tracks", 30_000)


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path, loop: Loop) -> None:
    existing = tmp_path / "plaintiff-1_a_1.mkv"
    existing.write_bytes(b"evidence")
    session = Session(Writer(tmp_path), loop)
    session.play_until(20)
    session.recorder.stop_writing()
    assert existing.read_bytes() == b"evidence"
    tracks = [event.track for event in of_type(TrackOpened, session.events)]
    assert tracks
    assert "plaintiff-1_a_1" not in tracks
    assert of_type(RecordingIncident, session.events)[-1].to_ms is not None
