"""FLAC files (RFC 9639) put together from pieces that were encoded apart.

A frame of a fixed block size carries its number and no other trace of where it stands. Here the numbers of a piece's
frames are rewritten for their place in the session: the two checksums are put right without looking at the samples.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt

RATE_HZ = 48_000
BLOCK = 4_000
"""Samples of a frame, all but the last of a file. At most 4608 (RFC 9639 7, the streamable subset)."""
_SYNC = b"\xff\xf8"
_PERIOD = 32_767
"""x to this power is 1 modulo the CRC-16's polynomial (x^16 + x^15 + x^2 + 1)."""


def encode(samples: npt.NDArray[np.int16], first_block: int) -> tuple[bytes, ...]:
    """Mono samples as the frames `first_block`, `first_block` + 1, ... of a file."""
    codec = av.CodecContext.create("flac", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = RATE_HZ, av.AudioLayout("mono"), av.AudioFormat("s16")
    codec.options = {"frame_size": str(BLOCK), "compression_level": "5"}
    frames: list[bytes] = []
    for start in range(0, len(samples), BLOCK):
        part = np.ascontiguousarray(samples[start : start + BLOCK]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
        frames += [bytes(packet) for packet in codec.encode(frame)]
    frames += [bytes(packet) for packet in codec.encode(None)]
    return tuple(renumbered(data, first_block + place) for place, data in enumerate(data for data in frames if data))


def silence(first_block: int, samples: int) -> Iterator[bytes]:
    """Frames of silence."""
    whole, rest = divmod(samples, BLOCK)
    for number in range(whole):
        yield renumbered(_silent(BLOCK), first_block + number)
    if rest:
        yield renumbered(_silent(rest), first_block + whole)


def head(samples: int, comment: Sequence[tuple[str, str]] = ()) -> bytes:
    """What stands before the first frame: STREAMINFO of a mono file of so many samples, and its tags. The MD5 of the
    samples is left out, as the format allows: the package has hashes of its own."""
    about = RATE_HZ << 44 | 0 << 41 | 15 << 36 | samples
    info = struct.pack(">HH", BLOCK, BLOCK) + bytes(6) + about.to_bytes(8, "big") + bytes(16)
    vendor = b"yunting"
    tags = [f"{name}={text}".encode() for name, text in comment]
    words = struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(tags))
    words += b"".join(struct.pack("<I", len(tag)) + tag for tag in tags)
    return b"fLaC" + _block(0, info, last=False) + _block(4, words, last=True)


def renumbered(frame: bytes, number: int) -> bytes:
    """The frame with another number. ValueError when it is none of a fixed block size."""
    if frame[:2] != _SYNC:
        raise ValueError("no FLAC frame of a fixed block size")
    coded = _coded_length(frame[4])
    # Behind the number stand block size and rate where their four bits say so.
    extra = {6: 1, 7: 2}.get(frame[2] >> 4, 0) + {12: 1, 13: 2, 14: 2}.get(frame[2] & 15, 0)
    end = 4 + coded + extra
    old = frame[: end + 1]
    plain = frame[:4] + _coded(number) + frame[4 + coded : end]
    new = plain + bytes([_crc8(plain)])
    body = frame[end + 1 : -2]
    changed = _crc16(old) ^ _crc16(new)
    (crc,) = struct.unpack(">H", frame[-2:])
    return new + body + struct.pack(">H", crc ^ _multiplied(changed, _powers()[8 * len(body) % _PERIOD]))


def _block(kind: int, data: bytes, *, last: bool) -> bytes:
    return bytes([last << 7 | kind]) + len(data).to_bytes(3, "big") + data


@functools.cache
def _silent(samples: int) -> bytes:
    return encode(np.zeros(samples, np.int16), 0)[0]


def _coded(number: int) -> bytes:
    """As UTF-8 codes characters, to 36 bits (RFC 9639 9.1.5)."""
    if number < 0x80:
        return bytes([number])
    length = next(n for n in range(2, 8) if number < 1 << (5 * n + 1))
    rest = [0x80 | number >> 6 * place & 0x3F for place in reversed(range(length - 1))]
    return bytes([(0xFF00 >> length) & 0xFF | number >> 6 * (length - 1), *rest])


def _coded_length(first: int) -> int:
    ones = next((place for place in range(8) if not first >> (7 - place) & 1), 8)
    return max(1, ones)


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = _TABLE_8[crc ^ byte]
    return crc


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ _TABLE_16[crc >> 8 ^ byte]
    return crc


def _table(bits: int, polynomial: int) -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte << bits - 8
        for _ in range(8):
            crc = crc << 1 ^ (polynomial if crc >> bits - 1 else 0)
            crc &= (1 << bits) - 1
        table.append(crc)
    return tuple(table)


_TABLE_8 = _table(8, 0x07)
_TABLE_16 = _table(16, 0x8005)


@functools.cache
def _powers() -> tuple[int, ...]:
    """x^n modulo the polynomial of the CRC-16."""
    powers = [1]
    for _ in range(_PERIOD - 1):
        power = powers[-1] << 1
        powers.append((power ^ 0x8005) & 0xFFFF if power >> 16 else power)
    return tuple(powers)


def _multiplied(one: int, other: int) -> int:
    """Product of polynomials modulo that of the CRC-16."""
    product = 0
    while other:
        if other & 1:
            product ^= one
        one = one << 1
        if one >> 16:
            one = (one ^ 0x8005) & 0xFFFF
        other >>= 1
    return product
