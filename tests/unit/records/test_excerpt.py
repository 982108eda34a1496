"""Ranges of a file whose bytes no log has, and parts of it read as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from records.keys import CourtKey
from records.media.excerpt import Excerpt, Reader, between, held_of, looked_through
from records.timeline import read
from yunting.bench.synthetic import make_session

pytestmark = pytest.mark.unit


def test_a_file_that_is_looked_through_has_the_ranges_that_the_log_would_have(tmp_path: Path) -> None:
    made = make_session(tmp_path, CourtKey.generate(), seats=1, seconds=22, codecs=("libx264",), size=(64, 36))
    (track,) = read(made.entries).tracks
    told = held_of(track.ranges)
    found = looked_through(tmp_path / track.file, track.span.to_ms)
    assert len(told) >= 4
    assert [(each.from_ms, each.first_byte) for each in found] == [(each.from_ms, each.first_byte) for each in told]
    part = between(told, 9_000, 12_000)
    opened = Reader(tmp_path / track.file).open(part)
    assert opened is not None
    container, excerpt = opened
    times = [round(packet.pts * packet.time_base * 1000) for packet in container.demux() if packet.pts is not None]
    container.close()
    excerpt.close()
    assert (min(times), max(times)) == pytest.approx((part[0].from_ms, part[-1].to_ms), abs=100)


def test_an_excerpt_is_its_stretches(tmp_path: Path) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(bytes(range(100)))
    excerpt = Excerpt(path, [(0, 3), (50, 60)])
    assert excerpt.read() == bytes([0, 1, 2, *range(50, 60)])
    assert excerpt.seek(-4, 2) == 9
    assert excerpt.read(2) == bytes([56, 57])
    assert excerpt.tell() == 11
    excerpt.close()
