"""kill -9 at any moment: at most ten seconds are lost, the rest verifies and plays, and the log says so."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from hearing.events import AnyEvent, Event, GapRecorded, RangeSealed, RecordingIncident, TrackClosed
from media_server.recording.recovery import Condition, crash_events, inspect, track_names
from records.vault.unlocked import unlock
from yunting.bench.record import START_US, take
from yunting.bench.record_source import Publisher, encode_loop, measure

pytestmark = pytest.mark.integration

KEY = bytes(range(32))
PROCESS = Path(__file__).with_name("recording_process.py")


def read_log(log: Path) -> list[Event]:
    """The events that reached the log; the last line may be cut."""
    lines = log.read_bytes().split(b"\n")[:-1]
    return [msgspec.json.decode(line, type=AnyEvent) for line in lines if line != b"open"]


def record_and_kill(folder: Path, after_s: float, key: bytes) -> float:
    """Record in a process, sealed with `key` unless it is empty, kill it `after_s` seconds after opening; returns the
    seconds it recorded."""
    folder.mkdir()
    log = folder / "log"
    words = [sys.executable, str(PROCESS), str(folder / "tracks"), str(log), "60", key.hex()]
    with subprocess.Popen(words) as process:
        deadline_s = time.monotonic() + 60
        while not (log.exists() and log.read_bytes().startswith(b"open\n")):
            assert time.monotonic() < deadline_s
            assert process.poll() is None
            time.sleep(0.02)
        opened_s = time.monotonic()
        time.sleep(after_s)
        recorded_s = time.monotonic() - opened_s
        process.send_signal(signal.SIGKILL)
    return recorded_s


@pytest.mark.long
@pytest.mark.timeout(120)
def test_a_killed_recorder_loses_at_most_ten_seconds(tmp_path: Path) -> None:
    moments = [random.uniform(low, low + 6) for low in (1, 7, 12, 8)]
    keys = [b"", b"", b"", KEY]
    folders = [tmp_path / str(number) for number in range(len(moments))]
    with ThreadPoolExecutor() as pool:
        recorded = list(pool.map(record_and_kill, folders, moments, keys))
    unlock(folders[-1] / "tracks", KEY)
    for folder, recorded_s in zip(folders, recorded, strict=True):
        events = read_log(folder / "log")
        tracks = inspect(folder / "tracks", events)
        durable_s = max((event.to_ms for event in events if isinstance(event, RangeSealed)), default=0) / 1000
        assert durable_s >= recorded_s - 10, moments
        if not tracks:
            assert recorded_s < 10, moments
            continue
        (track,) = tracks
        assert track.condition in (Condition.CUT, Condition.UNKNOWN), track
        late = crash_events(tracks, round(recorded_s * 1000) + 3000)
        assert isinstance(late[-1], RecordingIncident)
        assert late[-1].cause == "crash"
        if track.condition is Condition.CUT:
            assert {event.kind for event in late if isinstance(event, GapRecorded)} == {"audio", "video"}
            found = measure(folder / "tracks" / track.file)
            assert found.span_s[1] * 1000 >= track.plays_to_ms - 100
            assert track.plays_to_ms / 1000 >= recorded_s - 10
            assert len(found.flashes) >= int(track.plays_to_ms / 1000) - 1
            again = inspect(folder / "tracks", [*events, *late])
            assert [t.condition for t in again] == [Condition.COMPLETE]
            assert crash_events(again, 0) == ()
        assert track_names(folder / "tracks") == {track.track}


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "sealed"])
def test_inspection_names_what_is_wrong(tmp_path: Path, key: bytes | None) -> None:
    loop = encode_loop(width=160, height=90, bitrate_bps=100_000)
    publishers = [Publisher(loop, name, seed=n, begin_us=START_US) for n, name in enumerate("abcd")]
    unlock(tmp_path, KEY)
    taken = take(tmp_path, publishers, 12, key=key)
    assert {track.condition for track in inspect(tmp_path, taken.events)} == {Condition.COMPLETE}
    files = {event.track[5]: tmp_path / event.file for event in taken.events if isinstance(event, TrackClosed)}
    changed = bytearray(files["a"].read_bytes())
    changed[len(changed) // 2] ^= 1
    files["a"].write_bytes(changed)
    files["b"].unlink()
    files["c"].write_bytes(files["c"].read_bytes()[:-1])
    with files["d"].open("ab") as file:
        file.write(b"more")
    (tmp_path / "stranger.mkv").write_bytes(b"not matroska")
    found = {track.track: track for track in inspect(tmp_path, taken.events)}
    assert found["seat-a_a_1"].condition is Condition.DAMAGED
    assert "was changed" in found["seat-a_a_1"].detail
    assert found["seat-b_b_1"].condition is Condition.MISSING
    assert found["seat-c_c_1"].condition is Condition.DAMAGED
    if key is None:
        assert found["seat-d_d_1"].condition is Condition.CUT
        assert found["seat-d_d_1"].total_bytes - found["seat-d_d_1"].sealed_bytes == 4
    else:
        # Four bytes are no record: nobody can read them, nobody wrote them.
        assert found["seat-d_d_1"].condition is Condition.COMPLETE
    assert found["stranger"].condition is Condition.UNKNOWN


def test_an_empty_or_absent_folder_is_no_recording(tmp_path: Path) -> None:
    assert inspect(tmp_path, []) == ()
    assert track_names(tmp_path / "absent") == frozenset()
    assert inspect(tmp_path / "absent", []) == ()
