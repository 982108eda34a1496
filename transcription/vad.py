"""Who is silent need not be understood: a gate before the engine.

Speech opens it, with a moment from before (a soft beginning is speech before it is noticed); it closes when silence
has lasted. Pure: blocks in, verdicts out.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import webrtcvad

from transcription.audio import SAMPLES_PER_MS, Piece

BLOCK_SAMPLES = 100 * SAMPLES_PER_MS
PRE_ROLL_SAMPLES = 300 * SAMPLES_PER_MS
HANGOVER_SAMPLES = 800 * SAMPLES_PER_MS
SPEECH_SHARE = 0.4
"""Of a block's 20 ms: with fewer of them it is silence."""

_MODE = 2
_RATE_HZ = 1000 * SAMPLES_PER_MS
_FRAME_BYTES = 2 * 20 * SAMPLES_PER_MS


@dataclass(frozen=True, slots=True)
class Block:
    """Whole pieces, 100 ms of them where frames are short, that are judged together."""

    pieces: tuple[Piece, ...]
    speech: bool

    @property
    def samples(self) -> int:
        """How many, in all pieces."""
        return sum(piece.samples for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with blocks, in order of time: `silent` is left out, then `heard` goes to the engine, and
    after it `closes` ends the utterance."""

    silent: tuple[Block, ...] = ()
    heard: tuple[Block, ...] = ()
    closes: bool = False


class SpeechDetector:
    """WebRTC's detector, mode 2. Has a memory: one for each track."""

    def __init__(self) -> None:
        self._vad = webrtcvad.Vad(_MODE)

    def is_speech(self, pcm16: bytes) -> bool:
        """Whether at least SPEECH_SHARE of the 20 ms frames sound like speech; a rest below is not looked at."""
        starts = range(0, len(pcm16) - _FRAME_BYTES + 1, _FRAME_BYTES)
        voiced = sum(self._vad.is_speech(pcm16[start : start + _FRAME_BYTES], _RATE_HZ) for start in starts)
        return len(starts) > 0 and voiced >= SPEECH_SHARE * len(starts)


class Gate:
    """Every block that is pushed comes out exactly once, in order, silent or heard."""

    def __init__(self) -> None:
        self.is_open = False
        self._held: deque[Block] = deque()
        self._held_samples = 0
        self._quiet_samples = 0

    def push(self, block: Block) -> Verdict:
        """Take the next block."""
        if self.is_open:
            self._quiet_samples = 0 if block.speech else self._quiet_samples + block.samples
            closes = self._quiet_samples >= HANGOVER_SAMPLES
            self.is_open = not closes
            return Verdict(heard=(block,), closes=closes)
        self._held.append(block)
        if block.speech:
            self.is_open = True
            self._quiet_samples = 0
            return Verdict(heard=self._release())
        self._held_samples += block.samples
        silent: list[Block] = []
        while self._held_samples > PRE_ROLL_SAMPLES:
            silent.append(self._held.popleft())
            self._held_samples -= silent[-1].samples
        return Verdict(silent=tuple(silent))

    def end(self) -> Verdict:
        """No sound follows at once: what is held was silence, what is open closes. Idempotent."""
        closes, self.is_open = self.is_open, False
        return Verdict(silent=self._release(), closes=closes)

    def _release(self) -> tuple[Block, ...]:
        held = tuple(self._held)
        self._held.clear()
        self._held_samples = 0
        return held
