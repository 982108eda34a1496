"""What is missing or damaged is noted once, not at every restart and every export."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearing.events import Event, RangeSealed, RecordingIncident, TrackOpened
from media_server.recording.recovery import Condition, crash_events, inspect

pytestmark = pytest.mark.unit


def opened(track: str) -> TrackOpened:
    return TrackOpened(
        track=track,
        file=f"{track}.mkv",
        participant="p",
        seat="s",
        codecs=("h264", "opus"),
        sources=("camera", "microphone"),
        from_ms=0,
    )


@pytest.mark.parametrize("condition", [Condition.MISSING, Condition.DAMAGED, Condition.UNKNOWN])
def test_a_loss_is_noted_once(tmp_path: Path, condition: Condition) -> None:
    log: list[Event] = []
    if condition is not Condition.UNKNOWN:
        log.append(opened("a"))
    if condition is not Condition.MISSING:
        (tmp_path / "a.mkv").write_bytes(b"changed")
    if condition is Condition.DAMAGED:
        log.append(
            RangeSealed(track="a", file="a.mkv", first_byte=0, end_byte=7, sha512="0" * 128, from_ms=0, to_ms=9)
        )
    (track,) = inspect(tmp_path, log)
    assert track.condition is condition
    noted = crash_events([track], 100)
    assert [event for event in noted if isinstance(event, RecordingIncident)]
    log += noted
    again = inspect(tmp_path, log)
    assert crash_events(again, 200) == ()
