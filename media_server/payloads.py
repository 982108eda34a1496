"""What an RTP payload holds, without decoding it: is it a keyframe, and how its packets make one frame.

`is_keyframe` is asked for every video packet. The depacketizers serve those who keep frames (recorder, taps).
All of them are pure and never raise for what a peer sends: garbage is no keyframe and gives no frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from media_server.bitstreams import av1_size, h264_size, vp8_size, vp9_size
from media_server.vp9_layers import LayeredPictures

Buffer = bytes | memoryview

MAX_FRAME_BYTES = 4 << 20
"""A frame that grows over this is dropped: a keyframe of 4K screen content stays well below."""

_START_CODE = b"\x00\x00\x00\x01"
_H264_IDR, _H264_SPS, _H264_STAP_A, _H264_FU_A = 5, 7, 24, 28
_OBU_SEQUENCE_HEADER, _OBU_TEMPORAL_DELIMITER, _OBU_TILE_LIST = 1, 2, 8


def is_keyframe(codec: str, payload: Buffer) -> bool:
    """Whether this packet begins something a decoder can start with; for audio always. Unknown codec: False."""
    if codec == "opus":
        return True
    try:
        if codec == "vp8":
            start = _vp8_header_bytes(payload)
            return bool(payload[0] & 0x10) and not payload[0] & 0x07 and not payload[start] & 0x01
        if codec == "h264":
            return _h264_starts(payload)
        if codec == "vp9":
            _, begins, predicted, spatial = _vp9_descriptor(payload)
            return begins and not predicted and spatial == 0
        if codec == "av1":
            return bool(payload[0] & 0x08)
    except IndexError:
        pass
    return False


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole frame: an Opus packet, an H264 access unit (Annex B), a VP8 or VP9 frame (VP9: a superframe where
    there are spatial layers), an AV1 temporal unit (OBUs with size fields, without temporal delimiter).

    `width` and `height` in pixels, of the highest layer, are known on keyframes of video, else None."""

    data: bytes
    timestamp: int
    keyframe: bool
    width: int | None
    height: int | None


class Depacketizer(Protocol):
    """Makes frames from the payloads of one stream, given in order of sequence number."""

    def push(self, payload: Buffer, marker: bool, timestamp: int) -> Frame | None:
        """Take one payload; return the frame it completes. A new timestamp before the marker drops the old frame."""

    def reset(self) -> None:
        """Forget the frame in progress: to be called when a sequence number is missing. Idempotent."""


def depacketizer(codec: str) -> Depacketizer:
    """A new one for this codec (lower case). KeyError names a codec we do not know."""
    kinds: dict[str, type[Depacketizer]] = {"opus": Opus, "h264": H264, "vp8": Vp8, "vp9": Vp9, "av1": Av1}
    return kinds[codec]()


class Opus:
    """RFC 7587: a payload is a frame."""

    def push(self, payload: Buffer, marker: bool, timestamp: int) -> Frame | None:
        return Frame(bytes(payload), timestamp, True, None, None) if len(payload) else None

    def reset(self) -> None:
        """Nothing is kept between packets."""


class _Gathering:
    """Parts of one frame, until the marker. `_take` of a subclass returns False for a payload that spoils it."""

    def __init__(self) -> None:
        self._parts = bytearray()
        self._timestamp: int | None = None
        self._whole = False
        self._keyframe = False

    def reset(self) -> None:
        self._parts.clear()
        self._whole = False
        self._keyframe = False

    def push(self, payload: Buffer, marker: bool, timestamp: int) -> Frame | None:
        if timestamp != self._timestamp:
            self.reset()
            self._timestamp, self._whole = timestamp, True
        try:
            taken = self._whole and self._take(payload)
        except IndexError:
            taken = False
        if not taken or len(self._parts) > MAX_FRAME_BYTES:
            self.reset()
            return None
        if not marker:
            return None
        data = self._finish()
        keyframe = self._keyframe
        self.reset()
        if not data:
            return None
        width, height = (self._size(data) if keyframe else None) or (None, None)
        return Frame(data, timestamp, keyframe, width, height)

    def _take(self, payload: Buffer) -> bool:
        raise NotImplementedError

    def _finish(self) -> bytes:
        return bytes(self._parts)

    def _size(self, data: bytes) -> tuple[int, int] | None:
        raise NotImplementedError


