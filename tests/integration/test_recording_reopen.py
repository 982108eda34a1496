"""A mistaken 闭庭 undone while the files of the first part are still being completed: recording goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearing.clock import SessionClock, Sources
from hearing.events import Event, RangeSealed, RecordingIncident
from media_server.ports import SenderReport
from media_server.recorder import TICK_S, Recorder
from media_server.recording.writer import Close, Open, Seal, Write, Writer
from yunting.bench.record import START_US
from yunting.bench.record_source import Publisher, encode_loop

pytestmark = pytest.mark.integration


class HeldWriter(Writer):
    """Completes no file until it is let go: a slow disk at 闭庭."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.completing, self.go = threading.Event(), threading.Event()

    def _do(self, order: Open | Write | Seal | Close) -> None:
        if isinstance(order, Close):
            self.completing.set()
            self.go.wait(10)
        super()._do(order)


class Stage:
    def __init__(self, writer: Writer) -> None:
        self.events: list[Event] = []
        self.now_us = START_US
        publisher = Publisher(encode_loop(width=320, height=180), "a", begin_us=START_US)
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
        self._feed: Iterator[tuple[int, str, bytes | SenderReport]] = publisher.events(60)
        self._next = next(self._feed)
        self.clock = SessionClock(Sources(lambda: self.now_us, lambda: 1_800_000_000_000))
        self.clock.start()

    def play(self, seconds: float) -> None:
        end_us = self.now_us + int(seconds * 1e6)
        while self.now_us < end_us:
            self.now_us += int(TICK_S * 1e6)
            while self._next[0] <= self.now_us:
                arrival_us, publication, item = self._next
                if isinstance(item, SenderReport):
                    self.recorder.track_report(publication, item)
                else:
                    self.recorder.track_packet(publication, arrival_us, item)
                self._next = next(self._feed)
            self.recorder.tick()

    def sealed(self) -> dict[str, int]:
        """Track -> session time up to which it is sealed."""
        return {event.track: event.to_ms for event in self.events if isinstance(event, RangeSealed)}


@pytest.mark.timeout(60)
async def test_reopened_while_the_files_are_completed(tmp_path: Path) -> None:
    writer = HeldWriter(tmp_path)
    stage = Stage(writer)
    stage.recorder.open(stage.clock)
    stage.play(8)
    settling = [asyncio.ensure_future(stage.recorder.finish()) for _ in range(2)]
    assert await asyncio.to_thread(writer.completing.wait, 10)
    stage.recorder.open(stage.clock)
    stage.play(4)
    writer.go.set()
    await asyncio.gather(*settling)
    stage.play(8)
    async with asyncio.timeout(10):
        while len(stage.sealed()) < 2:
            await asyncio.sleep(0.05)
            stage.recorder.tick()
    assert [event for event in stage.events if isinstance(event, RecordingIncident)] == []
    await stage.recorder.finish()
    assert max(stage.sealed().values()) > 18_000
