"""The mix brought to the loudness of EBU R 128 and encoded: one gain for the whole session, peaks held down.

The gain is a whole number of decibels, so that what was made while the session ran need not be made again for a
tenth of one. A piece is encoded with a second of sound before it, so that it follows on the piece before it as if
one encoder had made both; its packets begin a little before it, so that none needs the piece after it.
"""

from __future__ import annotations

import hashlib
from fractions import Fraction

import av
import msgspec
import numpy as np

from records.composite.piece_files import Packet
from records.composite.window import FORMAT
from records.media.loudness import true_peak
from records.media.tracks import RATE_HZ, Samples

TARGET_LUFS = -23.0
"""EBU R 128. Its tolerance of 0.5 LU is what rounding the gain takes at most."""
LEAST_DB, MOST_DB = -20, 30
BIT_RATE = 96_000
AAC_FRAME = 1024
LEAD = 48 * AAC_FRAME
_EARLY = 3 * AAC_FRAME
"""A packet reaches over two frames and the encoder looks one ahead."""
_BLOCK = RATE_HZ // 100
_CEILING = 0.79
"""-2 dB: R 128 allows -1 dBTP, the codec adds to peaks."""
_RELEASE_PER_BLOCK = 0.02


class Level(msgspec.Struct, frozen=True):
    """Packets of AAC, times in samples."""

    packets: tuple[Packet, ...]


def gain_db(loudness: float | None) -> int:
    """What brings this loudness (LUFS) to the target; 0 for silence."""
    if loudness is None:
        return 0
    return max(LEAST_DB, min(MOST_DB, round(TARGET_LUFS - loudness)))


def digest(gain: int, before: str, sound: str, *, last: bool) -> str:
    """What a piece is made from: the digests of the sound before it and of its own."""
    return hashlib.sha256(repr((FORMAT, av.__version__, gain, before, sound, last, BIT_RATE)).encode()).hexdigest()


def make(before: Samples, samples: Samples, from_sample: int, gain: int, *, last: bool) -> Level:
    """The piece that begins at `from_sample`. `before`: LEAD samples before it, none for the first."""
    if len(before) != (LEAD if from_sample else 0):
        raise ValueError(f"{len(before)} samples before a piece at {from_sample}")
    out = limited(np.concatenate([before, samples]) * np.float32(10 ** (gain / 20)))
    start = from_sample - len(before)
    wanted = range(from_sample - _EARLY if from_sample else -AAC_FRAME, from_sample + len(samples) + AAC_FRAME)
    if not last:
        wanted = range(wanted.start, from_sample + len(samples) - _EARLY)
    packets = []
    codec = encoder()
    frame = av.AudioFrame.from_ndarray(out.reshape(1, -1), format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, 0, Fraction(1, RATE_HZ)
    fifo = av.AudioFifo()
    fifo.write(frame)
    parts = [*fifo.read_many(AAC_FRAME), fifo.read(0, partial=True) if len(out) % AAC_FRAME else None]
    for part in [*[part for part in parts if part is not None], None]:
        for packet in codec.encode(part):
            if packet.pts is not None and packet.size and packet.pts + start in wanted:
                packets.append(Packet(packet.pts + start, True, bytes(packet)))
    return Level(tuple(packets))


def encoder() -> av.AudioCodecContext:
    """As every piece is encoded."""
    codec = av.CodecContext.create("aac", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = RATE_HZ, av.AudioLayout("mono"), av.AudioFormat("fltp")
    codec.bit_rate = BIT_RATE
    codec.time_base = Fraction(1, RATE_HZ)
    codec.thread_count = 1
    return codec


def limited(samples: Samples) -> Samples:
    """Turned down where a converter's output would come near full scale, in blocks of 10 ms with ramps, a block
    ahead; back in half a second."""
    blocks = -(-len(samples) // _BLOCK)
    padded = np.zeros(blocks * _BLOCK, np.float32)
    padded[: len(samples)] = samples
    peaks = true_peak(padded).reshape(-1, _BLOCK).max(axis=1)
    if not (peaks > _CEILING).any():
        return samples
    needed = np.minimum(1.0, _CEILING / np.maximum(peaks, 1e-9))
    # At the border of two blocks the gain suits both, so that the ramp between borders suits each.
    borders = np.minimum(np.concatenate([needed[:1], needed]), np.concatenate([needed, needed[-1:]]))
    gain = 1.0
    for place, border in enumerate(borders):
        gain = min(float(border), gain + _RELEASE_PER_BLOCK)
        borders[place] = gain
    at = np.arange(len(samples)) / _BLOCK
    out: Samples = (samples * np.interp(at, np.arange(blocks + 1), borders)).astype(np.float32)
    return out
