"""Seconds of a recorded track, cut out while the file is still being written, are the seconds that were recorded."""

from __future__ import annotations

import io
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hearing.clock import SessionClock, Sources
from hearing.events import AnyEvent, Event, RangeSealed, TrackOpened
from media_server.recorder import TICK_S, Recorder
from records.chain import GENESIS, make_entry
from records.media.sound import MAX_CUT_MS, SoundIndex, cut_wav
from records.media.tracks import SAMPLES_PER_MS, AudioTrack
from yunting.bench.record import START_US
from yunting.bench.record_source import Publisher, encode_loop

pytestmark = pytest.mark.integration


class Recording:
    """A recorder in made time; `index` knows what its events tell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[Event] = []
        self.now_us = START_US
        self.recorder = Recorder(
            folder,
            emit=self.events.append,
            request_keyframe=lambda _: None,
            seat_of=lambda _: "plaintiff-1",
            monotonic_us=lambda: self.now_us,
        )
        publisher = Publisher(encode_loop(width=320, height=180), "a", begin_us=START_US)
        for publication, ssrc, rate in publisher.publications():
            self.recorder.track_started(publication, ssrc, rate)
        feed = publisher.events(300)
        clock = SessionClock(Sources(lambda: self.now_us, lambda: 1_800_000_000_000))
        clock.start()
        self.recorder.open(clock)
        self._feed, self._next = feed, next(feed)

    def play(self, seconds: float) -> None:
        end_us = self.now_us + int(seconds * 1e6)
        while self.now_us < end_us:
            self.now_us += int(TICK_S * 1e6)
            while self._next[0] <= self.now_us:
                at_us, publication, item = self._next
                if isinstance(item, bytes):
                    self.recorder.track_packet(publication, at_us, item)
                else:
                    self.recorder.track_report(publication, item)
                self._next = next(self._feed)
            self.recorder.tick(self.now_us)

    def index(self) -> SoundIndex:
        index, prev = SoundIndex(), GENESIS
        for seq, event in enumerate(self.events, 1):
            known: AnyEvent = event  # type: ignore[assignment]  # the recorder speaks the catalogue
            entry = make_entry(session="s", seq=seq, at_ms=0, utc_ms=0, actor="server", event=known, prev=prev)
            prev = entry.hash
            index.apply(entry)
            index.apply(entry)
        return index

    @property
    def track(self) -> TrackOpened:
        return next(event for event in self.events if isinstance(event, TrackOpened))


def wait_until(recording: Recording, session_ms: int) -> None:
    """The recorder's own thread writes: made time does not wait for it."""
    limit_s = time.monotonic() + 30
    while not any(isinstance(e, RangeSealed) and e.to_ms > session_ms for e in recording.events):
        assert time.monotonic() < limit_s
        time.sleep(0.01)
        recording.recorder.tick(recording.now_us)


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    recording = Recording(tmp_path / "tracks")
    recording.play(40)
    wait_until(recording, 33_500)
    yield recording
    recording.recorder.stop_writing()


def heard(wav: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)


def loudness(samples: np.ndarray) -> np.ndarray:
    """Of each 10 ms."""
    return np.sqrt((samples.reshape(-1, 160) ** 2).mean(axis=1))


@pytest.mark.parametrize("from_ms", [0, 40, 5_000, 17_321, 30_000])
def test_a_cut_is_what_a_reader_of_the_whole_file_hears(recording: Recording, from_ms: int) -> None:
    to_ms = from_ms + 3_000
    found = recording.index().find(recording.track.track, from_ms, to_ms)
    assert found is not None
    file, pieces = found
    cut = heard(cut_wav(recording.folder / file, pieces, from_ms, to_ms))
    whole = AudioTrack(recording.folder / file)
    samples = whole.read(from_ms * SAMPLES_PER_MS, 3_000 * SAMPLES_PER_MS)
    whole.close()
    expected = samples.reshape(-1, 3).mean(axis=1) * 32767
    assert len(cut) == 48_000
    assert np.abs(expected).max() > 500, "the source is not silent"
    # Packets' times are rounded to ms and steered from where the reading began: alike, not equal to the sample.
    assert np.corrcoef(loudness(cut), loudness(expected))[0, 1] > 0.99


def test_only_what_holds_the_span_is_read(recording: Recording) -> None:
    found = recording.index().find(recording.track.track, 30_000, 31_000)
    assert found is not None
    ranges = [event for event in recording.events if isinstance(event, RangeSealed)]
    assert len(found[1]) < len(ranges) / 2


def test_what_is_not_on_disk_yet_is_not_found(recording: Recording) -> None:
    track = recording.track.track
    assert recording.index().find(track, 41_000, 42_000) is None
    assert recording.index().find("nobody's", 0, 1000) is None


def test_spans_that_are_none_are_refused(recording: Recording) -> None:
    found = recording.index().find(recording.track.track, 0, 1000)
    assert found is not None
    for from_ms, to_ms in ((5, 5), (9, 3), (0, MAX_CUT_MS + 1), (-1, 5)):
        with pytest.raises(ValueError):
            cut_wav(recording.folder / found[0], found[1], from_ms, to_ms)
