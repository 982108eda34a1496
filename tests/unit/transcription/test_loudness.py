"""A line begins and ends with the speech in it, not with the noise and the silence around it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fakes.piece_engine import PieceEngine
from transcription.audio import SAMPLES_PER_MS, Piece, Sound
from transcription.ear import EDGE_MS, Ear, Source, UtteranceHeard
from transcription.loudness import loud_span

pytestmark = pytest.mark.unit

SOURCE = Source(track="judge_j1_1", participant="j1", language="zh-CN", engine="pieces:1")


def pieces(sound: Sound, from_ms: int = 0, length_ms: int = 20) -> list[Piece]:
    size = length_ms * SAMPLES_PER_MS
    return [
        Piece(from_ms + at // SAMPLES_PER_MS, sound[at : at + size].tobytes()) for at in range(0, len(sound), size)
    ]


def noise(ms: int, level: float, seed: int = 1) -> Sound:
    return np.random.default_rng(seed).normal(0, level, ms * SAMPLES_PER_MS).astype(np.int16)


@pytest.mark.parametrize("length_ms", [10, 20, 60, 120])
def test_the_loud_part_is_found_whatever_the_frames_length(length_ms: int) -> None:
    sound = np.concatenate([noise(480, 100), noise(720, 5000), noise(480, 100)])
    assert loud_span(pieces(sound, 5000, length_ms)) == (5480, 6200)


def test_a_knock_does_not_make_speech_too_quiet_to_count() -> None:
    sound = np.concatenate([noise(400, 50), noise(1500, 1500), noise(20, 30_000), noise(400, 50)])
    assert loud_span(pieces(sound)) == (400, 1920)


def test_silence_and_nothing_have_no_loud_part() -> None:
    assert loud_span([]) is None
    assert loud_span(pieces(np.zeros(3200, dtype=np.int16))) is None
    assert loud_span([Piece(0, b"")]) is None


def test_a_line_has_the_times_of_the_speech_though_noise_around_it_was_taken_for_speech() -> None:
    engine = PieceEngine(whole=True)
    ear = Ear(SOURCE, lambda: engine.open("zh-CN"), 0, is_speech=lambda pcm16: any(pcm16))
    quiet, murmur = np.zeros(1000 * SAMPLES_PER_MS, dtype=np.int16), noise(400, 150)
    for piece in pieces(np.concatenate([quiet, murmur, noise(1000, 5000), murmur, quiet])):
        ear.hear(piece)
    ear.end(3800)
    (heard,) = (each for each in ear.news if isinstance(each, UtteranceHeard))
    assert (heard.from_ms, heard.to_ms) == (1400, 2400)
    assert (heard.words[0].from_ms, heard.words[-1].to_ms) == (1400, 2400)


def test_a_word_that_an_engine_places_near_the_edge_is_left_there() -> None:
    engine = PieceEngine(whole=True)
    ear = Ear(SOURCE, lambda: engine.open("zh-CN"), 0, is_speech=lambda pcm16: True)
    for piece in pieces(np.concatenate([noise(EDGE_MS - 20, 100), noise(1000, 5000), noise(EDGE_MS - 20, 100)])):
        ear.hear(piece)
    ear.end(1160)
    (heard,) = (each for each in ear.news if isinstance(each, UtteranceHeard))
    assert (heard.from_ms, heard.to_ms) == (0, 1160)
