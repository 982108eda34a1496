"""Picture sizes from the headers of video bitstreams: just enough of each format, never a decoder.

Each function returns (width, height) in pixels, or None when the bytes do not say.
"""

from __future__ import annotations


class Bits:
    """Reads bits, most significant first; IndexError at the end."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self.at = at
        """Bits taken."""

    def take(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = (value << 1) | ((self._data[self.at >> 3] >> (7 - (self.at & 7))) & 1)
            self.at += 1
        return value

    def ue(self) -> int:
        """Exp-Golomb, unsigned (H.264 9.1); also AV1's uvlc."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise IndexError("exp-golomb over 32 bits")
        return (1 << zeros) - 1 + self.take(zeros)

    def se(self) -> int:
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def vp8_size(frame: bytes) -> tuple[int, int] | None:
    """From a keyframe (RFC 6386 9.1)."""
    if len(frame) < 10 or frame[0] & 1 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    return (frame[6] | frame[7] << 8) & 0x3FFF, (frame[8] | frame[9] << 8) & 0x3FFF


def vp9_size(frame: bytes) -> tuple[int, int] | None:
    """From the uncompressed header of a keyframe."""
    bits = Bits(frame)
    try:
        if bits.take(2) != 2:
            return None
        profile = bits.take(1) | bits.take(1) << 1
        if profile == 3:
            bits.take(1)
        shows_existing, not_key = bits.take(1), bits.take(1)
        bits.take(2)
        if shows_existing or not_key or bits.take(24) != 0x498342:
            return None
        if profile >= 2:
            bits.take(1)
        if bits.take(3) == 7:
            bits.take(1 if profile & 1 else 0)
        else:
            bits.take(4 if profile & 1 else 1)
        return bits.take(16) + 1, bits.take(16) + 1
    except IndexError:
        return None


def h264_size(sps: bytes) -> tuple[int, int] | None:
    """From a sequence parameter set NAL unit, with its header byte (H.264 7.3.2.1.1)."""
    bits = Bits(sps.replace(b"\x00\x00\x03", b"\x00\x00"), 8)
    try:
        profile = bits.take(8)
        bits.take(16)
        bits.ue()
        chroma = 1
        if profile in (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135):
            chroma = bits.ue()
            if chroma == 3:
                bits.take(1)
            bits.ue()
            bits.ue()
            bits.take(1)
            if bits.take(1):
                _skip_scaling_lists(bits, 12 if chroma == 3 else 8)
        bits.ue()
        order = bits.ue()
        if order == 0:
            bits.ue()
        elif order == 1:
            bits.take(1)
            bits.se()
            bits.se()
            for _ in range(min(bits.ue(), 255)):
                bits.se()
        bits.ue()
        bits.take(1)
        columns, rows = bits.ue() + 1, bits.ue() + 1
        frames_only = bits.take(1)
        if not frames_only:
            bits.take(1)
        bits.take(1)
        left = right = top = bottom = 0
        if bits.take(1):
            left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
    except IndexError:
        return None
    crop_x = 2 if chroma in (1, 2) else 1
    crop_y = (2 if chroma == 1 else 1) * (2 - frames_only)
    width = columns * 16 - crop_x * (left + right)
    height = rows * 16 * (2 - frames_only) - crop_y * (top + bottom)
    return (width, height) if 0 < width <= 16384 and 0 < height <= 16384 else None


def _skip_scaling_lists(bits: Bits, count: int) -> None:
    for index in range(count):
        if not bits.take(1):
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + bits.se()) % 256
            last = following or last


def av1_size(sequence_header: bytes) -> tuple[int, int] | None:
    """From the body of a sequence header OBU (AV1 5.5): the largest frame of the sequence."""
    bits = Bits(sequence_header)
    try:
        bits.take(4)
        if bits.take(1):
            bits.take(5)
        else:
            _skip_operating_points(bits)
        width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
        return bits.take(width_bits) + 1, bits.take(height_bits) + 1
    except IndexError:
        return None


def _skip_operating_points(bits: Bits) -> None:
    delay_bits = 0
    has_model = False
    if bits.take(1):
        bits.take(64)
        if bits.take(1):
            bits.ue()
        has_model = bool(bits.take(1))
        if has_model:
            delay_bits = bits.take(5) + 1
            bits.take(42)
    has_initial_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if has_model and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if has_initial_delay and bits.take(1):
            bits.take(4)
