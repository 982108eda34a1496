"""Layers of a VP9 picture become one frame: what is marked as not shown is still decoded, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.vp9_layers import LayeredPictures

pytestmark = pytest.mark.unit


def moving_picture(width: int, height: int, at: int) -> av.VideoFrame:
    """A pattern with edges that moves by a few pixels from one to the next."""
    down, across = np.mgrid[0:height, 0:width]
    picture = np.stack([(across + 7 * at) * 3, (down + 5 * at) * 2, across * down // 64 + 3 * at], axis=2)
    return av.VideoFrame.from_ndarray((picture % 256).astype(np.uint8), format="rgb24")


def encoded(
    width: int, height: int, options: Mapping[str, str], pixels: str = "yuv420p", count: int = 6
) -> list[bytes]:
    """Frames of libvpx, one by one, the first a keyframe."""
    coder = av.CodecContext.create("libvpx-vp9", "w")
    assert isinstance(coder, av.VideoCodecContext)
    coder.width, coder.height, coder.pix_fmt = width, height, pixels
    coder.time_base, coder.bit_rate = Fraction(1, 15), 400_000
    coder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", **options}
    frames = [
        packet
        for at in range(count)
        for packet in coder.encode(moving_picture(width, height, at).reformat(format=pixels))
    ]
    frames += coder.encode(None)
    return [bytes(packet) for packet in frames]


def decoded(frames: list[bytes]) -> Iterator[tuple[int, bytes]]:
    """Width and pixels of everything that FFmpeg shows."""
    coder = av.CodecContext.create("vp9", "r")
    assert isinstance(coder, av.VideoCodecContext)
    for data in [*frames, None]:
        for picture in coder.decode(None if data is None else av.Packet(data)):
            yield picture.width, picture.to_ndarray().tobytes()


@pytest.mark.parametrize(
    ("width", "height", "options", "pixels"),
    [
        (320, 180, {}, "yuv420p"),
        (320, 180, {"error-resilient": "1"}, "yuv420p"),
        (1280, 720, {"tile-columns": "2", "frame-parallel": "1", "error-resilient": "1"}, "yuv420p"),
        (640, 360, {"aq-mode": "3", "error-resilient": "1"}, "yuv420p"),
        (336, 190, {"error-resilient": "1", "profile": "1"}, "yuv444p"),
    ],
)
def test_a_picture_of_two_frames_shows_the_second_and_decodes_both(
    width: int, height: int, options: dict[str, str], pixels: str
) -> None:
    frames = encoded(width, height, options, pixels)
    shown = [picture for _, picture in decoded(frames)]
    assert len(shown) == len(frames) == 6
    pictures = LayeredPictures()
    pairs = [pictures.join(frames[at : at + 2]) for at in range(0, 6, 2)]
    assert [size for _, size in pairs] == [(width, height)] * 3
    # Without resilience a shown frame of the same size is needed to predict motion: that one stays as it is.
    kept = slice(1, None, 2) if "error-resilient" in options else slice(None)
    assert [picture for _, picture in decoded([data for data, _ in pairs])] == shown[kept]


def test_layers_of_different_sizes_are_shown_in_the_highest() -> None:
    """Two streams whose keyframes refresh everything: no prediction between the sizes, but a change of size."""
    small, large = (encoded(width, width * 9 // 16, {"error-resilient": "1"}, count=1) for width in (320, 640))
    data, size = LayeredPictures().join([*small, *large])
    assert size == (640, 360)
    assert [width for width, _ in decoded([data])] == [640]
    assert [width for width, _ in decoded([b"".join([*small, *large])])] == [320], "why the index is needed"


def test_one_layer_is_left_as_it_is() -> None:
    frames = encoded(320, 180, {"error-resilient": "1"}, count=3)
    pictures = LayeredPictures()
    assert [pictures.join([frame]) for frame in frames] == [(frame, (320, 180)) for frame in frames]


def test_without_its_keyframe_a_layer_stays_shown() -> None:
    _, second, third = encoded(320, 180, {"error-resilient": "1"}, count=3)
    data, size = LayeredPictures().join([second, third])
    assert size is None
    assert data.startswith(second + third)


@given(st.lists(st.binary(max_size=60), max_size=10), st.lists(st.binary(max_size=60), max_size=3))
def test_no_bytes_break_it_and_none_is_lost(first: list[bytes], second: list[bytes]) -> None:
    pictures = LayeredPictures()
    for layers in (first, second):
        data, _ = pictures.join(layers)
        assert len(data) >= sum(map(len, layers))
