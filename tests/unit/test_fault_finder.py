"""The tests of lossy recordings trust `faults_ms`: it must see a damaged and a missing picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.fakes.decoding import faults_ms, unlisted
from tests.fakes.flash_tracks import FPS, encoded_flash

pytestmark = pytest.mark.unit

BROKEN = 27
AT_MS = BROKEN * 1000 / FPS


def write(path: Path, change: str) -> None:
    """Three seconds of pictures as H264 in Matroska, one of them changed."""
    raw = path.with_suffix(".h264")
    raw.write_bytes(b"".join(encoded_flash("h264")))
    with av.open(str(raw)) as template, av.open(str(path), "w", format="matroska") as out:
        stream = out.add_stream_from_template(template.streams.video[0])
        for index in range(3 * FPS):
            data = encoded_flash("h264")[index % FPS]
            if index == BROKEN and change == "missing":
                continue
            packet = av.Packet(data[: len(data) // 2] if index == BROKEN and change == "cut" else data)
            packet.stream, packet.is_keyframe = stream, index % FPS == 0
            packet.pts = packet.dts = index * 1000 // FPS
            packet.time_base = Fraction(1, 1000)
            out.mux(packet)


@pytest.mark.parametrize("change", ["none", "missing", "cut"])
def test_faults_are_seen_and_matched_with_gaps(tmp_path: Path, change: str) -> None:
    path = tmp_path / "track.mkv"
    write(path, change)
    faults, pictures = faults_ms(path, 1.5)
    assert pictures >= 3 * FPS - 1
    assert bool(faults) == (change != "none")
    for at_ms in faults:
        assert abs(at_ms - AT_MS) <= 1000 / FPS
    assert unlisted(faults, [{"from_ms": AT_MS - 10, "to_ms": AT_MS + 10}]) == []
    assert unlisted(faults, [{"from_ms": 0, "to_ms": 500}]) == faults