class H264(_Gathering):
    """RFC 6184, packetization modes 0 and 1: single NAL units, STAP-A, FU-A -> Annex B access units."""

    def __init__(self) -> None:
        super().__init__()
        self._in_fragment = False
        self._sps: bytes | None = None

    def reset(self) -> None:
        super().reset()
        self._in_fragment = False

    def _take(self, payload: Buffer) -> bool:
        kind = payload[0] & 0x1F
        if kind == _H264_FU_A:
            return self._fragment(payload)
        if self._in_fragment:
            return False
        if kind == _H264_STAP_A:
            for unit in _aggregated(payload):
                self._unit(unit)
            return True
        if 1 <= kind <= 23:
            self._unit(bytes(payload))
            return True
        return False

    def _fragment(self, payload: Buffer) -> bool:
        start, end = payload[1] & 0x80, payload[1] & 0x40
        if bool(start) == self._in_fragment:
            return False
        if start:
            self._note(payload[1] & 0x1F)
            self._parts += _START_CODE
            self._parts.append((payload[0] & 0xE0) | (payload[1] & 0x1F))
        self._parts += payload[2:]
        self._in_fragment = not end
        return True

    def _unit(self, unit: bytes) -> None:
        self._note(unit[0] & 0x1F)
        if unit[0] & 0x1F == _H264_SPS:
            self._sps = unit
        self._parts += _START_CODE
        self._parts += unit

    def _note(self, kind: int) -> None:
        self._keyframe |= kind == _H264_IDR

    def _finish(self) -> bytes:
        return b"" if self._in_fragment else bytes(self._parts)

    def _size(self, data: bytes) -> tuple[int, int] | None:
        return h264_size(self._sps) if self._sps else None


class Vp8(_Gathering):
    """RFC 7741."""

    def _take(self, payload: Buffer) -> bool:
        start = _vp8_header_bytes(payload)
        begins = bool(payload[0] & 0x10) and not payload[0] & 0x07
        if not self._parts:
            if not begins:
                return False
            self._keyframe = not payload[start] & 0x01
        self._parts += payload[start:]
        return True

    def _size(self, data: bytes) -> tuple[int, int] | None:
        return vp8_size(data)


class Vp9(_Gathering):
    """RFC 9628. Spatial layers of one picture become one superframe that is shown once (`vp9_layers.py`)."""

    def __init__(self) -> None:
        super().__init__()
        self._begins: list[int] = []
        """Where each layer begins."""
        self._pictures: LayeredPictures | None = None
        """None while the stream does not tell layers."""
        self._shown: tuple[int, int] | None = None

    def reset(self) -> None:
        super().reset()
        self._begins.clear()

    def _take(self, payload: Buffer) -> bool:
        start, begins, predicted, spatial = _vp9_descriptor(payload)
        if not self._parts:
            if not begins:
                return False
            self._keyframe = not predicted and spatial == 0
        if begins:
            self._begins.append(len(self._parts))
        if payload[0] & 0x20 and self._pictures is None:
            self._pictures = LayeredPictures()
        self._parts += payload[start:]
        return True

    def _finish(self) -> bytes:
        whole = bytes(self._parts)
        if self._pictures is None:
            self._shown = vp9_size(whole)
            return whole
        ends = [*self._begins[1:], len(whole)]
        layers = [whole[begin:end] for begin, end in zip(self._begins, ends, strict=True)]
        data, self._shown = self._pictures.join(layers)
        return data

    def _size(self, data: bytes) -> tuple[int, int] | None:
        return self._shown


