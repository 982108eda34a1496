"""A simulcast camera whose uplink gives up its best layer for a while: the record stays decodable and on time."""

from __future__ import annotations

import heapq
import itertools
from pathlib import Path

import av
import pytest

from hearing.clock import SessionClock, Sources
from hearing.events import Event, GapRecorded, TrackClosed, TrackOpened
from media_server.ports import Kind, SenderReport
from media_server.recorder import TICK_S, Recorder
from tests.fakes.decoding import faults_ms
from tests.fakes.layered_camera import LayeredCamera
from yunting.bench.record import START_US
from yunting.bench.record_source import Loop, Publisher, encode_loop, measure

pytestmark = pytest.mark.integration

OPEN_S, END_S = 4.0, 26.0
AWAY_S = (10.0, 18.0)
LIMIT_S = 0.04
LOW, HIGH = 1, 2


@pytest.fixture(scope="module")
def loops() -> dict[int, Loop]:
    # A keyframe each second: this camera does not answer requests.
    return {
        LOW: encode_loop(seconds=1, width=320, height=180, bitrate_bps=300_000),
        HIGH: encode_loop(seconds=1, width=640, height=360, bitrate_bps=600_000),
    }


class Hearing:
    """One person, two encodings and a microphone, recorded under simulated time."""

    def __init__(self, folder: Path, loops: dict[int, Loop], *, reports: bool = True, loss: float = 0.0) -> None:
        self.events: list[Event] = []
        self.folder = folder
        self.now_us = START_US
        self.senders = {
            seed: Publisher(
                loop,
                "a",
                seed=seed,
                begin_us=START_US,
                ntp_ahead_s=-900,
                ntp_ppm=50,
                jitter_ms=20,
                # The larger picture takes longer to encode.
                video_delay_ms=30 if seed == LOW else 90,
                loss=loss,
                reports=reports,
            )
            for seed, loop in loops.items()
        }
        (info, low_ssrc, _), self.sound = self.senders[LOW].publications()
        high_ssrc = self.senders[HIGH].publications()[0][1]
        self.camera = LayeredCamera(info, {"l": low_ssrc, "h": high_ssrc})
        self.clock = SessionClock(Sources(lambda: self.now_us, lambda: 1_800_000_000_000))
        self.recorder = Recorder(
            folder,
            emit=self.events.append,
            request_keyframe=lambda _: None,
            seat_of=lambda _: "plaintiff-1",
            monotonic_us=lambda: self.now_us,
        )
        self.away_us = [START_US + int(at_s * 1e6) for at_s in AWAY_S]

    def hold(self) -> None:
        """From before the opening to the end."""
        self.recorder.track_started(*self.sound)
        feeds = [list(sender.events(END_S)) for sender in self.senders.values()]
        ticks = ((START_US + at * 20_000, "", b"") for at in range(int(END_S * 50)))
        slow = itertools.count(1)
        for arrival_us, name, item in heapq.merge(*feeds, ticks, key=lambda event: event[0]):
            self.now_us = arrival_us
            if not name:
                self.camera.publication.tick(arrival_us)
                if next(slow) % int(TICK_S / 0.02) == 0:
                    self._tick()
            elif name == self.sound[0].id:
                self._hear(arrival_us, item)
            elif not self._is_away(item, arrival_us):
                self.camera.take(arrival_us, item)
                if not self.camera.publication.running:
                    self.camera.publication.start([self.recorder])
        self.recorder.close()
        self.recorder.stop_writing()

    def _tick(self) -> None:
        if not self.clock.running and self.now_us >= START_US + OPEN_S * 1e6:
            self.clock.start()
            self.recorder.open(self.clock)
        self.recorder.tick()

    def _hear(self, arrival_us: int, item: bytes | SenderReport) -> None:
        ssrc = item.ssrc if isinstance(item, SenderReport) else int.from_bytes(item[8:12], "big")
        if ssrc != self.sound[1]:
            return
        if isinstance(item, SenderReport):
            self.recorder.track_report(self.sound[0].id, item)
        else:
            self.recorder.track_packet(self.sound[0].id, arrival_us, item)

    def _is_away(self, item: bytes | SenderReport, arrival_us: int) -> bool:
        ssrc = item.ssrc if isinstance(item, SenderReport) else int.from_bytes(item[8:12], "big")
        return ssrc == self.senders[HIGH].publications()[0][1] and self.away_us[0] <= arrival_us < self.away_us[1]

    def errors_s(self) -> tuple[list[float], list[float]]:
        """Found minus true time of every flash and beep, and session times of flashes that are not there."""
        opened_s = self.zero_s
        files = [measure(self.folder / event.file) for event in self.events if isinstance(event, TrackOpened)]
        errors, missing = [], []
        for kind in Kind:
            found = [at_s for file in files for at_s in (file.flashes if kind is Kind.VIDEO else file.beeps)]
            for truth_s in self.senders[LOW].truth[kind]:
                at_s = truth_s - opened_s
                if 1 < at_s < END_S - OPEN_S - 1:
                    near = min(found, key=lambda seen_s, at_s=at_s: abs(seen_s - at_s))  # type: ignore[misc]
                    if abs(near - at_s) < 0.4:
                        errors.append(near - at_s)
                    else:
                        missing.append(at_s)
        return errors, missing

    @property
    def zero_s(self) -> float:
        """Server seconds of session time 0."""
        return (self.now_us - self.clock.at_us(self.now_us) * 1000) / 1e6


