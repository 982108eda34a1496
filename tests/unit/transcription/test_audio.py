"""Opus comes out as 16 kHz sound, as long as it went in, each piece at the time of its frame."""

from __future__ import annotations

import av
import numpy as np
import pytest

from transcription.audio import Decoder, Piece, opus_ms

pytestmark = pytest.mark.unit


def opus(seconds: float, hertz: float = 440.0, frame_ms: int = 20, stereo: bool = False) -> list[bytes]:
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo" if stereo else "mono", "s16"
    encoder.bit_rate = 24_000
    encoder.options = {"frame_duration": str(frame_ms)}
    encoder.open()
    times = np.arange(round(48_000 * seconds)) / 48_000
    tone = (8000 * np.sin(2 * np.pi * hertz * times)).astype(np.int16)
    sound = np.repeat(tone, 2) if stereo else tone
    frame = av.AudioFrame.from_ndarray(sound[None, :], format="s16", layout="stereo" if stereo else "mono")
    frame.sample_rate = 48_000
    return [bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)]]


def decoded(frames: list[tuple[int, bytes]]) -> list[Piece]:
    decoder = Decoder()
    pieces = [piece for at_ms, packet in frames for piece in decoder.push(at_ms, packet)]
    return pieces + decoder.flush()


@pytest.mark.parametrize("frame_ms", [10, 20, 40, 60])
@pytest.mark.parametrize("stereo", [False, True])
def test_a_frame_gives_its_own_length_at_its_own_time(frame_ms: int, stereo: bool) -> None:
    packets = opus(1.2, frame_ms=frame_ms, stereo=stereo)
    assert {opus_ms(packet) for packet in packets} == {float(frame_ms)}
    pieces = decoded([(7000 + n * frame_ms, packet) for n, packet in enumerate(packets)])
    assert [piece.at_ms for piece in pieces] == [7000 + n * frame_ms for n in range(len(packets))]
    assert {piece.samples for piece in pieces} == {16 * frame_ms}


def test_a_tone_keeps_its_pitch_and_its_place() -> None:
    packets = opus(1.0, 500.0)
    pieces = decoded([(n * 20, packet) for n, packet in enumerate(packets)])
    sound = np.frombuffer(b"".join(piece.pcm16 for piece in pieces), dtype=np.int16)[1600:14_400].astype(float)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert abs(np.argmax(spectrum) * 16_000 / len(sound) - 500) < 2
    assert np.abs(sound).max() > 4000


def test_what_is_missing_is_not_made_up() -> None:
    packets = opus(0.4)
    times = [n * 20 for n in range(10)] + [3000 + n * 20 for n in range(10)]
    pieces = decoded(list(zip(times, packets, strict=False)))
    assert [piece.at_ms for piece in pieces] == times
    assert sum(piece.samples for piece in pieces) == 20 * 320


def test_before_a_hole_nothing_is_held_back() -> None:
    packets = opus(0.4)
    decoder = Decoder()
    for n in range(10):
        decoder.push(n * 20, packets[n])
    done = decoder.push(3000, packets[10])
    assert done[-1].at_ms == 180


@pytest.mark.parametrize("bad", [b"", b"\xff\xff\xff", b"\x03", bytes(5), b"\x0b\xff" + bytes(40)])
def test_what_is_no_opus_is_left_out_and_hurts_nothing_after_it(bad: bytes) -> None:
    packets = opus(0.4)
    frames = [(n * 20, packet) for n, packet in enumerate(packets)]
    frames[5] = (100, bad)
    pieces = decoded(frames)
    assert [piece.at_ms for piece in pieces if piece.at_ms != 100] == [n * 20 for n in range(len(packets)) if n != 5]
    assert {piece.samples for piece in pieces if piece.at_ms != 100} == {320}
