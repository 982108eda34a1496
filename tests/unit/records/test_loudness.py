"""Loudness as FFmpeg's own meter measures it, the gain to EBU R 128, and peaks that are held down."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from records.composite.levelling import AAC_FRAME, LEAD, Level, encoder, gain_db, limited, make
from records.media.loudness import RATE_HZ, Samples, integrated, momentary, true_peak
from tests.fakes.meter import measured

pytestmark = pytest.mark.unit


def speech(seconds: int, level: float, seed: int = 1) -> Samples:
    """Noise that comes and goes like words do."""
    chance = np.random.default_rng(seed)
    at = np.arange(seconds * RATE_HZ) / RATE_HZ
    words = np.clip(np.sin(2 * np.pi * 0.7 * at) + 0.4, 0, 1)
    tone = np.sin(2 * np.pi * 180 * at) + 0.4 * np.sin(2 * np.pi * 1_900 * at) + 0.2 * chance.standard_normal(len(at))
    return (level * words * tone).astype(np.float32)


@pytest.mark.parametrize("level", [0.02, 0.1, 0.5])
def test_loudness_agrees_with_ffmpegs_meter(level: float) -> None:
    samples = np.concatenate([speech(12, level), np.zeros(8 * RATE_HZ, np.float32), speech(12, level / 8)])
    found = integrated(momentary(samples, 0)[3:])
    assert found is not None
    assert abs(found - measured([samples]).lufs) <= 0.1


def test_pieces_measured_apart_are_as_loud_as_the_whole() -> None:
    samples = speech(12, 0.1)
    cut = 5 * RATE_HZ
    apart = momentary(samples[:cut], 0) + momentary(samples[cut - RATE_HZ :], RATE_HZ)
    assert np.allclose(apart, momentary(samples, 0), atol=0.01)


def test_silence_has_no_loudness_and_is_not_amplified() -> None:
    assert integrated(momentary(np.zeros(3 * RATE_HZ, np.float32), 0)) is None
    assert gain_db(None) == 0


def test_gain_is_bounded() -> None:
    assert (gain_db(-23.4), gain_db(-69.0), gain_db(10.0)) == (0, 30, -20)


def test_peaks_between_samples_are_found() -> None:
    """A tone at a quarter of the rate, sampled beside its crests: 3 dB more than any sample."""
    at = np.arange(4_800)
    tone = np.sin(np.pi / 2 * at + np.pi / 4).astype(np.float32)
    assert np.abs(tone).max() < 0.71
    assert 0.95 < true_peak(tone)[100:-100].max() < 1.05


def test_limited_sound_stays_below_full_scale_and_quiet_sound_is_left_alone() -> None:
    loud = limited(speech(6, 2.0))
    assert measured([loud]).peak_dbtp <= -1.5
    quiet = speech(2, 0.1)
    assert np.array_equal(limited(quiet), quiet)


def decoded(packets: list[Level]) -> Samples:
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=RATE_HZ, layout="mono")
        out.start_encoding()
        for packet in [packet for level in packets for packet in level.packets]:
            made = av.Packet(packet.data)
            made.stream, made.pts, made.dts = stream, packet.pts, packet.pts
            made.time_base = Fraction(1, RATE_HZ)
            out.mux(made)
    memory.seek(0)
    with av.open(memory) as container:
        return np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)])


def test_pieces_encoded_apart_follow_each_other_without_a_seam() -> None:
    """What is heard is as near to what was said at the seams as anywhere."""
    count = 100 * AAC_FRAME
    samples = speech(8, 0.2)[: 3 * count]
    pieces = [
        make(
            samples[start - LEAD : start] if start else samples[:0],
            samples[start : start + count],
            start,
            3,
            last=last,
        )
        for start, last in ((0, False), (count, False), (2 * count, True))
    ]
    times = [packet.pts for piece in pieces for packet in piece.packets]
    assert times == list(range(-AAC_FRAME, 3 * count, AAC_FRAME)), "no packet twice, none missing"
    heard = decoded(pieces)[: len(samples)]
    wrong = np.square(heard - samples * 10 ** (3 / 20))
    errors = wrong[: len(wrong) // AAC_FRAME * AAC_FRAME].reshape(-1, AAC_FRAME).mean(axis=1)
    seams = [count // AAC_FRAME - 3, 2 * count // AAC_FRAME - 3]
    assert max(errors[seam - 2 : seam + 3].max() for seam in seams) <= 2 * np.sort(errors)[-len(errors) // 10]
    assert encoder().bit_rate == 96_000
