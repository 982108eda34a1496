"""Silence stays outside; speech comes in with a moment before it, and nothing is lost on the way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.audio import Piece
from transcription.vad import Block, Gate, SpeechDetector

pytestmark = pytest.mark.unit

NOTHING = bytes(3200)


def block(number: int, speech: bool, length_ms: int = 100) -> Block:
    return Block((Piece(number, bytes(32 * length_ms)),), speech)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([20, 60, 100, 120]), st.integers(0, 9))))
def test_every_block_comes_out_once_and_in_order(moments: list[tuple[bool, int, int]]) -> None:
    gate = Gate()
    out: list[Block] = []
    heard: list[Block] = []
    blocks = []
    for number, (speech, length_ms, ends) in enumerate(moments):
        blocks.append(block(number, speech, length_ms))
        verdict = gate.push(blocks[-1])
        out += verdict.silent + verdict.heard
        heard += verdict.heard
        if ends == 0:
            verdict = gate.end()
            out += verdict.silent + verdict.heard
    out += gate.end().silent
    assert out == blocks
    assert [each for each in blocks if each.speech] == [each for each in heard if each.speech]


def test_it_opens_with_what_came_before_and_closes_when_silence_has_lasted() -> None:
    gate = Gate()
    for number in range(10):
        gate.push(block(number, False))
    assert [each.pieces[0].at_ms for each in gate.push(block(10, True)).heard] == [7, 8, 9, 10]
    verdicts = [gate.push(block(number, False)) for number in range(11, 19)]
    assert [verdict.closes for verdict in verdicts] == [False] * 7 + [True]
    assert not gate.is_open


def test_a_short_pause_does_not_close_it() -> None:
    gate = Gate()
    gate.push(block(0, True))
    for number in range(1, 8):
        gate.push(block(number, False))
    assert gate.push(block(8, True)).heard
    assert not any(gate.push(block(number, False)).closes for number in range(9, 16))


def test_silence_is_no_speech_and_a_voice_is() -> None:
    detector = SpeechDetector()
    assert not any(detector.is_speech(NOTHING) for _ in range(20))
    times = np.arange(16_000 * 2) / 16_000
    glottis = sum(np.sin(2 * np.pi * 140 * n * times) / n for n in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 4 * times), 0, 1)
    voice = (6000 * glottis * syllables).astype(np.int16).tobytes()
    assert sum(detector.is_speech(voice[n : n + 3200]) for n in range(0, len(voice), 3200)) >= 10


@pytest.mark.parametrize("length", [0, 2, 319, 640, 641])
def test_any_length_is_judged(length: int) -> None:
    assert SpeechDetector().is_speech(bytes(length)) is False
