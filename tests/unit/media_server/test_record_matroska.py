"""Every codec we forward is muxed as it is and plays again, whole or cut anywhere."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from media_server.recording.matroska import Matroska, MuxFrame, StreamSpec

pytestmark = pytest.mark.unit

FRAMES = 20
WIDTH, HEIGHT = 160, 96
ENCODERS = {
    "h264": ("libx264", {"tune": "zerolatency", "preset": "ultrafast", "x264-params": "repeat-headers=1:annexb=1"}),
    "vp8": ("libvpx", {"deadline": "realtime", "lag-in-frames": "0"}),
    "vp9": ("libvpx-vp9", {"deadline": "realtime", "lag-in-frames": "0"}),
    "av1": ("libsvtav1", {"preset": "12", "svtav1-params": "pred-struct=1:lookahead=0"}),
}
SILENCE = b"\xf8\xff\xfe"


def encode(codec: str) -> list[tuple[bytes, bool]]:
    name, options = ENCODERS[codec]
    if name not in av.codecs_available:
        pytest.skip(f"this build of PyAV has no {name}")
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.options = Fraction(1, 30), Fraction(30), options
    packets = []
    for number in range(FRAMES):
        planes = np.full((HEIGHT * 3 // 2, WIDTH), number * 10, np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [(bytes(packet).removeprefix(b"\x12\x00"), bool(packet.is_keyframe)) for packet in packets]


def decoded(data: bytes) -> tuple[list[float], int]:
    """Times of the pictures, number of sound frames."""
    pictures, sounds = [], 0
    with av.open(io.BytesIO(data), mode="r") as container:
        for packet in container.demux():
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    pictures.append(frame.time or 0.0)
                else:
                    sounds += 1
    return pictures, sounds


@pytest.mark.parametrize("codec", ENCODERS)
def test_each_codec_plays_again_at_the_times_given(codec: str) -> None:
    frames = encode(codec)
    muxer = Matroska((StreamSpec(codec, frames[0][0], WIDTH, HEIGHT), StreamSpec("opus", b"", 0, 0)))
    written = b""
    for number, (data, keyframe) in enumerate(frames):
        muxer.add(MuxFrame(0, 3_600_000 + 33 * number, data, keyframe))
        muxer.add(MuxFrame(1, 3_600_000 + 33 * number, SILENCE, True))
        written += muxer.take()
    before_end = written
    muxer.close()
    muxer.close()
    written += muxer.take()
    pictures, sounds = decoded(written)
    assert pictures == [pytest.approx(3600 + 0.033 * number, abs=1e-6) for number in range(FRAMES)]
    assert sounds == FRAMES
    assert 0 < len(decoded(before_end)[0]) <= FRAMES


def test_times_that_do_not_increase_are_moved_behind_the_last() -> None:
    frames = encode("h264")
    muxer = Matroska((StreamSpec("h264", frames[0][0], WIDTH, HEIGHT),))
    for pts_ms, (data, keyframe) in zip((10, 10, 9, 50), frames[:4], strict=True):
        muxer.add(MuxFrame(0, pts_ms, data, keyframe))
    muxer.close()
    assert decoded(muxer.take())[0] == [pytest.approx(t) for t in (0.010, 0.011, 0.012, 0.050)]


def test_a_first_picture_larger_than_any_camera_makes_is_not_decoded() -> None:
    """3 kB of VP9 can be a picture for which a decoder takes gigabytes."""
    encoder = av.CodecContext.create("libvpx-vp9", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 4096, 2320, "yuv420p", Fraction(1, 30)
    frame = av.VideoFrame(4096, 2320, "yuv420p")
    frame.pts = 0
    large = bytes([*encoder.encode(frame), *encoder.encode(None)][0])
    with pytest.raises(av.FFmpegError):  # noqa: PT012
        muxer = Matroska((StreamSpec("vp9", large, 4096, 2320),))
        muxer.add(MuxFrame(0, 0, large, True))
        muxer.close()


@pytest.mark.parametrize("codec", ["h264", "vp8", "vp9", "av1"])
def test_a_first_frame_that_is_garbage_is_refused(codec: str) -> None:
    with pytest.raises((av.FFmpegError, ValueError)):  # noqa: PT012
        muxer = Matroska((StreamSpec(codec, b"\x00garbage", 0, 0),))
        muxer.add(MuxFrame(0, 0, b"\x00garbage", True))
        muxer.close()
