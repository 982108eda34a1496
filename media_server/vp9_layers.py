"""The spatial layers of a VP9 picture as one frame that any decoder shows once, in its full size.

A sender marks each layer as shown: libvpx gives only the last of a superframe, others (FFmpeg) every one, or without
the superframe's index only the first. So the lower ones are marked as not shown here, and an index is added (VP9
bitstream and decoding process specification, 6.2 and annex B). Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from media_server.bitstreams import Bits

_MAX_FRAMES = 8
_SYNC = 0x498342
_RGB = 7
_FEATURES = ((8, True), (6, True), (2, False), (0, False))
"""Bits of each segmentation feature, and whether a sign follows."""

Size = tuple[int, int]


class _Header(NamedTuple):
    """What of an uncompressed header is needed to mark its frame as not shown."""

    end: int
    """Bits."""
    show_at: int
    shown: bool
    key: bool
    resilient: bool
    size: Size
    refresh: int
    """Reference slots that the frame goes into, a bit each."""


class LayeredPictures:
    """Of one stream. Remembers the sizes of the reference frames, without which no header can be read to its end."""

    def __init__(self) -> None:
        self._sizes: list[Size | None] = [None] * 8

    def join(self, layers: Sequence[bytes]) -> tuple[bytes, Size | None]:
        """The layers of one picture, lowest first, in one frame; and its size in pixels, None when it cannot be read.

        A layer whose header cannot be read (its reference was lost) stays as it is."""
        layers = [layer for layer in layers if layer]
        headers = [self._note(layer) for layer in layers]
        size = headers[-1].size if headers and headers[-1] else None
        if len(layers) < 2 or len(layers) > _MAX_FRAMES:
            return b"".join(layers), size
        joined = [
            _hidden(layer, header) if header and _may_be_hidden(header, following) else layer
            for layer, header, following in zip(layers, headers, headers[1:], strict=False)
        ]
        joined.append(layers[-1])
        return b"".join(joined) + _index([len(layer) for layer in joined]), size

    def _note(self, frame: bytes) -> _Header | None:
        try:
            header = _read(frame, self._sizes)
        except IndexError:
            header = None
        if header is not None:
            for slot in range(8):
                if header.refresh >> slot & 1:
                    self._sizes[slot] = header.size
        return header


def _may_be_hidden(header: _Header, following: _Header | None) -> bool:
    """Motion vectors of the frame before are used only if that was shown and of the same size."""
    return header.shown and following is not None and (following.resilient or following.size != header.size)


def _hidden(frame: bytes, header: _Header) -> bytes:
    length = (header.end + 7) // 8
    bits = bin(int.from_bytes(frame[:length], "big"))[2:].zfill(8 * length)[: header.end]
    # What is not shown and no keyframe says whether it is intra only: it is not.
    says = "" if header.key else "0"
    rest_at = header.show_at + 2
    bits = bits[: header.show_at] + "0" + bits[header.show_at + 1 : rest_at] + says + bits[rest_at:]
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big") + frame[length:]


def _index(lengths: Sequence[int]) -> bytes:
    width = (max(lengths).bit_length() + 7) // 8
    marker = bytes((0xC0 | (width - 1) << 3 | len(lengths) - 1,))
    return marker + b"".join(length.to_bytes(width, "little") for length in lengths) + marker


def _read(frame: bytes, sizes: Sequence[Size | None]) -> _Header | None:
    """IndexError when it is cut short; None when it is no frame of its own or its size is not known."""
    bits = Bits(frame)
    if bits.take(2) != 2:
        return None
    profile = bits.take(1) | bits.take(1) << 1
    if profile == 3:
        bits.take(1)
    if bits.take(1):
        return None
    key = not bits.take(1)
    show_at = bits.at
    shown, resilient = bool(bits.take(1)), bool(bits.take(1))
    size: Size | None
    refresh = 0xFF
    if key:
        if bits.take(24) != _SYNC:
            return None
        _skip_colors(bits, profile)
        size = _take_size(bits)
        _skip_render_size(bits)
    else:
        intra = not shown and bool(bits.take(1))
        bits.take(0 if resilient else 2)
        if intra:
            if bits.take(24) != _SYNC:
                return None
            if profile > 0:
                _skip_colors(bits, profile)
        refresh = bits.take(8)
        size = _take_size(bits) if intra else _size_by_references(bits, sizes)
        _skip_render_size(bits)
        if not intra:
            bits.take(1)
            bits.take(0 if bits.take(1) else 2)
    if size is None:
        return None
    bits.take(2 if resilient else 4)
    _skip_filter_and_quantizer(bits)
    _skip_segmentation(bits)
    _skip_tiles(bits, size[0])
    bits.take(16)
    return _Header(bits.at, show_at, shown, key, resilient, size, refresh)


def _skip_colors(bits: Bits, profile: int) -> None:
    subsampled = profile & 1
    if profile >= 2:
        bits.take(1)
    if bits.take(3) != _RGB:
        bits.take(4 if subsampled else 1)
    elif subsampled:
        bits.take(1)


def _take_size(bits: Bits) -> Size:
    return bits.take(16) + 1, bits.take(16) + 1


def _size_by_references(bits: Bits, sizes: Sequence[Size | None]) -> Size | None:
    slots = [bits.take(4) >> 1 for _ in range(3)]
    for slot in slots:
        if bits.take(1):
            return sizes[slot]
    return _take_size(bits)


def _skip_render_size(bits: Bits) -> None:
    bits.take(32 if bits.take(1) else 0)


def _skip_filter_and_quantizer(bits: Bits) -> None:
    bits.take(9)
    if bits.take(1) and bits.take(1):
        for _ in range(6):
            bits.take(7 if bits.take(1) else 0)
    bits.take(8)
    for _ in range(3):
        bits.take(5 if bits.take(1) else 0)


def _skip_segmentation(bits: Bits) -> None:
    if not bits.take(1):
        return
    if bits.take(1):
        for _ in range(7):
            bits.take(8 if bits.take(1) else 0)
        if bits.take(1):
            for _ in range(3):
                bits.take(8 if bits.take(1) else 0)
    if bits.take(1):
        bits.take(1)
        for _ in range(8):
            for width, signed in _FEATURES:
                if bits.take(1):
                    bits.take(width + signed)


def _skip_tiles(bits: Bits, width_px: int) -> None:
    blocks = (width_px + 63) // 64
    least = 0
    while 64 << least < blocks:
        least += 1
    most = 1
    while blocks >> most >= 4:
        most += 1
    while least < most - 1 and bits.take(1):
        least += 1
    if bits.take(1):
        bits.take(1)
