"""Muxes frames as they are into Matroska, into memory, without decoder or encoder.

The bytes come out append-only (nothing seeks back), in clusters of at most `CLUSTER_MS`, so whatever prefix of a
file reached the disk plays. PyAV lets a stream be made from an input's: tiny inputs in memory stand in for one,
an Opus head in Ogg, a keyframe in IVF or Annex B.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from fractions import Fraction

import av
import av.container

from media_server.sampler import MAX_PIXELS

CLUSTER_MS = 200
_MS = Fraction(1, 1000)
_FOURCC = {"vp8": b"VP80", "vp9": b"VP90", "av1": b"AV01"}
_AV1_TEMPORAL_DELIMITER = b"\x12\x00"
_OPUS_SILENCE = b"\xf8\xff\xfe"
# A stand-in's first picture is decoded once to learn of it.
_PROBING = {"max_pixels": str(MAX_PIXELS)}


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """One stream of a file. For video `first` is its first keyframe, `width` and `height` in pixels."""

    codec: str
    first: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class MuxFrame:
    """A frame for stream number `stream` at `pts_ms` of the session."""

    stream: int
    pts_ms: int
    data: bytes
    keyframe: bool


class Matroska:
    """One file in the making. Raises av.FFmpegError when libavformat refuses a stream or frame, or a VP9 picture is
    larger than `MAX_PIXELS`; of other codecs one so large is recorded unseen.

    Presentation times within a stream must increase; a frame that does not is moved 1 ms behind the last one."""

    def __init__(self, specs: tuple[StreamSpec, ...]) -> None:
        self._sink = _Sink()
        self._output: av.container.OutputContainer = av.open(
            self._sink,
            "w",
            format="matroska",
            options={
                "flush_packets": "1",
                "cluster_time_limit": str(CLUSTER_MS),
                "max_interleave_delta": "1",
                "live": "1",
            },
        )
        self._inputs = [_template(spec) for spec in specs]
        self._streams = []
        for template in self._inputs:
            stream = self._output.add_stream_from_template(template.streams[0], opaque=True)
            stream.time_base = _MS
            self._streams.append(stream)
        self._last_ms = [-1] * len(specs)

    def add(self, frame: MuxFrame) -> None:
        """Mux one frame; bytes appear in `take` when its cluster is complete."""
        pts_ms = max(frame.pts_ms, self._last_ms[frame.stream] + 1)
        self._last_ms[frame.stream] = pts_ms
        packet = av.Packet(frame.data)
        packet.stream = self._streams[frame.stream]
        packet.time_base = _MS
        packet.pts = packet.dts = pts_ms
        packet.is_keyframe = frame.keyframe
        self._output.mux_one(packet)

    def pending(self) -> int:
        """Bytes that wait to be taken."""
        return len(self._sink.data)

    def take(self) -> bytes:
        """The bytes muxed since the last call, to be appended to the file."""
        data = bytes(self._sink.data)
        self._sink.data.clear()
        return data

    def close(self) -> None:
        """Complete the last cluster; `take` once more afterwards. Idempotent."""
        self._output.close()
        for template in self._inputs:
            template.close()


class _Sink:
    """What libavformat writes to: it can neither seek nor fail."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)


def _template(spec: StreamSpec) -> av.container.InputContainer:
    if spec.codec == "opus":
        return av.open(io.BytesIO(_ogg_opus()), mode="r", format="ogg")
    if spec.codec == "h264":
        return av.open(io.BytesIO(spec.first), mode="r", format="h264", options=_PROBING)
    first = _AV1_TEMPORAL_DELIMITER + spec.first if spec.codec == "av1" else spec.first
    file = io.BytesIO(_ivf(_FOURCC[spec.codec], spec.width, spec.height, first))
    return av.open(file, mode="r", format="ivf", options=_PROBING)


def _ivf(fourcc: bytes, width: int, height: int, frame: bytes) -> bytes:
    head = struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, fourcc, width, height, 90_000, 1, 1, 0)
    return head + struct.pack("<IQ", len(frame), 0) + frame


def _ogg_opus() -> bytes:
    """Three Ogg pages (RFC 3533, RFC 7845): head, tags, one silent frame. Pre-skip 0: a stream joined at any time."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 0, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<II", 0, 0)
    return _page(2, 0, head, 0) + _page(0, 1, tags, 0) + _page(4, 2, _OPUS_SILENCE, 960)


def _page(flags: int, number: int, payload: bytes, granule: int) -> bytes:
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, 1, number, 0, 1)
    page = bytearray(head + bytes([len(payload)]) + payload)
    struct.pack_into("<I", page, 22, _ogg_crc(page))
    return bytes(page)


def _ogg_crc(data: bytes | bytearray) -> int:
    """CRC-32 of RFC 3533: polynomial 0x04c11db7, not reflected, starts at 0."""
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = ((crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc
