"""Keyframes of a made camera as RTP: real encoders (libx264, libvpx), a real payload format, no network."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

import av
from av.video.frame import PictureType

from media_server.ports import Kind, PublicationInfo, Source
from yunting.bench.heads.model import Picture
from yunting.bench.record_source import MTU_PAYLOAD, h264_payloads, rtp_packet

Codec = Literal["h264", "vp8"]
_FPS = 15
_BITRATE_BPS = 600_000


class KeyframeCamera:
    """One publication. `packets` encodes a picture as a keyframe, as a browser does when one is asked for."""

    def __init__(self, participant: str, codec: Codec, ssrc: int) -> None:
        self.info = PublicationInfo(f"{participant}-camera", participant, Kind.VIDEO, Source.CAMERA, codec)
        self.ssrc = ssrc
        self.bytes = 0
        """Sent so far."""
        self._codec = codec
        self._encoder: av.VideoCodecContext | None = None
        self._sequence = 0
        self._frames = 0

    def packets(self, picture: Picture, time_ms: int) -> Iterator[bytes]:
        """The picture's RTP packets. Its size must not change."""
        self._encoder = self._encoder or _encoder(self._codec, picture.shape[1], picture.shape[0])
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        self._frames += 1
        frame.pts, frame.time_base = self._frames, Fraction(1, _FPS)
        frame.pict_type = PictureType.I
        for unit in self._encoder.encode(frame):
            data = bytes(unit)
            self.bytes += len(data)
            payloads = list(h264_payloads(data) if self._codec == "h264" else vp8_payloads(data))
            for number, payload in enumerate(payloads):
                self._sequence = (self._sequence + 1) & 0xFFFF
                marker = number == len(payloads) - 1
                yield rtp_packet(102, self._sequence, time_ms * 90 & 0xFFFFFFFF, self.ssrc, payload, marker=marker)


def vp8_payloads(frame: bytes) -> Iterator[bytes]:
    """RFC 7741 4.2 with the one-byte descriptor."""
    for at in range(0, len(frame), MTU_PAYLOAD):
        yield (b"\x00" if at else b"\x10") + frame[at : at + MTU_PAYLOAD]


def _encoder(codec: Codec, width: int, height: int) -> av.VideoCodecContext:
    encoder = av.CodecContext.create("libx264" if codec == "h264" else "libvpx", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, _FPS), Fraction(_FPS)
    encoder.thread_count = 1
    if codec == "h264":
        rate = "crf=30:keyint=infinite:scenecut=0:repeat-headers=1:annexb=1:vbv-maxrate=1500:vbv-bufsize=300"
        encoder.options = {
            "tune": "zerolatency", "preset": "veryfast", "profile": "baseline", "forced-idr": "1", "x264-params": rate
        }  # fmt: skip
    else:
        encoder.bit_rate = _BITRATE_BPS
        encoder.options = {"deadline": "realtime", "cpu-used": "6", "lag-in-frames": "0", "error-resilient": "1"}
    return encoder
