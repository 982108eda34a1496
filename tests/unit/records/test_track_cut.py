"""A cut copy of a track holds packets of the whole one, none of the span, and nothing that depends on it."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from records.media.track_cut import MARGIN_MS, cut_track
from records.timeline import Span

pytestmark = pytest.mark.unit

Packets = list[tuple[str, int, bool, str]]


def record(path: Path, codec: str, *, seconds: int = 6, gop: int = 50, intra_refresh: bool = False) -> Path:
    """Keyframes each two seconds, or H264 that has but one and refreshes itself by columns."""
    with av.open(str(path), "w", format="matroska") as out:
        video = out.add_stream(codec, rate=25)
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        fast = {"preset": "ultrafast", "tune": "zerolatency"} if codec == "libx264" else {"deadline": "realtime"}
        video.options = {**fast, "g": str(gop), **({"intra-refresh": "1"} if intra_refresh else {})}
        audio = out.add_stream("libopus", rate=48_000, layout="mono")
        for number in range(seconds * 25):
            picture = av.VideoFrame.from_ndarray(np.full((96, 64), number, dtype=np.uint8), "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            out.mux(video.encode(picture))
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 1920), dtype=np.int16), format="s16", layout="mono")
            sound.sample_rate, sound.pts, sound.time_base = 48_000, number * 1920, Fraction(1, 48_000)
            out.mux(audio.encode(sound))  # type: ignore[attr-defined]
        out.mux(video.encode(None))
        out.mux(audio.encode(None))  # type: ignore[attr-defined]
    return path


def packets(path: Path) -> Packets:
    with av.open(str(path)) as reader:
        return [
            (p.stream.type, round(p.pts * p.time_base * 1000), p.is_keyframe, hashlib.sha256(bytes(p)).hexdigest())
            for p in reader.demux()
            if p.pts is not None and p.time_base is not None and p.size
        ]


@pytest.mark.parametrize("codec", ["libx264", "libvpx"])
def test_the_span_is_gone_and_picture_begins_again_at_a_keyframe(codec: str, tmp_path: Path) -> None:
    whole = packets(record(tmp_path / "whole.mkv", codec))
    assert cut_track(tmp_path / "whole.mkv", tmp_path / "cut.mkv", [Span(2_500, 3_000)])
    cut = packets(tmp_path / "cut.mkv")
    assert set(cut) < set(whole)
    sound = [at for kind, at, _, _ in cut if kind == "audio"]
    assert not [at for at in sound if at + 20 >= 2_500 - MARGIN_MS and at <= 3_000 + MARGIN_MS]
    assert next(at for at in sound if at > 3_000 + MARGIN_MS) < 3_000 + MARGIN_MS + 60
    pictures = [(at, key) for kind, at, key, _ in cut if kind == "video"]
    after = [(at, key) for at, key in pictures if at >= 2_500]
    assert after[0] == (4_000, True)
    assert max(at for at, _ in pictures if at < 2_500) < 2_500 - MARGIN_MS


def test_sound_alone_is_silenced(tmp_path: Path) -> None:
    whole = packets(record(tmp_path / "whole.mkv", "libx264"))
    assert cut_track(tmp_path / "whole.mkv", tmp_path / "cut.mkv", [], [Span(2_500, 3_000)])
    cut = packets(tmp_path / "cut.mkv")
    assert [p for p in cut if p[0] == "video"] == [p for p in whole if p[0] == "video"]
    assert not [at for kind, at, _, _ in cut if kind == "audio" and 2_300 <= at <= 3_200]


def test_a_picture_that_refreshes_itself_slowly_never_begins_again(tmp_path: Path) -> None:
    record(tmp_path / "whole.mkv", "libx264", gop=25, intra_refresh=True)
    assert cut_track(tmp_path / "whole.mkv", tmp_path / "cut.mkv", [Span(2_500, 3_000)])
    assert max(at for kind, at, _, _ in packets(tmp_path / "cut.mkv") if kind == "video") < 2_500


def test_of_a_track_that_is_withheld_whole_there_is_no_file(tmp_path: Path) -> None:
    record(tmp_path / "whole.mkv", "libvpx", seconds=2)
    assert not cut_track(tmp_path / "whole.mkv", tmp_path / "cut.mkv", [Span(0, 2_000)])
    assert not (tmp_path / "cut.mkv").exists()
