"""Who listens to the recorder hears exactly the frames that lie in the track files, at the same times."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearing.events import RangeSealed, TrackOpened
from transcription.recorded import opus_frames
from yunting.bench.record import START_US, Take, take
from yunting.bench.record_source import Publisher, encode_loop

pytestmark = pytest.mark.integration

Frames = list[tuple[int, bytes]]


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.frames: dict[str, Frames] = {}
        self.ended: dict[str, int] = {}

    def sound(self, track: str, participant: str, at_ms: int, opus: bytes) -> None:
        assert track not in self.ended
        self.frames.setdefault(track, []).append((at_ms, opus))

    def sound_ended(self, track: str, until_ms: int) -> None:
        assert track not in self.ended
        self.ended[track] = until_ms


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Take, Listener]:
    loop = encode_loop(width=320, height=180, bitrate_bps=300_000)
    publishers = [
        Publisher(loop, "a", seed=1, begin_us=START_US, audio_ppm=-100, jitter_ms=20, loss=0.02),
        Publisher(loop, "b", seed=2, begin_us=START_US + 7_000_000, jitter_ms=60),
    ]
    listener = Listener()
    taken = take(tmp_path_factory.mktemp("recorded"), publishers, 24, listener=listener)
    return taken, listener


def ranges_of(taken: Take, track: str) -> list[RangeSealed]:
    return [event for event in taken.events if isinstance(event, RangeSealed) and event.track == track]


def test_live_and_recorded_sound_are_the_same(recorded: tuple[Take, Listener]) -> None:
    taken, listener = recorded
    opened = [event for event in taken.events if isinstance(event, TrackOpened)]
    assert {event.track for event in opened} == set(listener.frames) == set(listener.ended)
    for event in opened:
        heard = listener.frames[event.track]
        assert len(heard) > 600
        assert list(opus_frames(taken.folder / event.file, ranges_of(taken, event.track), 0)) == heard
        assert heard[-1][0] < listener.ended[event.track]


def test_from_any_moment_on_just_what_follows_is_read(recorded: tuple[Take, Listener]) -> None:
    taken, listener = recorded
    for track, heard in listener.frames.items():
        ranges = ranges_of(taken, track)
        assert len(ranges) > 3
        moments = [each.from_ms + by for each in ranges for by in (-1, 0, 1, 400)] + [999_999]
        for moment_ms in moments:
            read = list(opus_frames(taken.folder / f"{track}.mkv", ranges, moment_ms))
            assert read == [frame for frame in heard if frame[0] >= moment_ms]


def test_of_a_growing_file_only_what_is_sealed_is_read(recorded: tuple[Take, Listener]) -> None:
    taken, listener = recorded
    for track, heard in listener.frames.items():
        ranges = ranges_of(taken, track)[:2]
        read = list(opus_frames(taken.folder / f"{track}.mkv", ranges, 0))
        assert read == heard[: len(read)]
        assert abs(read[-1][0] - ranges[-1].to_ms) < 500


def test_a_file_that_is_cut_or_spoilt_ends_early(recorded: tuple[Take, Listener], tmp_path: Path) -> None:
    taken, listener = recorded
    track, heard = next(iter(listener.frames.items()))
    ranges = ranges_of(taken, track)
    data = (taken.folder / f"{track}.mkv").read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(data[: len(data) // 2])
    read = list(opus_frames(cut, ranges, 0))
    assert 100 < len(read) < len(heard)
    assert read == heard[: len(read)]
    cut.write_bytes(b"")
    assert list(opus_frames(cut, ranges, 0)) == []
    cut.write_bytes(bytes(len(data)))
    assert list(opus_frames(cut, ranges, 0)) == []
    with pytest.raises(OSError):
        next(opus_frames(tmp_path / "none.mkv", ranges, 0))
