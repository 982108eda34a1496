"""Keyframes, frames and sizes of real encoders' output (PyAV), packetized by aiortc; garbage never raises."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from hypothesis import given
from hypothesis import strategies as st

from media_server.payloads import Depacketizer, Frame, depacketizer, is_keyframe

pytestmark = pytest.mark.unit

CODECS = ["opus", "h264", "vp8", "vp9", "av1"]


def picture(index: int, width: int = 322, height: int = 242) -> av.VideoFrame:
    noise = np.random.default_rng(index).integers(0, 255, (height, width, 3), np.uint8)
    frame = av.VideoFrame.from_ndarray(noise, format="rgb24").reformat(format="yuv420p")
    frame.pts, frame.time_base = index * 3000, Fraction(1, 90_000)
    return frame


def gather(made: Depacketizer, packets: list[bytes], timestamp: int) -> Frame:
    frames = [
        frame
        for index, packet in enumerate(packets)
        if (frame := made.push(packet, index == len(packets) - 1, timestamp)) is not None
    ]
    assert len(frames) == 1
    return frames[0]


@pytest.mark.parametrize(("codec", "encoder"), [("h264", H264Encoder), ("vp8", Vp8Encoder)])
def test_a_coded_stream_comes_out_decodable(codec: str, encoder: type) -> None:
    encode = encoder()
    made = depacketizer(codec)
    decode = av.CodecContext.create(codec, "r")
    shown = 0
    for index in range(5):
        packets, _ = encode.encode(picture(index), force_keyframe=index in (0, 3))
        assert len(packets) > 1
        frame = gather(made, packets, index * 3000)
        assert frame.keyframe == (index in (0, 3))
        assert is_keyframe(codec, packets[0]) == frame.keyframe
        if frame.keyframe:
            assert (frame.width, frame.height) == (322, 242)
        shown += len(decode.decode(av.Packet(frame.data)))
    assert shown >= 4


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_a_frame_with_a_hole_is_not_given(codec: str) -> None:
    encode = {"h264": H264Encoder, "vp8": Vp8Encoder}[codec]()
    packets, _ = encode.encode(picture(0), force_keyframe=True)
    made = depacketizer(codec)
    assert made.push(packets[0], False, 0) is None
    made.reset()
    assert all(made.push(packet, index == len(packets) - 1, 0) is None for index, packet in enumerate(packets[2:], 3))
    whole, _ = encode.encode(picture(1), force_keyframe=True)
    assert gather(made, whole, 3000).keyframe


def test_a_new_timestamp_drops_what_had_no_marker() -> None:
    made = depacketizer("opus")
    assert made.push(b"abc", True, 960) == Frame(b"abc", 960, True, None, None)
    video = depacketizer("vp8")
    packets, _ = Vp8Encoder().encode(picture(0), force_keyframe=True)
    video.push(packets[0], False, 0)
    assert gather(video, packets, 3000).timestamp == 3000


def test_h264_aggregates_and_single_units() -> None:
    made = depacketizer("h264")
    sps, pps, idr = b"\x67\x42\xe0\x1f\xda", b"\x68\xce", b"\x65\x88\x84"
    stap = b"\x78" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in (sps, pps))
    assert is_keyframe("h264", stap)
    assert made.push(stap, False, 0) is None
    frame = made.push(idr, True, 0)
    assert frame is not None
    assert frame.data == b"".join(b"\x00\x00\x00\x01" + unit for unit in (sps, pps, idr))
    assert frame.keyframe
    delta = made.push(b"\x41\x9a", True, 3000)
    assert delta is not None
    assert not delta.keyframe


def test_av1_obus_get_their_sizes() -> None:
    made = depacketizer("av1")
    # N bit, W=2: a sequence header (reduced, 320x240) and the beginning of a frame that goes on in the next packet.
    sequence = bytes((0x08, 0b00011000, 0b00001000, 0b00010011, 0b11110011, 0b10111100))
    first = bytes((0x68, len(sequence))) + sequence + b"\x30abc"
    assert is_keyframe("av1", first)
    assert made.push(first, False, 0) is None
    frame = made.push(b"\x90def", True, 0)
    assert frame is not None
    assert frame.data == bytes((0x0A, len(sequence) - 1)) + sequence[1:] + b"\x32\x06abcdef"
    assert frame.keyframe


@pytest.mark.parametrize(("codec", "library"), [("vp9", "libvpx-vp9"), ("av1", "libsvtav1")])
def test_sizes_of_the_younger_codecs(codec: str, library: str) -> None:
    encoder = av.CodecContext.create(library, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 322, 242, "yuv420p"
    encoder.time_base = Fraction(1, 30)
    encoder.options = {"preset": "12"} if codec == "av1" else {"deadline": "realtime", "lag-in-frames": "0"}
    packets = [bytes(packet) for index in range(3) for packet in encoder.encode(picture(index))]
    packets += [bytes(packet) for packet in encoder.encode(None)]
    if codec == "vp9":
        payload = b"\x0c" + packets[0]
    else:
        units = list(_obus(packets[0]))
        payload = b"\x08" + b"".join(_leb128(len(unit)) + unit for unit in units if unit[0] >> 3 & 15 != 2)
    frame = depacketizer(codec).push(payload, True, 0)
    assert frame is not None
    assert frame.keyframe
    assert (frame.width, frame.height) == (322, 242)
    assert (
        len(av.CodecContext.create("libdav1d" if codec == "av1" else codec, "r").decode(av.Packet(frame.data))) <= 1
    )


def _leb128(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def _obus(data: bytes) -> list[bytes]:
    """OBUs of a low-overhead stream, without their size fields."""
    units, at = [], 0
    while at < len(data):
        header, at = data[at], at + 1
        assert header & 2
        assert not header & 4
        size = shift = 0
        while True:
            byte, at = data[at], at + 1
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        units.append(bytes((header & ~2,)) + data[at : at + size])
        at += size
    return units


@given(
    st.sampled_from(CODECS),
    st.lists(st.tuples(st.binary(max_size=60), st.booleans(), st.integers(0, 3)), max_size=20),
)
def test_garbage_raises_nothing(codec: str, payloads: list[tuple[bytes, bool, int]]) -> None:
    made = depacketizer(codec)
    for payload, marker, timestamp in payloads:
        is_keyframe(codec, memoryview(payload))
        made.push(memoryview(payload), marker, timestamp)


def test_an_unknown_codec_has_no_keyframes() -> None:
    assert not is_keyframe("h265", b"\x26\x01")