class Av1(_Gathering):
    """AV1 RTP payload format v1.0: OBU elements -> low-overhead bitstream."""

    def __init__(self) -> None:
        super().__init__()
        self._open = bytearray()
        self._sequence_header: bytes | None = None

    def reset(self) -> None:
        super().reset()
        self._open.clear()

    def _take(self, payload: Buffer) -> bool:
        header = payload[0]
        continued, unfinished, count = header & 0x80, header & 0x40, (header >> 4) & 3
        if bool(continued) != bool(self._open):
            return False
        if header & 0x08:
            self._keyframe = True
        elements = _obu_elements(payload, count)
        for index, element in enumerate(elements):
            self._open += element
            if index == len(elements) - 1 and unfinished:
                break
            self._close()
        return True

    def _close(self) -> None:
        unit = bytes(self._open)
        self._open.clear()
        kind = (unit[0] >> 3) & 0x0F
        if kind in (_OBU_TEMPORAL_DELIMITER, _OBU_TILE_LIST):
            return
        header_bytes = 2 if unit[0] & 0x04 else 1
        body = unit[header_bytes:]
        if unit[0] & 0x02:
            size, used = _leb128(body, 0)
            body = body[used : used + size]
        if kind == _OBU_SEQUENCE_HEADER:
            self._sequence_header = body
        self._parts.append(unit[0] | 0x02)
        self._parts += unit[1:header_bytes]
        self._parts += _to_leb128(len(body))
        self._parts += body

    def _finish(self) -> bytes:
        return b"" if self._open else bytes(self._parts)

    def _size(self, data: bytes) -> tuple[int, int] | None:
        return av1_size(self._sequence_header) if self._sequence_header else None


def _vp8_header_bytes(payload: Buffer) -> int:
    at = 1
    if payload[0] & 0x80:
        flags = payload[1]
        at = 2
        if flags & 0x80:
            at += 2 if payload[at] & 0x80 else 1
        if flags & 0x40:
            at += 1
        if flags & 0x30:
            at += 1
    return at


def _vp9_descriptor(payload: Buffer) -> tuple[int, bool, bool, int]:
    """Length of the descriptor, begins a frame, inter-predicted, spatial layer."""
    flags = payload[0]
    at, spatial = 1, 0
    if flags & 0x80:
        at += 2 if payload[at] & 0x80 else 1
    if flags & 0x20:
        spatial = (payload[at] >> 1) & 7
        at += 1 if flags & 0x10 else 2
    if flags & 0x10 and flags & 0x40:
        for _ in range(3):
            more = payload[at] & 1
            at += 1
            if not more:
                break
    if flags & 0x02:
        at += _vp9_structure_bytes(payload, at)
    return at, bool(flags & 0x08), bool(flags & 0x40), spatial


def _vp9_structure_bytes(payload: Buffer, start: int) -> int:
    flags = payload[start]
    at = start + 1
    if flags & 0x10:
        at += 4 * ((flags >> 5) + 1)
    if flags & 0x08:
        pictures = payload[at]
        at += 1
        for _ in range(pictures):
            at += 1 + ((payload[at] >> 2) & 3)
    return at - start


def _h264_starts(payload: Buffer) -> bool:
    kind = payload[0] & 0x1F
    if kind == _H264_FU_A:
        return bool(payload[1] & 0x80) and payload[1] & 0x1F in (_H264_IDR, _H264_SPS)
    if kind == _H264_STAP_A:
        return any(unit[0] & 0x1F in (_H264_IDR, _H264_SPS) for unit in _aggregated(payload))
    return kind in (_H264_IDR, _H264_SPS)


def _aggregated(payload: Buffer) -> list[bytes]:
    """NAL units of a STAP-A; what does not fit is left out."""
    units, at = [], 1
    while at + 2 < len(payload):
        size = (payload[at] << 8) | payload[at + 1]
        at += 2
        if not size or at + size > len(payload):
            break
        units.append(bytes(payload[at : at + size]))
        at += size
    return units


def _obu_elements(payload: Buffer, count: int) -> list[bytes]:
    """OBU elements of one packet; with a count W the last one has no length field. IndexError when cut short."""
    elements: list[bytes] = []
    at = 1
    while at < len(payload):
        if count and len(elements) == count - 1:
            size = len(payload) - at
        else:
            size, used = _leb128(payload, at)
            at += used
        if not size or at + size > len(payload):
            raise IndexError("OBU element over the packet's end")
        elements.append(bytes(payload[at : at + size]))
        at += size
    return elements


def _leb128(data: Buffer, start: int) -> tuple[int, int]:
    value = 0
    for index in range(8):
        byte = data[start + index]
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, index + 1
    raise IndexError("leb128 over 8 bytes")


def _to_leb128(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append((value & 0x7F) | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