@pytest.mark.parametrize("reports", [True, False])
def test_a_change_of_layer_leaves_files_that_decode_and_keep_the_time(
    tmp_path: Path, loops: dict[int, Loop], reports: bool
) -> None:
    hearing = Hearing(tmp_path, loops, reports=reports)
    hearing.hold()
    opened = [event for event in hearing.events if isinstance(event, TrackOpened)]
    reasons = [event.reason for event in hearing.events if isinstance(event, TrackClosed)]
    assert reasons == ["resized", "resized", "closed"]
    widths = []
    for event in opened:
        with av.open(str(tmp_path / event.file)) as container:
            widths.append(container.streams.video[0].width)
    assert widths == [640, 320, 640]
    errors, missing = hearing.errors_s()
    assert len(errors) >= 2 * (END_S - OPEN_S - 2) - 3
    spread = max(errors) - min(errors)
    # Without reports arrival is all there is: what encoding takes longer shows.
    assert spread <= (LIMIT_S if reports else 0.1)
    away_s = AWAY_S[0] - OPEN_S
    assert all(away_s - 0.2 <= at_s <= away_s + 2 for at_s in missing)


def test_what_is_missing_at_the_change_is_short_and_listed(tmp_path: Path, loops: dict[int, Loop]) -> None:
    hearing = Hearing(tmp_path, loops)
    hearing.hold()
    gaps = [event for event in hearing.events if isinstance(event, GapRecorded)]
    shown: list[float] = []
    for event in hearing.events:
        if isinstance(event, TrackOpened):
            faults, _ = faults_ms(tmp_path / event.file, pause=5)
            assert faults == []
            with av.open(str(tmp_path / event.file)) as container:
                shown += [float(frame.time or 0) for frame in container.decode(video=0)]
    pauses = [(a, b) for a, b in itertools.pairwise(shown) if b - a > 0.25]
    # The layer stops, 0.8 s later it is believed, and the other's keyframe comes within its second.
    assert len(pauses) == 1
    (a, b) = pauses[0]
    assert b - a <= 2.0
    assert b - a < 1.0 or any(gap.from_ms / 1000 <= a + 0.05 and b - 0.05 <= gap.to_ms / 1000 for gap in gaps)
    assert all(gap.packets == 0 for gap in gaps)


def test_losses_about_the_change_are_listed_and_nothing_else_breaks(tmp_path: Path, loops: dict[int, Loop]) -> None:
    hearing = Hearing(tmp_path, loops, loss=0.02)
    hearing.hold()
    errors, _ = hearing.errors_s()
    assert max(errors) - min(errors) <= LIMIT_S
    assert any(isinstance(event, GapRecorded) and event.cause == "loss" for event in hearing.events)
    for event in hearing.events:
        if isinstance(event, TrackOpened):
            measure(tmp_path / event.file)
